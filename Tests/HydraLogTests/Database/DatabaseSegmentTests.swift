import EventPersistence
import Foundation
import Testing

@testable import HydraLog

@Suite("hydra.db as a stretch of the log", .enabled(if: NodeDatabase.isAvailable))
struct DatabaseSegmentTests {
  let directory: TemporaryDirectory
  let node: NodeDatabase

  init() throws {
    directory = try TemporaryDirectory()
    node = try NodeDatabase(in: directory.path)
  }

  private func segment() throws -> DatabaseSegment {
    try DatabaseSegment(directory: directory.path, name: "hydra.db", isArchive: false)
  }

  private func ids(_ read: SegmentRead) -> [UInt64] {
    read.batch?.entries.map(\.position.eventId) ?? []
  }

  @Test("events come as stored, byte for byte, in pages of bounded count")
  func pages() throws {
    try node.insert(0...9)
    let segment = try segment()
    var cursor = SegmentCursor.start
    var lines: [String] = []
    var counts: [Int] = []
    while let batch = try next(segment, &cursor, BatchLimits(events: 4, bytes: 1 << 20)) {
      counts.append(batch.spanCount)
      lines += batch.entries.map { String(decoding: batch.event($0).json, as: UTF8.self) }
      #expect(batch.lineRanges.count == 1)
    }
    #expect(counts == [4, 4, 2])
    #expect(lines == (0...9).map(NodeDatabase.event))
    #expect(segment.format(of: SegmentEnds()) == .sqliteJSON)
  }

  @Test("a page is bounded in bytes, and an event larger than that comes alone")
  func bytes() throws {
    let large = { (id: Int) in
      NodeDatabase.event(id, tag: String(repeating: "x", count: id == 1 ? 70_000 : 10), time: "")
    }
    try node.insert(0...3, large)
    let segment = try segment()
    var cursor = SegmentCursor.start
    var found: [[UInt64]] = []
    while let batch = try next(segment, &cursor, BatchLimits(events: 100, bytes: 300)) {
      found.append(batch.entries.map(\.position.eventId))
    }
    #expect(found == [[0], [1], [2, 3]])
  }

  @Test("rows of all lengths are read, wherever in the file and the -wal their pages are")
  func lengths() throws {
    func row(_ id: Int) -> String {
      let letter = Character(Unicode.Scalar(UInt8(ascii: "a") + UInt8(id % 26)))
      let length = [10, 900, 3000, 40, 5000, 20_000, 200][id % 7] + (id % 50 == 0 ? 200_000 : 0)
      return NodeDatabase.event(id, tag: String(repeating: letter, count: length), time: "")
    }
    func expectAll() throws {
      let segment = try segment()
      var cursor = SegmentCursor.start
      var lines: [String] = []
      while let batch = try next(segment, &cursor, BatchLimits(bytes: 300_000)) {
        lines += batch.entries.map { String(decoding: batch.event($0).json, as: UTF8.self) }
      }
      #expect(lines == (0..<400).map(row))
    }
    try node.insert(0...199, row)
    try node.insert(300...399, row)
    // Their pages go to those that come next.
    try node.run("DELETE FROM events WHERE event_id BETWEEN 50 AND 120;")
    try node.run("PRAGMA wal_checkpoint(TRUNCATE);")
    try node.insert(200...299, row)
    try node.insert(50...120, row)
    try expectAll()
    try node.run("PRAGMA wal_checkpoint(TRUNCATE);")
    try expectAll()
    node.stop()
    try expectAll()
  }

  @Test("where parts begin is known before they are read, and each knows what is before it")
  func parts() throws {
    try node.insert(0...99)
    let segment = try segment()
    let limits = BatchLimits(events: 10)
    let first = try #require(try segment.part(from: .start, limits).next)
    let second = try #require(segment.foreseen(after: first, limits))
    #expect((first.place, second.place) == (10, 20))
    let part = try segment.part(from: first, limits)
    #expect(part.before == first.trail)
    #expect(try ids(part.read()) == Array(10..<20))
    let end = try #require(part.next)
    #expect(end.place == second.place)
    #expect(try segment.part(from: second, limits).before == end.trail)

    let other = NodeDatabase.event(19, tag: "TickObserved", time: "2026-07-15T11:00:00Z")
    try node.run("UPDATE events SET event_data = CAST('\(other)' AS BLOB) WHERE event_id = 19;")
    let changed = try #require(try segment.part(from: second, limits).before)
    #expect(changed != end.trail)
    try node.run("DELETE FROM events WHERE event_id > 18;")
    #expect(try segment.part(from: second, limits).before == nil)
  }

  @Test("its first and last events, and places by id and time, with gaps of ids or without")
  func places() throws {
    try node.insert(10...19)
    try node.insert(30...39)
    let segment = try segment()
    let ends = try segment.ends(knowing: nil)
    #expect(ends.first?.eventId == 10)
    #expect(ends.second?.eventId == 11)
    #expect(
      ends.last
        == Position(
          eventId: 39, tag: "TickObserved", time: EventTime("2026-07-15T10:00:39Z")))
    #expect(try segment.ends(knowing: ends) == ends)

