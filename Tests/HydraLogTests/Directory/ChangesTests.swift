import EventPersistence
import EventPersistenceTesting
import Foundation
import Synchronization
import Testing

@testable import HydraLog

/// Other changes to a log under its reader.
@Suite("a log that changes under its reader")
struct ChangesTests {
  let folder = LogFolder()

  @Test("a migration to a database is followed, and state.migrated counts as read")
  func migration() async throws {
    try #require(NodeDatabase.isAvailable)
    folder.write("state", Line.ticks(0...9))
    let directory = folder.directory
    let reader = directory.reader(from: .first)
    #expect(try await reader.next(BatchLimits(events: 4), through: nil)?.last.eventId == 3)
    let node = try NodeDatabase(in: folder.path)
    try node.insert(0...5) { Line.tick(UInt64($0)) }
    // The database has not caught up: the file is still the log.
    #expect(directory.surveyNow().head?.eventId == 9)
    #expect(try await reader.next(BatchLimits(events: 2), through: nil)?.last.eventId == 5)
    try node.insert(6...9) { Line.tick(UInt64($0)) }
    #expect(directory.surveyNow().format == .sqliteJSON)
    #expect(try await reader.next(BatchLimits(events: 2), through: nil)?.last.eventId == 7)
    folder.move("state", to: "state.migrated")
    try node.insert(10...11) { Line.tick(UInt64($0)) }
    #expect(try await reader.all().map(\.text) == Line.ticks(8...11))
    #expect(
      try await directory.reader(from: .first).all().map(\.text) == Line.ticks(0...11))
    #expect(directory.surveyNow().archives.isEmpty)
  }

  @Test("those that look at the same instant share a look")
  func glances() throws {
    folder.write("state", [Line.tick(1)])
    let log = folder.directory
    let instant = ContinuousClock.now
    let first = try #require(log.changeToken(at: instant))
    folder.append("state", Line.tick(2) + "\n")
    #expect(log.changeToken(at: instant) == first)
    #expect(log.changeToken(at: instant.advanced(by: .milliseconds(100))) != first)
  }

  @Test(
    "a new log in the place of one that begins alike is another log",
    arguments: [0, 300])
  func begunAnew(padding: Int) async throws {
    // Both begin with the same bytes; one of them for longer than the bytes that identify a file.
    func lines(_ second: Int) -> [String] {
      (0..<2).map {
        "{\"eventId\":\($0),\"stateChanged\":{\"tag\":\"NetworkConnected\""
          + ",\"pad\":\"\(String(repeating: "x", count: padding))\"},"
          + "\"time\":\"2026-07-15T10:00:0\(second + $0)Z\"}"
      }
    }
    folder.write("state", [])
    folder.append("state", lines(0).map { $0 + "\n" }.joined())
    let directory = folder.directory
    #expect(try await directory.reader(from: .first).all().map(\.text) == lines(0))
    // The same inode, as when a file is removed and made again.
    folder.resize("state", to: 0)
    folder.append("state", lines(5).map { $0 + "\n" }.joined())
    #expect(try await directory.reader(from: .first).all().map(\.text) == lines(5))
    #expect(directory.surveyNow().first?.time == EventTime("2026-07-15T10:00:05Z"))
  }

  @Test("state.migrated is read if the database deleted its events")
  func migratedAsArchive() async throws {
    try #require(NodeDatabase.isAvailable)
    folder.write("state.migrated", Line.ticks(0...9))
    let node = try NodeDatabase(in: folder.path)
    // Releases 2.1 and 2.2 rotate by deleting.
    try node.insert(9...9) { Line.checkpoint(UInt64($0)) }
    try node.insert(10...11) { Line.tick(UInt64($0)) }
    let directory = folder.directory
    #expect(
      try await directory.reader(from: .first).all().map(\.text)
        == Line.ticks(0...9) + [Line.checkpoint(9)] + Line.ticks(10...11))
    #expect(directory.surveyNow().archives.map(\.path) == ["state.migrated"])
    #expect(directory.surveyNow().missing.isEmpty)
  }

  @Test("archives of both kinds are one log")
  func mixedArchives() async throws {
    try #require(NodeDatabase.isAvailable)
    folder.write("state-4", Line.ticks(0...4))
    try FileManager.default.createDirectory(
      atPath: "\(folder.path)/old-state", withIntermediateDirectories: true)
    let archive = try NodeDatabase(in: folder.path, name: "old-state/hydra-9.db")
    try archive.run("PRAGMA journal_mode = DELETE;")
    try archive.insert(4...4) { Line.checkpoint(UInt64($0)) }
    try archive.insert(5...9) { Line.tick(UInt64($0)) }
    archive.stop()
    let node = try NodeDatabase(in: folder.path)
    try node.insert(9...9) { Line.checkpoint(UInt64($0)) }
    try node.insert(10...11) { Line.tick(UInt64($0)) }
    let directory = folder.directory
    #expect(
      try await directory.reader(from: .first).all(BatchLimits(events: 2)).map(\.text)
        == Line.ticks(0...4) + [Line.checkpoint(4)] + Line.ticks(5...9) + [Line.checkpoint(9)]
        + Line.ticks(10...11))
    #expect(directory.surveyNow().archives.map(\.path) == ["state-4", "old-state/hydra-9.db"])
    #expect(directory.surveyNow().sharedIds == [4, 9])
  }

  @Test("an archive that the live database still covers is read once, half-written or whole")
  func coveredArchive() async throws {
    try #require(NodeDatabase.isAvailable)
    let node = try NodeDatabase(in: folder.path)
    try node.insert(0...9) { Line.tick(UInt64($0)) }
    try FileManager.default.createDirectory(
      atPath: "\(folder.path)/old-state", withIntermediateDirectories: true)
    folder.write("old-state/hydra-9.db", "SQLite format 3\0 half of it")
    let directory = folder.directory
    #expect(try await directory.reader(from: .first).all().count == 10)
    folder.remove("old-state/hydra-9.db")
    try node.run("VACUUM INTO '\(folder.path)/old-state/hydra-9.db';")
    try node.insert(10...10) { Line.tick(UInt64($0)) }
    #expect(
      try await directory.reader(from: .first).all(BatchLimits(events: 3)).map(\.text)
        == Line.ticks(0...10))
  }

  @Test(
    "no event is returned forever while the reader waits for an archive, whatever the ids",
    arguments: [[0, 0], [0], [2, 0, 0], [5, 4, 3]])
  func sameEventTwice(ids: [UInt64]) async throws {
    folder.write("state-0", ids.map { Line.tick($0) })
    try FileManager.default.createDirectory(
      atPath: "\(folder.path)/old-state", withIntermediateDirectories: true)
    folder.write("old-state/hydra-9.db", "")
    let reader = folder.directory.reader(from: .first)
    var count = 0
    for _ in 0..<3 {
      let error = await #expect(throws: SourceError.self) {
        while let batch = try await reader.next(BatchLimits(events: 1), through: nil), count < 10 {
          count += batch.entries.count
        }
      }
      #expect(error?.canPass == true)
    }
    #expect(count == ids.count)
  }

  @Test("a file that lost its last events and reused their ids has diverged")
  func lostTail() async throws {
    folder.write("state", Line.ticks(0...9))
    let reader = folder.directory.reader(from: .first)
    #expect(try await reader.all().count == 10)
    folder.resize("state", to: Line.ticks(0...6).joined(separator: "\n").utf8.count + 1)
    // Its last event may come back.
    #expect(try await reader.all().isEmpty)
    folder.append(
      "state", Line.checkpoint(7) + "\n" + Line.tick(8) + "\n" + Line.checkpoint(9) + "\n")
    let error = await #expect(throws: SourceError.self) { try await reader.all() }
    #expect(error?.kind == .diverged(Position(eventId: 9, tag: "Checkpoint", time: Line.time(9))))
    #expect(error?.canPass == false)
  }

  @Test("a file that is rewritten with the same events continues")
  func restored() async throws {
    folder.write("state", Line.ticks(0...9))
    let reader = folder.directory.reader(from: .first)
    #expect(try await reader.next(BatchLimits(events: 5), through: nil)?.last.eventId == 4)
    folder.remove("state")
    await #expect(throws: SourceError.self) { try await reader.all() }
    folder.write("state", Line.ticks(0...12))
    #expect(try await reader.all().map(\.eventId) == Array(5...12))
  }

  @Test("the whole directory may vanish and come back")
  func directory() async throws {
    folder.write("state", Line.ticks(0...2))
    let directory = folder.directory
    let reader = directory.reader(from: .first)
    #expect(try await reader.all().count == 3)
    rename(folder.path, folder.path + ".away")
    #expect(directory.surveyNow().state == .missing)
    let error = await #expect(throws: SourceError.self) { try await reader.all() }
    #expect(error?.kind == .missing)
    rename(folder.path + ".away", folder.path)
    folder.append("state", Line.tick(3) + "\n")
    #expect(try await reader.all().map(\.eventId) == [3])
    #expect(directory.surveyNow().state == .live)
  }

  @Test("a token differs whenever something may have changed")
  func token() throws {
    let directory = folder.directory
    folder.write("state", Line.ticks(0...2))
    func write(at seconds: Int) {
      let time = timespec(tv_sec: seconds, tv_nsec: 0)
      var times = [time, time]
      utimensat(AT_FDCWD, "\(folder.path)/state", &times, 0)
      utimensat(AT_FDCWD, folder.path, &times, 0)
    }
    func settle() { write(at: 1_000_000) }
    // Just written, as long as this test may take: two writes may share a time.
    write(at: Int(Date.now.timeIntervalSince1970) + 3600)
    #expect(directory.changeTokenNow() != directory.changeTokenNow())
    settle()
    let settled = directory.changeTokenNow()
    #expect(settled == directory.changeTokenNow())
    folder.append("state", "x")
    settle()
    #expect(directory.changeTokenNow() != settled)
    folder.remove("state")
    settle()
    #expect(directory.changeTokenNow() != settled)
  }

  @Test("a token differs as soon as a file appears that was absent", arguments: [false, true])
  func appearance(asTargetOfLink isLink: Bool) throws {
    let directory = folder.directory
    folder.write("state", Line.ticks(0...2))
    if isLink { symlink("\(folder.path).db", "\(folder.path)/hydra.db") }
    for path in [folder.path, "\(folder.path)/state"] {
      let times = [timespec](repeating: timespec(tv_sec: 1_000_000, tv_nsec: 0), count: 2)
      utimensat(AT_FDCWD, path, times, 0)
    }
    let absent = directory.changeTokenNow()
    #expect(directory.changeTokenNow() == absent)
    let place = isLink ? "\(folder.path).db" : "\(folder.path)/hydra.db"
    #expect(FileManager.default.createFile(atPath: place, contents: nil))
    defer { unlink(place) }
    #expect(directory.changeTokenNow() != absent)
  }
}

