import EventPersistence
import Foundation
import Testing

@testable import HydraLog

@Suite("hydra.db of either version, and its archives", .enabled(if: NodeDatabase.isAvailable))
struct DatabaseVersionTests {
  let directory: TemporaryDirectory
  let node: NodeDatabase

  init() throws {
    directory = try TemporaryDirectory()
    node = try NodeDatabase(in: directory.path)
  }

  private func segment(_ name: String = "hydra.db", isArchive: Bool = false) throws
    -> DatabaseSegment
  {
    try DatabaseSegment(directory: directory.path, name: name, isArchive: isArchive)
  }

  private func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  private func insertCBOR(_ ids: ClosedRange<UInt64>) throws {
    let rows = ids.map { "(\($0), X'\(hex(CBORText.tick($0)))')" }.joined(separator: ",")
    try node.run("INSERT INTO events VALUES \(rows);")
  }

  private func upgrade(_ ids: ClosedRange<UInt64>) throws {
    let updates = ids.map {
      "UPDATE events SET event_data = X'\(hex(CBORText.tick($0)))' WHERE event_id = \($0);"
    }
    try node.run("BEGIN; \(updates.joined()) PRAGMA user_version = 2; COMMIT; VACUUM;")
  }

  private func ids(_ batch: EventBatch?) -> [UInt64] {
    batch?.entries.map(\.position.eventId) ?? []
  }

