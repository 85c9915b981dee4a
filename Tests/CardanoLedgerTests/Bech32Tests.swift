import CardanoLedger
import Testing

/// The vectors that BIP 173 publishes.
@Suite struct Bech32Tests {
  @Test(
    "what BIP 173 calls valid is read",
    arguments: [
      ("A12UEL5L", "a", 0), ("a12uel5l", "a", 0),
      (
        "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs",
        "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio", 0
      ),
      ("abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw", "abcdef", 32),
      (
        "11qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqc8247j",
        "1", 82
      ),
      ("split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w", "split", 48),
      ("?1ezyfcl", "?", 0),
    ])
  func valid(text: String, prefix: String, digits: Int) throws {
    let bech32 = try Bech32(text.utf8, lengthMax: 90)
    #expect(bech32.prefix == prefix)
    #expect(bech32.digits.count == digits)
    if prefix == "abcdef" { #expect(bech32.digits == Array(0..<32)) }
    if prefix == "1" { #expect(bech32.digits.allSatisfy { $0 == 0 }) }
  }

  @Test(
    "what BIP 173 calls invalid is refused, and it is known why",
    arguments: [
      ("\u{20}1nwldj5", .character), ("\u{7F}1axkwrx", .character),
      (
        "an84characterslonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1569pvx",
        .form
      ),
      ("pzry9x0s0muk", .form), ("1pzry9x0s0muk", .form), ("x1b4n0q5v", .character),
      ("li1dgmt3", .form), ("de1lg7wt\u{FF}", .character), ("A1G7SGD8", .checksum),
      ("10a06t8", .form), ("1qzzfhee", .form), ("A12uEL5L", .character),
    ] as [(String, Bech32.Fault)])
  func invalid(text: String, fault: Bech32.Fault) {
    #expect(throws: fault) { try Bech32(text.utf8, lengthMax: 90) }
  }

  @Test("each single changed, lost or added character is noticed")
  func mistakes() throws {
    let text = Array("addr1vx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzers66hrl8".utf8)
    #expect(try Bech32(text).bytes?.count == 29)
    for index in text.indices {
      var other = text
      other[index] = text[index] == UInt8(ascii: "q") ? UInt8(ascii: "p") : UInt8(ascii: "q")
      #expect(throws: Bech32.Fault.self) { try Bech32(other) }
      var shorter = text
      shorter.remove(at: index)
      #expect(throws: Bech32.Fault.self) { try Bech32(shorter) }
    }
  }
}
