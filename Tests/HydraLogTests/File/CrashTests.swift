import EventPersistence
import Testing

@testable import HydraLog

/// A crash at each byte of a small log.
@Suite("a log that a crash left")
struct CrashTests {
  /// An event in a file: its line, and its JSON as delivered.
  struct Form: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var isBare = false
    var line: @Sendable (Int) -> String

    func delivered(_ id: Int, _ line: String) -> String {
      isBare ? "{\"eventId\":\(id),\"stateChanged\":\(line)}" : line
    }
  }

  /// Changes with nested tags, and with braces, quotes and backslashes in their strings.
  static let changes = [
    #"{"chainState":{"recordedAt":{"slot":1,"tag":"ChainPoint"}},"tag":"ChainRolledBack"}"#,
    #"{"headId":"a{\"}\\","tag":"TxInvalid","validationError":{"reason":"x\\\"}{\\"}}"#,
    #"{"snapshotNumber":7,"tag":"SnapshotRequestDecided"}"#,
    #"{"a":[{"tag":"Inner"},{"b":{}}],"tag":"TickObserved"}"#,
  ]

  static let forms = [
    Form(testDescription: "timed") { Samples.event($0, changes[$0 % 4]) },
    Form(testDescription: "untimed") { Samples.event($0, changes[$0 % 4], isTimed: false) },
    Form(testDescription: "bare", isBare: true) { bare[$0 % 3] },
  ]

  /// Constructors of the releases that wrote bare lines.
  static let bare = [changes[0], changes[2], changes[3]]

  @Test("returns each whole event, and nothing else", arguments: forms)
  func everyCut(form: Form) throws {
    let lines = (0..<3).map(form.line)
    let text = Array(lines.map { $0 + "\n" }.joined().utf8)
    let folder = LogFolder()
    for cut in 0...text.count {
      for (gap, behind) in [("", 0), ("", 1), ("", 2), ("\0\0\0\0", 1), ("\0", 0)] {
        // A restarted node writes its own next id, which only it knows.
        var whole = 0
        while whole < 3, lines[..<(whole + 1)].reduce(whole, { $0 + $1.utf8.count }) <= cut {
          whole += 1
        }
        let next = (0..<behind).map { form.line(whole + $0) }
        folder.write(
          "state", Array(text[..<cut]) + Array(gap.utf8) + next.flatMap { Array(($0 + "\n").utf8) })
        var expected = lines[..<whole].enumerated().map { form.delivered($0, $1) }
        if behind == 0, whole > 0, cut == lines[..<whole].reduce(whole - 1, { $0 + $1.utf8.count })
        {
          expected.removeLast()  // Whole, but not ended yet: the reader waits for it.
        }
        expected += next.enumerated().map { form.delivered(whole + $0, $1) }
        try check(folder, expected, "cut at \(cut), gap \(gap.utf8.count), \(behind) behind")
      }
    }
  }

  @Test("returns events enclosed by several crashes in a row")
  func enclosed() throws {
    let folder = LogFolder()
    let event = { Samples.event($0, Self.changes[$0 % 4]) }
    let fragments = [
      "{\"eventId\":9,\"stateCh", "\0\0", "{\"eventId\":9,\"stateChanged\":{\"a\":\"x",
    ]
    for first in fragments {
      for second in fragments {
        folder.write("state", "\(event(0))\n\(first)\(event(1))\(event(2))\(second)\(event(3))\n")
        try check(folder, (0..<4).map(event), "\(first) … \(second)")
        let read = try folder.segment().read(from: .start, BatchLimits(events: 1))
        let rest = try folder.segment().read(from: read.cursor, BatchLimits())
        #expect(rest.torn.map(\.length) == [first, second].map { UInt64($0.utf8.count) })
      }
    }
  }

  @Test("a fragment that ends in a nested object is not a bare event")
  func nestedObject() throws {
    let folder = LogFolder()
    folder.write("state", "{\"tag\":\"TickObserved\"}\n{\"a\":{\"tag\":\"ChainPoint\"}\n")
    try check(folder, ["{\"eventId\":0,\"stateChanged\":{\"tag\":\"TickObserved\"}}"], "")
  }

  @Test("after NUL bytes no fragment can enclose a bare event")
  func unknownBehindNUL() throws {
    let folder = LogFolder()
    folder.write("state", "{\"tag\":\"TickObserved\"}\n\0\0{\"tag\":\"Unheard\"}\n")
    let expected = ["TickObserved", "Unheard"].enumerated().map {
      "{\"eventId\":\($0),\"stateChanged\":{\"tag\":\"\($1)\"}}"
    }
    try check(folder, expected, "")
  }

  @Test("the first line may hold two events without ids after a fragment")
  func firstLine() throws {
    let folder = LogFolder()
    let event = "{\"tag\":\"TickObserved\"}"
    folder.write("state", "{\"tag\":\(event)\(event)\n}\u{fffd}\"\ntt")
    let expected = (0..<2).map { "{\"eventId\":\($0),\"stateChanged\":\(event)}" }
    try check(folder, expected, "")
    for id in 0..<2 {
      let cursor = try folder.segment().locate(id: UInt64(id))
      let found = try folder.segment().read(from: cursor, BatchLimits()).batch?.first.eventId
      #expect(found == UInt64(id))
    }
  }

  @Test("after an event with an id on its line, what looks like one without is not one")
  func lateBareEvent() throws {
    let folder = LogFolder()
    let event = Samples.event(0, Self.changes[0])
    folder.write("state", "\(event){\"tag\":\"TickObserved\"}\n")
    try check(folder, [event], "")
    #expect(try folder.segment().read(from: .start, BatchLimits()).torn.count == 1)
  }

  @Test("a number that continues as another, too large one is not JSON")
  func joinedNumbers() throws {
    let folder = LogFolder()
    let number = "1-\(String(repeating: "1", count: 25))"
    folder.write("state", "{\"chainSlot\":\(number),\"tag\":\"TickObserved\"}\n")
    try check(folder, [], "")
  }

  /// All ways of reading must agree: in one batch, event by event, and backwards.
  private func check(_ folder: LogFolder, _ expected: [String], _ what: String) throws {
    for limits in [BatchLimits(), BatchLimits(events: 1), BatchLimits(bytes: 1)] {
      let events = try all(folder.segment(), limits)
      #expect(events.map(\.text) == expected, "\(what)")
      #expect(events.map(\.eventId) == (0..<UInt64(expected.count)).map { $0 }, "\(what)")
    }
    let segment = folder.segment()
    let ends = try segment.ends(knowing: nil)
    #expect(ends.first?.eventId == (expected.isEmpty ? nil : 0), "\(what)")
    #expect((ends.last == nil && !ends.isUncounted) == expected.isEmpty, "\(what)")
    if !ends.isBare, !expected.isEmpty {
      #expect(ends.last?.eventId == UInt64(expected.count) - 1, "\(what)")
      for id in 0..<expected.count {
        let cursor = try segment.locate(id: UInt64(id))
        let found = try segment.read(from: cursor, BatchLimits()).batch?.first.eventId
        #expect(found == UInt64(id), "\(what)")
      }
    }
  }

  private func all(_ segment: FileSegment, _ limits: BatchLimits) throws -> [StateEvent] {
    var events: [StateEvent] = []
    var cursor = SegmentCursor.start
    while true {
      let read = try segment.read(from: cursor, limits)
      guard let batch = read.batch else { return events }
      #expect(batch.entries.count <= limits.events)
      for entry in batch.entries {
        #expect(batch.buffer.bytes[entry.offset + entry.length] == 0x0A)
      }
      events += batch.entries.map(batch.event)
      cursor = read.cursor
    }
  }
}
