import CSimdjson
import EventPersistence
import EventPersistenceTesting
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
    return EventScanner.withOne { $0.position(of: buffer.bytes) }
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

  @Test("finds the position that is read from an archive's line, however strange the JSON")
  func agreement() {
    for event in SampleEvents.hostile(first: 5) {
      let text = String(decoding: event.json, as: UTF8.self)
      #expect(position(text) == event.position, "\(text)")
      #expect(event.json.withUnsafeBytes { Position(json: $0) } == event.position, "\(text)")
    }
    func check(_ string: String) {
      let text =
        "{\"eventId\":1,\"stateChanged\":{\"tag\":\"\(string)\",\"\(string)\":2},\"time\":\"\(string)\"}"
      let found = position(text)
      let held = Array(text.utf8).withUnsafeBytes { Position(json: $0) }
      if found != held { Issue.record("\(text): \(found as Any), but \(held as Any)") }
    }
    func unit(_ code: Int) -> String {
      let digits = String(code, radix: 16, uppercase: code % 2 == 0)
      return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
    for code in 0...0xFFFF { check("a\(unit(code))b") }
    let edges = [0x41, 0xD7FF, 0xD800, 0xDBFF, 0xDC00, 0xDFFF, 0xE000]
    for high in edges {
      for low in edges { check(unit(high) + unit(low)) }
      check(unit(high) + #"\n"#)
    }
    for byte in UInt8(0x20)..<0x7F where byte != 0x22 {
      check("\\\(Character(Unicode.Scalar(byte)))")
    }
    for cut in [#"\u"#, #"\u12"#, #"\uD83D\u"#, #"\uD83D\ude"#, #"\u00g0"#] { check(cut) }
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

  @Test("a line is an event if its JSON is one, alone and among others, whatever its bytes")
  func changedBytes() {
    let lines = [
      #"{"eventId":1,"stateChanged":{"tag":"X","a":[1,{"b":[[],{}]},-2,true,false,null]},"time":"t"}"#,
      #" { "eventId" : 10 , "stateChanged" : [ "tag" , { "tag" : 5 } ] , "time" : 7 } "#,
      "{\"eventId\":2,\"stateChanged\":\(String(repeating: "[{\"é\":", count: 40))0"
        + "\(String(repeating: "}]", count: 40)),\"eventId\":3}",
    ].map { Array($0.utf8) }
    let others = Array("\"\\{}[]:,0-9.eEtfnul \t\r".utf8) + [0, 1, 0x1F, 0x7F, 0x80, 0xC3, 0xFF]
    let neighbour = Array(#"{"eventId":0,"stateChanged":{"tag":"Y"}}"#.utf8)
    let scanner = EventScanner()
    var (events, rest) = (0, 0)
    func check(_ line: [UInt8]) {
      let expected = line.withUnsafeBytes { Self.event($0) }
      let buffer = EventBuffer(neighbour + [0x0A] + line + [0x0A] + neighbour + [0x0A])
      let start = neighbour.count + 1
      let alone = scanner.position(of: buffer.bytes, start..<start + line.count)
      let found = scanner.scan(buffer.bytes, from: 0).lines.map {
        Int($0.kind) == HYDRA_LINE_EVENT ? scanner.position(of: $0) : nil
      }
      if found != [Position(eventId: 0, tag: "Y"), expected, Position(eventId: 0, tag: "Y")]
        || alone != expected
      {
        let text = String(decoding: line, as: UTF8.self)
        Issue.record("\(text): \(found), alone \(alone as Any), but \(expected as Any)")
      }
      if expected != nil { events += 1 } else { rest += 1 }
    }
    for line in lines {
      check(line)
      for index in line.indices {
        check(Array(line[..<index]))
        check(Array(line[..<index] + line[(index + 1)...]))
        for other in others {
          check(Array(line[..<index] + [other] + line[index...]))
          check(Array(line[..<index] + [other] + line[(index + 1)...]))
        }
      }
    }
    #expect(events > 1000 && rest > 1000)
  }

  /// What the whole document says.
  private static func event(_ json: UnsafeRawBufferPointer) -> Position? {
    let found = JSONDocument.withParsed(json) { document -> Position? in
      guard case .unsigned(let id) = document.value("/eventId"), id <= Position.idMax,
        document.value("/stateChanged") != nil
      else { return nil }
      var position = Position(eventId: id)
      if case .string(let tag) = document.value("/stateChanged/tag") { position.tag = tag }
      if case .string(let time) = document.value("/time") { position.time = EventTime(time) }
      return position
    }
    return found ?? nil
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
