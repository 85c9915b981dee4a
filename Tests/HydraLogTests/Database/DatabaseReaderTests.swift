import EventPersistence
import Foundation
import SQLite
import Testing

@testable import HydraLog

@Suite("Opening hydra.db beside its node", .enabled(if: NodeDatabase.isAvailable))
struct DatabaseReaderTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private var reader: DatabaseReader {
    DatabaseReader(path: directory.path + "/hydra.db", isArchive: false)
  }

  private func head() throws -> Int64? {
    try reader.read { (connection) throws(SQLiteFailure) in
      try connection.integer("SELECT max(event_id) FROM events")
    }.answer
  }

  private func failure(_ body: () throws -> Int64?) throws -> SourceError {
    do {
      let answer = try body()
      Issue.record("no error, but \(String(describing: answer))")
      throw SourceError(.missing, "no error")
    } catch let error as SourceError {
      return error
    }
  }

  @Test("a node that starts and stops between looks is followed, and its directory stays unchanged")
  func comingAndGoing() throws {
    let node = try NodeDatabase(in: directory.path)
    for round in 0..<3 {
      try node.insert(round * 2...round * 2 + 1)
      let up = try directory.fingerprint()
      #expect(up.count == 3)
      #expect(try head() == Int64(round * 2 + 1))
      #expect(try directory.fingerprint() == up)
      node.stop()
      let down = try directory.fingerprint()
      #expect(down.count == 1)
      #expect(try head() == Int64(round * 2 + 1))
      #expect(try directory.fingerprint() == down)
      try node.start()
    }
  }

  @Test("a read during which a node started is discarded and done again beside it")
  func comingUpMeanwhile() throws {
    let node = try NodeDatabase(in: directory.path)
    try node.insert(0...4)
    node.stop()
    var seen: [Int64?] = []
    let answer = try reader.read { (connection) throws(SQLiteFailure) in
      let head = try connection.integer("SELECT max(event_id) FROM events")
      if seen.isEmpty {
        do {
          try node.start()
          try node.insert(5...9)
          try node.run("PRAGMA wal_checkpoint(TRUNCATE);")
        } catch {
          Issue.record(error)
        }
      }
      seen.append(head)
      return head
    }.answer
    #expect(answer == 9)
    #expect(seen.first == 4)
    #expect(seen.count > 1)
  }

  @Test("a read during which a node started, wrote and stopped is discarded")
  func upAndDownMeanwhile() throws {
    let node = try NodeDatabase(in: directory.path)
    try node.insert(0...4)
    node.stop()
    var seen: [Int64?] = []
    let answer = try reader.read { (connection) throws(SQLiteFailure) in
      if seen.isEmpty {
        do {
          try node.start()
          try node.run("DELETE FROM events WHERE event_id > 2;")
          node.stop()
        } catch {
          Issue.record(error)
        }
      }
      let head = try connection.integer("SELECT max(event_id) FROM events")
      seen.append(head)
      return head
    }.answer
    #expect(answer == 2)
    #expect(seen.count > 1)
  }

  @Test("the -wal of a killed node is read, and not changed")
  func killed() throws {
    let node = try NodeDatabase(in: directory.path)
    try node.insert(0...7)
    node.kill()
    let left = try directory.fingerprint()
    #expect(left.count == 3)
    #expect(try head() == 7)
    #expect(try directory.fingerprint() == left)
    try node.start()
    try node.insert(8...8)
    #expect(try head() == 8)
  }

  @Test("a -wal without a -shm is reported, and nothing is created for it")
  func withoutSharedMemory() throws {
    let node = try NodeDatabase(in: directory.path)
    try node.insert(0...7)
    node.kill()
    try FileManager.default.removeItem(atPath: directory.path + "/hydra.db-shm")
    let left = try directory.fingerprint()
    let error = try failure { try head() }
    #expect(error.kind == .damaged(next: nil))
    #expect(error.message.contains("hydra.db-wal exists without"))
    #expect(try directory.fingerprint() == left)
  }

  @Test("a file that is not a database differs from a missing one")
  func noDatabase() throws {
    let path = directory.path + "/hydra.db"
    #expect(try failure { try head() }.kind == .missing)
    try Data(repeating: 0x41, count: 5000).write(to: URL(fileURLWithPath: path))
    let error = try failure { try head() }
    #expect(error.kind == .damaged(next: nil))
    #expect(error.message.contains("is not an SQLite database"))
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    #expect(try failure { try head() }.message.contains("is not a file"))
  }

  @Test("a database that was cut off is damaged, not empty")
  func cutOff() throws {
    let node = try NodeDatabase(in: directory.path)
    try node.insert(0...999)
    node.stop()
    #expect(truncate(directory.path + "/hydra.db", 20_000) == 0)
    let error = try failure { try head() }
    #expect(error.kind == .damaged(next: nil))
    #expect(error.message.contains("is damaged"))
  }

  @Test("a later version is refused by its number, another program's database by its tables")
  func versions() throws {
    let node = try NodeDatabase(in: directory.path)
    try node.run("PRAGMA user_version = 3;")
    func opened() throws -> Int64? {
      _ = try DatabaseSegment(directory: directory.path, name: "hydra.db", isArchive: false)
      return nil
    }
    let later = try failure(opened)
    #expect(later.kind == .unsupported)
    #expect(later.message.contains("user_version 3"))
    try node.run("PRAGMA user_version = 1; DROP TABLE events; CREATE TABLE other(x);")
    let foreign = try failure(opened)
    #expect(foreign.kind == .unreadable)
    #expect(foreign.message.contains("no table `events`"))
  }

  @Test("a path may have characters that are special in a URI")
  func awkwardPath() throws {
    let awkward = directory.path + "/a?b#c%20d&mode=rwc é"
    try FileManager.default.createDirectory(atPath: awkward, withIntermediateDirectories: false)
    let node = try NodeDatabase(in: awkward)
    try node.insert(0...2)
    let segment = try DatabaseSegment(directory: awkward, name: "hydra.db", isArchive: false)
    #expect(try segment.ends(knowing: nil).last?.eventId == 2)
    node.stop()
    #expect(try segment.ends(knowing: nil).last?.eventId == 2)
  }

  @Test("the writer neither waits for a reader nor fails because of it")
  func writerIsFree() throws {
    let node = try NodeDatabase(in: directory.path)
    try node.insert(0...9)
    _ = try reader.read { (connection) throws(SQLiteFailure) in
      #expect(try connection.integer("SELECT max(event_id) FROM events") == 9)
      do {
        try node.run("PRAGMA busy_timeout = 0;")
        try node.insert(10...19)
        try node.run("BEGIN; DELETE FROM events WHERE event_id < 5; COMMIT;")
        try node.run("PRAGMA wal_checkpoint(PASSIVE); VACUUM;")
      } catch {
        Issue.record(error)
      }
      #expect(try connection.integer("SELECT min(event_id) FROM events") == 0)
      #expect(try connection.integer("SELECT max(event_id) FROM events") == 9)
    }
    #expect(try head() == 19)
    node.stop()
    #expect(try directory.fingerprint().count == 1)
  }
}