/// The same, with a writer that does not wait for the reader.
@Suite("a log that changes at random under its reader")
struct RandomChangesTests {
  @Test(
    "returns each event once and in order, and is live at each look", .timeLimit(.minutes(2)),
    arguments: SeededRandom.freshSeed())
  func rotations(seed: UInt64) async throws {
    let folder = LogFolder()
    folder.write("state", "")
    let directory = folder.directory
    let isOver = Flag()
    let writer = Task.detached {
      var random = SeededRandom(seed)
      var expected: [String] = []
      var id: UInt64 = 0
      for _ in 0..<150 {
        for _ in 0..<Int.random(in: 1...40, using: &random) {
          expected.append(Line.tick(id))
          folder.append("state", Line.tick(id) + "\n")
          id += 1
        }
        folder.move("state", to: "state-\(id - 1)")
        if Bool.random(using: &random) {
          // Taken back, before or after the new file was begun.
          if Bool.random(using: &random) { folder.append("state", "") }
          folder.move("state-\(id - 1)", to: "state")
          continue
        }
        expected.append(Line.checkpoint(id - 1))
        folder.append("state", Line.checkpoint(id - 1) + "\n")
      }
      isOver.raise()
      return expected
    }
    let reader = directory.reader(from: .first)
    var texts: [String] = []
    var wasOver = false
    while true {
      let batch = try await reader.next(BatchLimits(events: 7), through: nil)
      texts += batch.map { $0.entries.map($0.event).map(\.text) } ?? []
      let survey = directory.surveyNow()
      #expect(survey.state == .live, "\(survey.sentence ?? "")")
      #expect(survey.missing.isEmpty)
      guard batch == nil else { continue }
      if wasOver { break }
      wasOver = isOver.isRaised
    }
    let expected = await writer.value
    let agree = zip(texts, expected).prefix { $0 == $1 }.count
    #expect(
      texts == expected,
      "from the event at \(agree) on: \(texts[agree...].prefix(3)), not \(expected[agree...].prefix(3))"
    )
  }
}

private final class Flag: Sendable {
  private let state = Mutex(false)
  var isRaised: Bool { state.withLock { $0 } }
  func raise() { state.withLock { $0 = true } }
}
