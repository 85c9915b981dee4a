import EventPersistence
import Foundation
import Testing

@testable import HydraLog

@Suite("A row of CBOR as the node's JSON")
struct CBORRowTests {
  private let tick = CBORText.tick(7)

  @Test(
    "an event is one line of JSON with sorted keys, up to twelve digits and no trailing zeros")
  func shape() {
    #expect(
      CBORText.json(tick)
        == #"{"eventId":7,"stateChanged":{"chainPoint":{"blockHash":"abcd","slot":7,"tag":"ChainPoint"},"#
        + #""chainTime":"2026-07-15T10:00:00Z","tag":"TickObserved"},"time":"2026-07-15T10:00:00Z"}"#
    )
    for (picoseconds, text) in [
      (0, "2026-07-15T00:00:00Z"), (1, "2026-07-15T00:00:00.000000000001Z"),
      (36_000_123_456_789_012, "2026-07-15T10:00:00.123456789012Z"),
      (36_000_500_000_000_000, "2026-07-15T10:00:00.5Z"),
    ] as [(UInt64, String)] {
      let row = CBORText.row(
        0, CBORText().text("NetworkConnected"), time: CBORText().time(picoseconds))
      #expect(CBORText.json(row)?.contains(#""time":"\#(text)""#) == true)
    }
    for (year, day, text) in [
      (1864, 135, "1864-05-14"), (2000, 366, "2000-12-31"), (2024, 60, "2024-02-29"),
      (1, 1, "0001-01-01"), (1970, 1, "1970-01-01"), (1900, 60, "1900-03-01"),
    ] as [(UInt64, UInt64, String)] {
      let row = CBORText.row(
        0, CBORText().text("NetworkConnected"), time: CBORText().time(year, day, 0))
      #expect(CBORText.json(row)?.contains("\(text)T00:00:00Z") == true, "\(text)")
    }
  }

  @Test("an unknown constructor is passed on, with its bytes and its time")
  func unknownConstructor() throws {
    let body = CBORText().text("HeadMovedToMoon").unsigned(5).array(1).text("Crater").blob([1, 2])
    let row = CBORText.row(3, body)
    #expect(
      CBORText.json(row)
        == #"{"eventId":3,"stateChanged":{"tag":"HeadMovedToMoon","undecoded":{"cborHex":"05816643726174"#
        + #"6572420102"}},"time":"2026-07-15T10:00:00Z"}"#)
    #expect(
      position(row)
        == Position(
          eventId: 3, tag: "HeadMovedToMoon", time: EventTime("2026-07-15T10:00:00Z")))
    #expect(
      CBORText.json(CBORText.row(3, CBORText().text("HeadPaused")))?
        .contains(#""tag":"HeadPaused","undecoded":{"cborHex":""}"#) == true)
  }

  @Test(
    "an extra field, a missing one, and an unknown value in one keep the known fields")
  func unknownFields() {
    let known = CBORText().text("LocalStateCleared").text("UnsafeHeadId").blob([0xAA])
      .text("UnsafeSnapshotNumber").unsigned(4)
    let start = #"{"eventId":0,"stateChanged":{"headId":"aa","#
    #expect(
      CBORText.json(CBORText.row(0, known.text("New")))?.hasPrefix(
        start + #""snapshotNumber":4,"tag":"LocalStateCleared","undecoded":{"cborHex":"634e6577"}}"#
      )
        == true)
    let other = CBORText().text("LocalStateCleared").text("UnsafeHeadId").blob([0xAA])
    #expect(
      CBORText.json(CBORText.row(0, other))?.hasPrefix(
        start + #""tag":"LocalStateCleared","undecoded":{"cborHex":"","from":"snapshotNumber"}}"#)
        == true)
    #expect(
      CBORText.json(CBORText.row(0, other.text("SafeSnapshotNumber").unsigned(1)))?.contains(
        #""from":"snapshotNumber"}},"time":"#) == true)
    let mode = CBORText().text("DecommitInvalid").text("UnsafeHeadId").blob([0xAA])
      .blob([0x81, 0x00]).text("DecommitFellAsleep").unsigned(9)
    #expect(
      CBORText.json(CBORText.row(0, mode))?.contains(#""from":"decommitInvalidReason"#) == true)
  }

  @Test(
    "an invalid time, or one that is not last, leaves the event without one; nothing is dropped")
  func withoutTime() {
    let row = CBORText.row(5, CBORText().text("NetworkConnected"), time: CBORText().unsigned(9))
    #expect(
      CBORText.json(row)
        == #"{"cborHex":"6a53746174654576656e7405704e6574776f726b436f6e6e656374656409","#
        + #""eventId":5,"stateChanged":{"tag":"NetworkConnected","undecoded":{"cborHex":"09"}}}"#)
    #expect(position(row)?.time == nil)
    let day = CBORText.row(
      5, CBORText().text("NetworkConnected"), time: CBORText().time(2026, 367, 0))
    #expect(position(day)?.time == nil)
    let year10000 = CBORText.row(
      5, CBORText().text("NetworkConnected"), time: CBORText().time(9999, 366, 0))
    #expect(position(year10000)?.time == nil)
  }

  @Test("anything else is not an event: cut off at any byte, another name, bytes after it")
  func noEvent() {
    for cut in 0..<tick.count { _ = CBORText.json(Array(tick[..<cut])) }
    #expect(position(CBORText.row(Position.idMax, CBORText().text("A"))) != nil)
    #expect(position(CBORText.row(Position.idMax + 1, CBORText().text("A"))) == nil)
    #expect(CBORText.json([]) == nil)
    #expect(CBORText.json(Array(tick[..<(tick.count - 1)])) == nil)
    #expect(CBORText.json(CBORText().text("StateEvens").unsigned(1).text("A").bytes) == nil)
    #expect(CBORText.json(CBORText().text("StateEvent").negative(1).text("A").bytes) == nil)
    #expect(CBORText.json(tick + [0x1C]) == nil)
  }

  @Test("text that is not UTF-8 is passed on as bytes, text with anything else is escaped")
  func text() {
    let bad = CBORText().text("PeerConnected").text("Host").raw([0x62, 0xC3, 0x28]).unsigned(1)
    #expect(CBORText.json(CBORText.row(0, bad))?.contains(#""from":"peer""#) == true)
    let odd = CBORText().text("PeerConnected").text("Host").text("a\"\u{0}\n\u{1F30A}").unsigned(1)
    #expect(
      CBORText.json(CBORText.row(0, odd))?.contains(
        "\"hostname\":\"a\\\"\\u0000\\n\u{1F30A}\"") == true)
  }

  @Test("lists and maps of values without framing are read by the schema, whatever their heads say")
  func lists() throws {
    let deposit = CBORText().text("Deposit").text("UnsafeHeadId").blob([0xBB]).map(0).time(0).time(
      0
    )
    .text("Active")
    let state = CBORText().text("Checkpoint").text("NodeInSync").text("Idle").text("IdleState")
      .text("ChainStateAt").map(0).array(0)
      .map(2).blob([2]).raw(deposit.bytes).blob([1]).raw(deposit.bytes)
      .text("ChainPointTime").text("ChainSlot").unsigned(4).time(0).negative(1_499_999_999_999)
    let json = try #require(CBORText.json(CBORText.row(0, state)))
    #expect(json.contains(#""drift":-1.5}"#))
    #expect(json.contains(#""pendingDeposits":{"01":{"created":"#))
    #expect(
      json.contains(
        #""headState":{"contents":{"chainState":{"recordedAt":null,"spendableUTxO":{"cborHex":"a0"}}},"tag":"Idle"}"#
      ))
    #expect(!json.contains("undecoded"))
  }

  @Test("a list that claims to be endless costs no memory")
  func endless() {
    let body = CBORText().text("SnapshotConfirmed").text("UnsafeHeadId").blob([0xAA]).array(0)
      .text("HydraMultiSignature").array(.max)
    #expect(CBORText.json(CBORText.row(0, body))?.contains(#""from":"signatures""#) == true)
  }

  private func position(_ row: [UInt8]) -> Position? {
    row.withUnsafeBytes { CBORRow($0)?.position }
  }
}
