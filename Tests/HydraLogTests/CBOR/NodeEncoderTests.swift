import EventPersistence
import Foundation
import Testing

@testable import HydraLog

@Suite("An event's JSON as a row of CBOR")
struct NodeEncoderTests {
  private let tick = CBORText.tick(7)

  /// Whether `row` comes back as it was; its JSON.
  private func roundTrip(_ row: [UInt8]) throws -> String {
    let json = try #require(CBORText.json(row))
    #expect(try CBORText.row(of: json) == row, "\(json)")
    return json
  }

  private func refusal(_ json: String) -> String? {
    do {
      _ = try CBORText.row(of: json)
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test("constructors, fields and values that the schema does not know keep their bytes")
  func unknown() throws {
    let body = CBORText().text("HeadMovedToMoon").unsigned(5).array(1).text("Crater").blob([1, 2])
    #expect(try !roundTrip(CBORText.row(3, body)).hasPrefix("{\"cborHex\""))
    _ = try roundTrip(CBORText.row(3, CBORText().text("HeadPaused")))
    let known = CBORText().text("LocalStateCleared").text("UnsafeHeadId").blob([0xAA])
      .text("UnsafeSnapshotNumber").unsigned(4)
    #expect(try !roundTrip(CBORText.row(0, known.text("New"))).hasPrefix("{\"cborHex\""))
    let other = CBORText().text("LocalStateCleared").text("UnsafeHeadId").blob([0xAA])
    _ = try roundTrip(CBORText.row(0, other))
    _ = try roundTrip(CBORText.row(0, other.text("SafeSnapshotNumber").unsigned(1)))
    _ = try roundTrip(
      CBORText.row(0, CBORText().text("TickObserved").text("ChainPointAtGenesis")))
  }

  @Test("what an earlier table had not decoded is encoded, too")
  func earlierTable() throws {
    let json =
      #"{"eventId":7,"stateChanged":{"tag":"TickObserved","undecoded":{"cborHex":""#
      + #"6a436861696e506f696e740742abcd831907ea18c41b007fe5cf2bea0000"}},"#
      + #""time":"2026-07-15T10:00:00Z"}"#
    #expect(try CBORText.row(of: json) == tick)
  }

  @Test("a row that a node would write otherwise is kept beside its JSON")
  func otherwise() throws {
    let time = CBORText().time(36_000_000_000_000_000)
    let name = CBORText().text("StateEvent")
    let rows: [CBORText] = [
      // A long head of the id, of the tag, of a value, of the time.
      name.raw([0x18, 0x07]).text("NetworkConnected").raw(time.bytes),
      name.unsigned(7).raw([0x78, 0x10] + Array("NetworkConnected".utf8)).raw(time.bytes),
      name.unsigned(7).text("SnapshotRequestDecided").text("UnsafeSnapshotNumber")
        .raw([0x18, 0x02]).raw(time.bytes),
      name.unsigned(7).text("SnapshotRequestDecided")
        .raw([0x78, 0x14] + Array("UnsafeSnapshotNumber".utf8)).unsigned(2).raw(time.bytes),
      name.unsigned(7).text("NetworkConnected").raw([0x83, 0x19, 0x00, 0x05]).unsigned(1)
        .unsigned(0),
      // A definite list for an indefinite one, and the reverse.
      name.unsigned(7).text("SnapshotConfirmed").text("UnsafeHeadId").blob([1]).array(0)
        .text("HydraMultiSignature").array(0).raw(time.bytes),
      name.unsigned(7).text("SnapshotConfirmed").text("UnsafeHeadId").blob([1])
        .raw([0x9F, 0xFF]).text("HydraMultiSignature").raw([0x9F, 0xFF]).raw(time.bytes),
      // A leap second, the 366th day of a year that has 365, and no time.
      name.unsigned(7).text("NetworkConnected").time(2026, 196, 86_400_000_000_000_000),
      name.unsigned(7).text("NetworkConnected").time(2026, 366, 0),
      name.unsigned(7).text("NetworkConnected"),
      // A known field before unknown ones.
      name.unsigned(7).text("LocalStateCleared").text("UnsafeHeadId").raw([0x58, 0x01, 0xAA])
        .text("New").raw(time.bytes),
    ]
    for row in rows {
      let json = try roundTrip(row.bytes)
      #expect(json.hasPrefix(#"{"cborHex":"6a5374617465"#), "\(json)")
      #expect(Array(json.utf8).withUnsafeBytes { Position(json: $0) }?.eventId == 7)
      #expect(!json.dropFirst(12).contains("{\"cborHex\":\"6a53"), "once")
    }
  }

  @Test("a map whose keys do not rise is kept, with its members in order")
  func maps() throws {
    let deposit = MadeUpValue.deposit.cbor().bytes
    func row(_ keys: [UInt8]) -> [UInt8] {
      let start = CBORText().text("Checkpoint").text("NodeInSync").text("Idle").text("IdleState")
        .text("ChainStateAt").map(0).array(0).map(UInt64(keys.count))
      let members = keys.reduce(start) { $0.blob([$1]).raw(deposit) }
      return CBORText.row(
        0, members.text("ChainPointTime").text("ChainSlot").unsigned(4).time(0).unsigned(0))
    }
    let rising = try roundTrip(row([1, 2, 0xAB]))
    #expect(!rising.hasPrefix("{\"cborHex\""))
    let other = try roundTrip(row([2, 0xAB, 1]))
    #expect(other.hasPrefix("{\"cborHex\"") && other.hasSuffix(rising.dropFirst()), "\(other)")
    _ = try roundTrip(row([1, 1]))
  }

  @Test("numbers, texts and times keep their value, down to the picosecond")
  func values() throws {
    let json =
      #"{"eventId":1,"stateChanged":{"chainSlot":18446744073709551615,"chainTime":"#
      + #""2024-12-31T23:59:59.000000000001Z","drift":DRIFT,"tag":"NodeSynced"},"#
      + #""time":"0000-02-29T00:00:00.1Z"}"#
    for (drift, expected) in [
      ("0", "0"), ("-1.5", "-1.5"), ("1.5e-2", "0.015"), ("1E+3", "1000"), ("-0.0", "0"),
      ("0.000000000001", "0.000000000001"), ("18446744.073709551615", "18446744.073709551615"),
    ] {
      let row = try CBORText.row(of: json.replacing("DRIFT", with: drift))
      #expect(CBORText.json(row) == json.replacing("DRIFT", with: expected))
    }
    for drift in ["01", "1.", "+1"] {
      #expect(refusal(json.replacing("DRIFT", with: drift)) == "it is not an object of JSON")
    }
    for drift in ["1e-13", "18446744.073709551616", "1e999", "\"1\""] {
      #expect(
        refusal(json.replacing("DRIFT", with: drift))
          == "stateChanged.drift is not a number of seconds that CBOR has a place for", "\(drift)")
    }
    let peer =
      #"{"eventId":1,"stateChanged":{"clusterPeers":"a\"\\\n\u0001é\ud83c\udf0a","#
      + #""misconfiguredPeers":"","tag":"NetworkClusterIDMismatch"},"time":"2026-07-15T10:00:00Z"}"#
    let back = try #require(CBORText.json(try CBORText.row(of: peer)))
    #expect(back == peer.replacing("\\ud83c\\udf0a", with: "\u{1F30A}"))
  }

  @Test("what CBOR has no place for is refused, and the refusal names it")
  func refusals() throws {
    let json = try #require(CBORText.json(tick))
    for (text, other, reason) in [
      (#","time":"2026-07-15T10:00:00Z"}"#, "}", "time is missing, and a node that writes CBOR"),
      (
        #""tag":"TickObserved""#, #""tag":"HeadInitialized""#, "stateChanged.tag is HeadInitialized"
      ),
      (#""slot":7"#, #""slot":7.0"#, "stateChanged.chainPoint.slot is not an integer"),
      (#""slot":7"#, #""slot":-0"#, "stateChanged.chainPoint.slot is not an integer"),
      (#""slot":7,"#, "", "stateChanged.chainPoint.slot is missing"),
      (#""slot":7"#, #""slot":7,"more":1"#, "stateChanged.chainPoint has a member that CBOR"),
      (#""abcd""#, #""abc""#, "stateChanged.chainPoint.blockHash is not a text of hexadecimal"),
      (#""abcd""#, #""ABCD""#, "stateChanged.chainPoint.blockHash is not a text of hexadecimal"),
      (#""tag":"ChainPoint""#, #""tag":"Moon""#, "stateChanged.chainPoint.tag is not one that"),
      (#":00:00Z","tag""#, #":00:60Z","tag""#, "stateChanged.chainTime is not a time as a node"),
      (#":00:00Z","tag""#, #":00:00.10Z","tag""#, "stateChanged.chainTime is not a time as"),
      (#""eventId":7"#, #""eventId":7.5"#, "eventId is not an id"),
      (#"{"eventId""#, #"{"cborHex":"00","eventId""#, "cborHex is another event"),
      (#"{"eventId""#, #"{"more":1,"eventId""#, "it has a member that CBOR has no place for"),
      (#"00:00Z"}"#, #"00:00Z""#, "it is not an object of JSON"),
    ] {
      let changed = json.replacing(text, with: other, maxReplacements: 1)
      try #require(changed != json, "\(text)")
      let found = refusal(changed)
      #expect(found?.hasPrefix(reason) == true, "\(found ?? "encoded") \(changed)")
    }
  }

  @Test("a list of new transactions tells its length through 23", arguments: [0, 23, 24, 300])
  func shortList(count: Int) throws {
    let head = CBORText().text("SnapshotRequested")
      .raw(MadeUpValue.snapshot.cbor().bytes)
    let all = [UInt8]((0..<count).flatMap { _ in CBORText().blob([0x81, 0xA0]).bytes })
    let list =
      count <= 23
      ? head.array(UInt64(count)).raw(all) : head.raw([0x9F]).raw(all).raw([0xFF])
    let json = try roundTrip(CBORText.row(0, list.array(0)))
    #expect(!json.hasPrefix("{\"cborHex\""))
  }
}