  @Test("rows of version 2 come as JSON lines, within the limits")
  func version2() throws {
    try node.run("PRAGMA user_version = 2;")
    try insertCBOR(0...9)
    let segment = try segment()
    #expect(segment.format(of: SegmentEnds()) == .sqliteCBOR)
    #expect(try segment.ends(knowing: nil).last?.tag == "TickObserved")
    let line = try #require(CBORText.json(CBORText.tick(0)))
    var cursor = SegmentCursor.start
    var found: [UInt64] = []
    while true {
      let read = try segment.read(from: cursor, BatchLimits(bytes: line.utf8.count * 3 + 10))
      cursor = read.cursor
      guard let batch = read.batch else { break }
      #expect(batch.spanCount <= 3)
      #expect(batch.lineRanges.count == 1)
      for entry in batch.entries {
        #expect(
          String(decoding: batch.event(entry).json, as: UTF8.self)
            == CBORText.json(CBORText.tick(entry.position.eventId)))
      }
      found += ids(batch)
    }
    #expect(found == Array(0...9))
  }

  @Test(
    "of rows of CBOR that are not needed, the ids and tags of the first and the last come alone")
  func tags() throws {
    try node.run("PRAGMA user_version = 2;")
    try insertCBOR(0...3)
    let other = hex(CBORText.row(4, CBORText().text("HeadPaused").unsigned(1)))
    try node.run("INSERT INTO events VALUES (4, X'\(other)');")
    try insertCBOR(5...8)
    try checkTags([
      ("HeadPaused", [4], [0, 4, 8]), ("NetworkConnected", [], [0, 8]),
      ("TickObserved", [0, 1, 2, 3, 5, 6, 7, 8], [0, 1, 2, 3, 5, 6, 7, 8]),
    ])
    // Rows of JSON are read in any case.
    try node.insert(9...9)
    try checkTags([
      ("HeadPaused", [4, 9], [0, 4, 9]), ("NetworkConnected", [9], [0, 9]),
      ("TickObserved", [0, 1, 2, 3, 5, 6, 7, 8, 9], [0, 1, 2, 3, 5, 6, 7, 8, 9]),
    ])
  }

  /// Reads with each tag, and expects these events, of which the whole ones have all that an event has.
  private func checkTags(_ cases: [(tag: String, whole: [UInt64], ids: [UInt64])]) throws {
    let all = try #require(try segment().read(from: .start, BatchLimits()).batch)
    var limits = BatchLimits()
    for (tag, whole, expected) in cases {
      limits.tags = [tag]
      let read = try segment().read(from: .start, limits)
      let batch = try #require(read.batch)
      #expect(ids(batch) == expected)
      #expect(read.cursor.place == all.last.eventId + 1)
      #expect(read.cursor.previous?.agrees(with: all.last) ?? false)
      for entry in batch.entries {
        let id = entry.position.eventId
        let found = try #require(all.entries.first { $0.position.eventId == id })
        #expect(entry.position.agrees(with: found.position))
        #expect(batch.event(entry).json == (whole.contains(id) ? all.event(found).json : []))
        #expect((entry.position.time != nil) == whole.contains(id))
      }
    }
  }

  @Test("a reader does not notice an upgrade in place, except by the form of later events")
  func upgradeInPlace() throws {
    try node.insert(0...19)
    let segment = try segment()
    let first = try segment.read(from: .start, BatchLimits(events: 8))
    try upgrade(0...19)
    // The times of both forms differ in this test, so that the event before is another one.
    var cursor = first.cursor
    cursor.previous?.time = nil
    let second = try segment.read(from: cursor, BatchLimits())
    #expect(ids(first.batch) + ids(second.batch) == Array(0...19))
    #expect(try self.segment().format(of: SegmentEnds()) == .sqliteCBOR)
  }

  @Test("rows of both forms are read beside each other, whatever the version says")
  func mixed() throws {
    try node.insert(0...1)
    try insertCBOR(2...3)
    try node.insert(4...4)
    try node.run("INSERT INTO events VALUES (5, X'6A5374617465'), (6, X'F6');")
    let read = try segment().read(from: .start, BatchLimits())
    #expect(ids(read.batch) == [0, 1, 2, 3, 4])
    #expect(
      read.batch?.entries.map(\.isDerived) == [false, false, true, true, false],
      "of the node's own bytes, only JSON's stay")
    #expect(read.torn.map(\.offset) == [5, 6])
    #expect(read.torn.map(\.length) == [6, 1])
    let last = try #require(read.batch?.entries.last)
    #expect(
      String(decoding: read.batch!.event(last).json, as: UTF8.self) == NodeDatabase.event(4))
  }

  @Test("the rows tell the format, whatever the version says; white space may precede JSON")
  func jsonOfVersion2() throws {
    try node.run("PRAGMA user_version = 2;")
    #expect(try segment().format(of: SegmentEnds()) == .sqliteCBOR, "no row tells otherwise")
    try node.insert(0...1) { "\n " + NodeDatabase.event($0).replacing(",", with: ",\n") }
    let segment = try segment()
    #expect(segment.format(of: SegmentEnds()) == .sqliteJSON)
    let batch = try #require(try segment.read(from: .start, BatchLimits()).batch)
    #expect(ids(batch) == [0, 1] && batch.entries.allSatisfy { !$0.isDerived })
    #expect(!batch.event(batch.entries.first!).json.contains(0x0A), "it is stored as one line")
    try insertCBOR(2...2)
    #expect(try self.segment().format(of: SegmentEnds()) == .sqliteCBOR)
    #expect(try self.segment().ends(knowing: nil).first?.tag == "TickObserved")
  }

  @Test("an archive is read like the live one, and the Checkpoint that follows it is another event")
  func archive() throws {
    try node.insert(0...9)
    try FileManager.default.createDirectory(
      atPath: directory.path + "/old-state", withIntermediateDirectories: false)
    try node.run(
      """
      VACUUM INTO '\(directory.path)/old-state/hydra-9.db';
      BEGIN; DELETE FROM events; INSERT INTO events VALUES
        (9, CAST('\(NodeDatabase.event(9, tag: "Checkpoint", time: "2026-07-15T11:00:00Z"))' AS BLOB));
      COMMIT;
      """)
    let left = try directory.fingerprint(["old-state/hydra-9.db", "old-state"])
    let archive = try segment("old-state/hydra-9.db", isArchive: true)
    #expect(try ids(archive.read(from: .start, BatchLimits()).batch) == Array(0...9))
    #expect(try archive.ends(knowing: nil).last?.tag == "TickObserved")
    #expect(try segment().ends(knowing: nil).first?.tag == "Checkpoint")
    #expect(try directory.fingerprint(["old-state/hydra-9.db", "old-state"]) == left)
  }

  @Test("a reader waits for an archive that is being written, however far it is")
  func halfWritten() throws {
    try node.insert(0...999)
    try node.run("VACUUM INTO '\(directory.path)/whole';")
    let whole = try Data(contentsOf: URL(fileURLWithPath: directory.path + "/whole"))
    let path = directory.path + "/hydra-999.db"
    for cut in [0, 1, 100, 4096, whole.count / 2, whole.count - 4096] {
      try whole[..<cut].write(to: URL(fileURLWithPath: path))
      #expect(failure { try segment("hydra-999.db", isArchive: true) }?.kind == .changed, "\(cut)")
    }
    // A node that died while writing it.
    var times = [timeval](repeating: timeval(tv_sec: time(nil) - 3600, tv_usec: 0), count: 2)
    utimes(path, &times)
    let dead = try segment("hydra-999.db", isArchive: true).ends(knowing: nil)
    #expect(dead.damage?.kind == .damaged(next: nil) && dead.last == nil)
    #expect(dead.first?.eventId == 0)
    try whole.write(to: URL(fileURLWithPath: path))
    #expect(try segment("hydra-999.db", isArchive: true).ends(knowing: nil).last?.eventId == 999)
    // The events of another archive.
    try whole.write(to: URL(fileURLWithPath: directory.path + "/hydra-1000.db"))
    times = [timeval](repeating: timeval(tv_sec: time(nil) - 3600, tv_usec: 0), count: 2)
    utimes(directory.path + "/hydra-1000.db", &times)
    let other = failure { try segment("hydra-1000.db", isArchive: true) }
    #expect(other?.kind == .unreadable)
    #expect(other?.message.contains("ends with event 999") == true)
  }

  @Test("a row larger than the bound is counted, never read into memory")
  func tooLarge() throws {
    try node.insert(0...0)
    try node.run(
      "INSERT INTO events VALUES (1, zeroblob(\(ReadOnlyConnection.bytesMax + 1)));")
    try node.insert(2...2)
    let read = try segment().read(from: .start, BatchLimits())
    #expect(ids(read.batch) == [0, 2])
    #expect(read.torn.map(\.length) == [UInt64(ReadOnlyConnection.bytesMax) + 1])
  }

  private func failure(_ body: () throws -> DatabaseSegment) -> SourceError? {
    do {
      _ = try body()
      return nil
    } catch {
      return error as? SourceError
    }
  }
}