    func first(_ cursor: SegmentCursor) throws -> UInt64? {
      ids(try segment.read(from: cursor, BatchLimits(events: 1))).first
    }
    #expect(try first(segment.locate(id: 0)) == 10)
    #expect(try first(segment.locate(id: 15)) == 15)
    #expect(try first(segment.locate(id: 20)) == 30)
    #expect(try first(segment.locate(id: 40)) == nil)
    #expect(try segment.locate(id: 1000).place == 40)
    #expect(try segment.locate(id: 30).previous?.eventId == 19)
    for (second, id) in [(0, 10), (12, 12), (19, 19), (20, 30), (39, 39)] as [(Int, UInt64)] {
      let time = EventTime(seconds: EventTime("2026-07-15T10:00:00Z")!.seconds + Int64(second))
      #expect(try first(segment.locate(time: time, in: TimeCourse())) == id, "second \(second)")
    }
    let later = EventTime("2027-01-01T00:00:00Z")!
    #expect(try first(segment.locate(time: later, in: TimeCourse())) == nil)
  }

  @Test("an empty database has no ends, and is another segment once it has")
  func empty() throws {
    let segment = try segment()
    #expect(try segment.ends(knowing: nil) == SegmentEnds())
    #expect(try ids(segment.read(from: .start, BatchLimits())) == [])
    try node.insert(0...0)
    #expect(throws: SourceError.self) { try segment.ends(knowing: nil) }
  }

  @Test("a row that is not an event is counted with its id, and the rows beside it are delivered")
  func torn() throws {
    try node.insert(0...1)
    try node.run(
      """
      INSERT INTO events VALUES (2, CAST('{"eventId":2,"stateCh' AS BLOB)), (3, X''),
        (4, CAST('\(NodeDatabase.event(99))' AS BLOB));
      """)
    try node.insert(5...5)
    let read = try segment().read(from: .start, BatchLimits())
    #expect(ids(read) == [0, 1, 5])
    #expect(read.torn.map(\.offset) == [2, 3, 4])
    #expect(read.torn.allSatisfy { $0.file == "hydra.db" })
    #expect(read.cursor.place == 6)
    try node.run("DELETE FROM events WHERE event_id = 5;")
    #expect(try segment().ends(knowing: nil).last?.eventId == 1)
    let rest = try segment().read(
      from: SegmentCursor(place: 2, previous: read.batch?.event(read.batch!.entries[1]).position),
      BatchLimits())
    #expect(rest.batch == nil)
    #expect(rest.cursor.place == 5)
  }

  @Test("line feeds between tokens become spaces, so that an event is one line")
  func lineFeeds() throws {
    try node.run(
      "INSERT INTO events VALUES (0, CAST('{\"eventId\":0,\n\"stateChanged\":{\"tag\":\"A\\nB\"\n}}' AS BLOB));"
    )
    let batch = try #require(try segment().read(from: .start, BatchLimits()).batch)
    #expect(
      String(decoding: batch.event(batch.entries.first!).json, as: UTF8.self)
        == #"{"eventId":0, "stateChanged":{"tag":"A\nB" }}"#)
  }

  @Test("a rotation is not read over: the segment that it ended throws that it changed")
  func rotation() throws {
    try node.insert(0...9)
    let before = try segment()
    let read = try before.read(from: .start, BatchLimits(events: 5))
    try node.run(
      """
      BEGIN; DELETE FROM events; INSERT INTO events VALUES
        (9, CAST('\(NodeDatabase.event(9, tag: "Checkpoint", time: "2026-07-15T11:00:00Z"))' AS BLOB));
      COMMIT;
      """)
    try expectChanged { try before.read(from: read.cursor, BatchLimits()) }
    try expectChanged { try before.read(from: .start, BatchLimits()) }
    let after = try segment()
    #expect(try after.ends(knowing: before.endsBefore).first?.tag == "Checkpoint")
    let behind = Position(eventId: 9, tag: "TickObserved")
    try expectChanged {
      try after.read(from: SegmentCursor(place: 10, previous: behind), BatchLimits())
    }
  }

  @Test("a VACUUM and a checkpoint between pages change nothing for the reader")
  func vacuum() throws {
    try node.insert(0...99)
    let segment = try segment()
    var cursor = SegmentCursor.start
    var found: [UInt64] = []
    var step = 0
    while let batch = try next(segment, &cursor, BatchLimits(events: 10)) {
      found += batch.entries.map(\.position.eventId)
      try node.run(step % 2 == 0 ? "VACUUM;" : "PRAGMA wal_checkpoint(TRUNCATE);")
      step += 1
    }
    #expect(found == Array(0...99))
  }

  @Test("the extent in bytes is the file's share")
  func byteCount() throws {
    try node.insert(0...999)
    try node.run("PRAGMA wal_checkpoint(TRUNCATE);")
    let segment = try segment()
    let all = try #require(try segment.byteCount(from: .start, to: nil))
    let half = try #require(try segment.byteCount(from: segment.locate(id: 500), to: nil))
    #expect(all > 100_000 && all < 300_000)
    #expect(half == all / 2)
  }

  private func next(
    _ segment: DatabaseSegment, _ cursor: inout SegmentCursor, _ limits: BatchLimits
  )
    throws -> EventBatch?
  {
    let read = try segment.read(from: cursor, limits)
    cursor = read.cursor
    return read.batch
  }

  private func expectChanged(_ body: () throws -> SegmentRead) throws {
    do {
      _ = try body()
      Issue.record("read over a change")
    } catch let error as SourceError {
      #expect(error.kind == .changed)
    }
  }
}

extension DatabaseSegment {
  /// Ends that an earlier look found, of a log that began with event 0.
  fileprivate var endsBefore: SegmentEnds {
    SegmentEnds(
      first: Position(eventId: 0, tag: "TickObserved"),
      second: Position(eventId: 1, tag: "TickObserved"))
  }
}
