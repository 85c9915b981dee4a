import CardanoLedger
import EventPersistence
import Foundation
import Testing

@testable import HydraLog

@Suite("A UTxO of the node's JSON in CBOR")
struct EncodedUTxOTests {
  // From CIP-19.
  private static let address = "addr1vx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzers66hrl8"
  private static let addressHex = "619493315cd92eb5d8c4304e67b7e16ae36d61d34502694657811a2c8e"

  private func reference(_ first: String, _ number: Int) -> String {
    first + String(repeating: "ab", count: 31) + "#\(number)"
  }

  private func output(_ value: String, _ more: String = "", address: String = address) -> String {
    #"{"address":"\#(address)","datum":null,\#(more)"value":{\#(value)}}"#
  }

  private func line(_ utxo: String) -> String {
    #"{"eventId":1,"stateChanged":{"headId":"aa","tag":"CommitApproved","utxoToCommit":"#
      + utxo + #"},"time":"2026-07-15T10:00:00Z"}"#
  }

  /// The ledger's CBOR of the UTxO in JSON, in hexadecimal.
  private func encoded(_ utxo: String) throws -> String {
    let row = try CBORText.row(of: line(utxo))
    let json = try #require(CBORText.json(row))
    let start = try #require(json.firstRange(of: #"{"cborHex":""#)).upperBound
    return String(json[start...].prefix { $0 != "\"" })
  }

  private func refusal(_ utxo: String) -> String {
    do {
      return "encoded: \(try encoded(utxo))"
    } catch {
      return "\(error)"
    }
  }

