import CSimdjson
import EventPersistence
import Testing

@testable import HydraLog

@Suite("the scanner of events")
struct EventScannerTests {
  private func read(_ text: String) -> hydra_line {
    let buffer = EventBuffer(capacity: text.utf8.count)
    Array(text.utf8).withUnsafeBytes { buffer.append($0) }
    return EventScanner().read(buffer.bytes, 0..<buffer.count)
  }

  private func position(_ text: String) -> Position? {
    let buffer = EventBuffer(capacity: text.utf8.count)
    Array(text.utf8).withUnsafeBytes { buffer.append($0) }
    return EventScanner().position(of: buffer.bytes)
  }

  @Test("keys may come in any order, and nested objects have tags of their own")
  func order() {
    let text =
      #"{"time":"2026-07-15T10:00:00.123456789012Z","stateChanged":{"x":{"tag":"Inner"},"tag":"Outer"},"#
      + #""eventId":7}"#
    #expect(
      position(text)
        == Position(
          eventId: 7, tag: "Outer", time: EventTime("2026-07-15T10:00:00.123456789012Z")))
  }

  @Test("numbers of any size are JSON, and the highest id is an id")
  func largeNumbers() {
    let large = String(repeating: "9", count: 100)
    let text =
      "{\"eventId\":4611686018427387904,\"stateChanged\":{\"datum\":{\"int\":-\(large)},"
      + "\"e\":1e999,\"n\":18446744073709551616,\"tag\":\"X\"}}"
    #expect(position(text) == Position(eventId: Position.idMax, tag: "X"))
    for beyond in ["4611686018427387905", "18446744073709551615", "18446744073709551616"] {
      #expect(position("{\"eventId\":\(beyond),\"stateChanged\":{}}") == nil)
    }
    #expect(position("{\"eventId\":1,\"stateChanged\":[\(large)x]}") == nil)
  }

  @Test("of a key that is there twice the first counts, bare or wrapped")
  func duplicates() {
    #expect(
      position(
        #"{"eventId":1,"stateChanged":{"tag":"A","tag":"B"},"eventId":2,"stateChanged":{"tag":"C"}}"#
      )
        == Position(eventId: 1, tag: "A"))
    let scanner = EventScanner()
    let text = Array(#"{"tag":"A","tag":"B"}"#.utf8)
    let buffer = EventBuffer(capacity: text.count)
    text.withUnsafeBytes { buffer.append($0) }
    #expect(scanner.position(of: scanner.read(buffer.bytes, 0..<text.count)).tag == "A")
    #expect(Int(read(#"{"eventId":"x","tag":"A"}"#).kind) == HYDRA_LINE_BROKEN)
  }

  @Test("distinguishes events, bare lines, blank ones and others")
  func kinds() {
    #expect(Int(read(#"{"eventId":1,"stateChanged":{"tag":"X"}}"#).kind) == HYDRA_LINE_EVENT)
    #expect(Int(read(#"{"chainSlot":1,"tag":"X"}"#).kind) == HYDRA_LINE_BARE)
    #expect(Int(read(" \t\r").kind) == HYDRA_LINE_BLANK)
    #expect(Int(read("").kind) == HYDRA_LINE_BLANK)
    for broken in [
      #"{"eventId":1}"#, #"{"eventId":-1,"stateChanged":{}}"#,
      #"{"eventId":"1","stateChanged":{}}"#,
      #"{"eventId":1.5,"stateChanged":{}}"#, "[]", "7", "\0\0\0", #"{"tag":5}"#,
      #"{"eventId":1,"stateChanged":{"tag":"X"}"#,
      "{\"eventId\":1,\"stateChanged\":{\"a\":\"\u{1}\"}}",
    ] {
      #expect(Int(read(broken).kind) == HYDRA_LINE_BROKEN, "\(broken)")
    }
  }

  @Test("more tags than its table holds are still distinguished")
  func manyTags() {
    let count = 3 * Int(HYDRA_TAGS_MAX)
    let lines = (0..<count).map { "{\"eventId\":\($0),\"stateChanged\":{\"tag\":\"T\($0)\"}}\n" }
    let text = Array(lines.joined().utf8)
    let buffer = EventBuffer(capacity: text.count)
    text.withUnsafeBytes { buffer.append($0) }
    let scanner = EventScanner()
    var at = 0
    var tags: [String?] = []
    while at < buffer.count {
      let (lines, next) = scanner.scan(buffer.bytes, from: at)
      tags += lines.map { scanner.position(of: $0).tag }
      at = next
    }
    #expect(tags == (0..<count).map { "T\($0)" })
  }

  @Test("each real event is found", .enabled(if: Samples.areThere), arguments: Samples.releases)
  func samples(release: String) {
    for (id, sample) in Samples.lines(release).enumerated() {
      #expect(position(Samples.event(id, sample))?.eventId == UInt64(id))
      #expect(position(Samples.event(id, sample, isTimed: false))?.time == nil)
      #expect(Int(read(sample).kind) == HYDRA_LINE_BARE)
    }
  }
}