  @Test("outputs in the ledger's order: amounts, assets, datums and scripts")
  func outputs() throws {
    let hash = String(repeating: "03", count: 32)
    let (policy, other) = (
      String(repeating: "01", count: 28), String(repeating: "00", count: 27) + "02"
    )
    let script =
      #""referenceScript":{"script":{"cborHex":"820180","description":"","#
      + #""type":"SimpleScript"},"scriptLanguage":"SimpleScriptLanguage"},"#
    let plutus =
      #""referenceScript":{"script":{"cborHex":"46450101002499","description":"","#
      + #""type":"PlutusScriptV3"},"scriptLanguage":"PlutusScriptLanguage PlutusScriptV3"},"#
    let utxo = [
      (
        reference("00", 10),
        output(
          #""\#(policy)":{"ab":18446744073709551615},"\#(other)":{"30":7,"":1}"#,
          #""datumhash":"\#(hash)","inlineDatum":null,"inlineDatumRaw":null,"#)
      ),
      (reference("00", 2), output(#""lovelace":1500000"#, #""referenceScript":null,"#)),
      (
        reference("01", 0),
        output(
          #""lovelace":5"#,
          #""inlineDatum":{"int":1},"inlineDatumRaw":"9f0322a0ff","inlineDatumhash":"aa","#)
      ),
      (reference("02", 0), output(#""lovelace":5"#, #""datumhash":"\#(hash)","# + script)),
      (reference("02", 1), output(#""lovelace":5"#, plutus)),
    ].map { "\"\($0)\":\($1)" }.joined(separator: ",")
    let id = String(repeating: "ab", count: 31)
    let address = "581d\(Self.addressHex)"
    #expect(
      try encoded("{\(utxo)}")
        == "a5" + "82582000\(id)02" + "82\(address)1a0016e360"
        + "82582000\(id)0a"
        + "83\(address)8200a2581c\(other)a24001413007581c\(policy)a141ab1bffffffffffffffff5820\(hash)"
        + "82582001\(id)00" + "a300\(address)0105028201d818459f0322a0ff"
        + "82582002\(id)00" + "a400\(address)01050282005820\(hash)03d818458200820180"
        + "82582002\(id)01" + "a300\(address)010503d81849820346450101002499")
    #expect(try encoded("{}") == "a0")
  }

  @Test("addresses of each kind, and nothing else")
  func addresses() throws {
    func bytes(_ text: String) -> String? {
      Array(text.utf8).withUnsafeBytes { CardanoAddress($0) }.map {
        $0.bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
      }
    }
    #expect(bytes(Self.address) == Self.addressHex)
    // From CIP-19: a Byron address.
    #expect(
      bytes(
        "37btjrVyb4KDXBNC4haBVPCrro8AQPHwvCMp3RFhhSVWwfFmZ6wwzSK6JK1hY6wHNmtrpTf1kdbva8TCneM2YsiXT7mrzT21EacHnPpz5YyUdj64na"
      )?
      .hasPrefix("82d8185849") == true)
    for text in [
      "", "1", "addr1", "addr1vx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzers66hrl9",
      Self.address.uppercased(), "stake" + Self.address.dropFirst(4), "z",
      String(repeating: "z", count: 500), String(repeating: "z", count: 5000),
    ] {
      #expect(bytes(text) == nil, "\(text)")
    }
  }

  @Test("what the ledger's CBOR has no place for is refused, and the refusal names it")
  func refusals() {
    let key = reference("00", 1)
    let path = "stateChanged.utxoToCommit"
    for (utxo, reason) in [
      (#"{"\#(key)":\#(output("", #""more":1,"#))}"#, "\(path).\(key).more is not known"),
      (
        #"{"\#(key)":\#(output("", address: "addr1q"))}"#,
        "\(path).\(key).address is not one of Cardano"
      ),
      (#"{"\#(key)":\#(output(#""lovelace":-1"#))}"#, "\(path).\(key).value has no natural amount"),
      (
        #"{"\#(key)":\#(output(#""ab":{}"#))}"#,
        "\(path).\(key).value has a key that is not a policy's id"
      ),
      (
        #"{"\#(key)":\#(output("", #""datumhash":"0","#))}"#,
        "\(path).\(key).datumhash is not a text of hex"
      ),
      (
        #"{"\#(key)":\#(output("", #""inlineDatum":{"int":1},"#))}"#,
        "\(path).\(key).inlineDatumRaw is missing"
      ),
      (
        #"{"\#(key)":\#(output("", #""referenceScript":{},"#))}"#,
        "\(path).\(key).referenceScript is not one"
      ),
      (#"{"\#(key)":{"address":"\#(Self.address)"}}"#, "\(path).\(key).value is missing"),
      (#"{"\#(key)":[]}"#, "\(path).\(key) is not an object"),
      (#"{"aa#1":{}}"#, "\(path) has a key that is not an output's id"),
      (#"{"\#(key)":\#(output("")),"\#(key)":\#(output(""))}"#, "\(path) has a key twice"),
      ("[]", "\(path) is not an object"),
      (#"{"cborHex":"8201"}"#, "\(path).cborHex is not one item of CBOR"),
      (#"{"cborHex":"a0","more":1}"#, "\(path) has a member that CBOR has no place for"),
    ] {
      #expect(refusal(utxo).hasPrefix(reason), "\(refusal(utxo))")
    }
  }

  @Test(
    "every UTxO of the last release in JSON is encoded, and its CBOR says how many outputs it has",
    .enabled(if: Samples.areThere))
  func samples() throws {
    var count = 0
    for line in Samples.lines("2.3.0") {
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
      for utxo in utxos(in: object) {
        let text = try JSONSerialization.data(withJSONObject: utxo)
        let hex = try encoded(String(decoding: text, as: UTF8.self))
        try #require(utxo.count < 24)
        #expect(hex.hasPrefix("a" + String(utxo.count, radix: 16)) || utxo.count > 15, "\(hex)")
        count += 1
      }
    }
    #expect(count >= 20)
  }

  private func utxos(in value: Any) -> [[String: Any]] {
    if let values = value as? [Any] { return values.flatMap(utxos) }
    guard let object = value as? [String: Any] else { return [] }
    if object.keys.contains(where: { $0.contains("#") }) { return [object] }
    return object.values.flatMap(utxos)
  }
}
