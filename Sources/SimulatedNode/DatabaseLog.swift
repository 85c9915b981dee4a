import EventPersistence
import Foundation
import GRDB

/// `hydra.db`: a row an event, a blob of JSON (`user_version` 1) or of CBOR (2), a transaction a batch.
final class DatabaseLog: SimulatedLog {
  private let directory: String
  private let path: String
  private let queue: DatabaseQueue
  private var writer = PayloadWriter()
  private(set) var lastEventId: UInt64?
  private(set) var eventCount = 0

  /// The database's `user_version`.
  private(set) var version = 1

  /// - Parameter version: of a new database; an existing one keeps its own.
  init(directory: String, version: Int) throws(SimulationError) {
    self.directory = directory
    path = "\(directory)/hydra.db"
    var configuration = Configuration()
    configuration.label = "simulated-node"
    configuration.prepareDatabase { database in
      try database.execute(sql: "PRAGMA journal_mode = WAL")
      try database.execute(sql: "PRAGMA synchronous = NORMAL")
      try database.execute(sql: "PRAGMA busy_timeout = 5000")
    }
    do {
      queue = try DatabaseQueue(path: path, configuration: configuration)
      (self.version, lastEventId, eventCount) = try queue.write { database in
        try database.execute(
          sql: """
            CREATE TABLE IF NOT EXISTS events \
            (event_id INTEGER NOT NULL PRIMARY KEY, event_data BLOB NOT NULL)
            """)
        var found = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        if found == 0 {
          try database.execute(sql: "PRAGMA user_version = \(version)")
          found = version
        }
        let last = try Int64.fetchOne(database, sql: "SELECT max(event_id) FROM events")
        let count = try Int.fetchOne(database, sql: "SELECT count(*) FROM events") ?? 0
        return (found, last.map { UInt64($0) }, count)
      }
    } catch {
      throw SimulationError("\(path) could not be opened: \(error)")
    }
  }

  func append(
    _ ids: [UInt64], _ make: (Int, inout PayloadWriter) -> Void,
    didAppend: (Int) throws(SimulationError) -> Bool
  ) throws(SimulationError) {
    guard let last = ids.last else { return }
    try change("written") { database in
      let insert = try database.cachedStatement(
        sql: "INSERT INTO events (event_id, event_data) VALUES (?, ?)")
      for index in ids.indices {
        writer.removeAll()
        make(index, &writer)
        insert.setUncheckedArguments([Int64(ids[index]), Data(writer.bytes)])
        try insert.execute()
      }
    }
    lastEventId = last
    eventCount += ids.count
    _ = try didAppend(ids.count)
  }

  func loseTail(_ count: Int) throws(SimulationError) {
    let count = min(count, eventCount - 1)
    guard count > 0 else { return }
    try change("cut") { database in
      try database.execute(
        sql: """
          DELETE FROM events WHERE event_id IN \
          (SELECT event_id FROM events ORDER BY event_id DESC LIMIT ?)
          """, arguments: [count])
      lastEventId = try Int64.fetchOne(database, sql: "SELECT max(event_id) FROM events")
        .map { UInt64($0) }
    }
    eventCount -= count
  }

  /// Inserts the lines of a `state` file, then renames that file, as 2.1 does when it finds one.
  func migrate(_ state: StateLog) throws(SimulationError) {
    try change("written") { database in
      let insert = try database.cachedStatement(
        sql: "INSERT INTO events (event_id, event_data) VALUES (?, ?)")
      try state.readLines { line in
        let json = UnsafeRawBufferPointer(rebasing: line.prefix(line.count - 1))
        guard let id = Position(json: json)?.eventId else {
          throw SimulationError(
            "a line is not an event; a real node's migration stops there too")
        }
        insert.setUncheckedArguments([Int64(id), Data(json)])
        try insert.execute()
      }
    }
    guard Foundation.rename(state.path, state.path + ".migrated") == 0 else {
      throw SimulationError(
        "\(state.path) could not be renamed: \(String(cString: strerror(errno)))")
    }
    lastEventId = state.lastEventId
    eventCount = state.eventCount
  }

  /// Rewrites each row in one transaction, as the first node that writes CBOR does when it starts.
  func upgrade(
    _ reencode: (UnsafeRawBufferPointer, inout PayloadWriter) throws -> Void
  ) throws(SimulationError) {
    try change("upgraded") { database in
      let update = try database.makeStatement(
        sql: "UPDATE events SET event_data = ? WHERE event_id = ?")
      let ids = try Int64.fetchAll(database, sql: "SELECT event_id FROM events")
      for id in ids {
        guard
          let data = try Data.fetchOne(
            database, sql: "SELECT event_data FROM events WHERE event_id = ?", arguments: [id])
        else { continue }
        writer.removeAll()
        try data.withUnsafeBytes { try reencode($0, &writer) }
        update.setUncheckedArguments([Data(writer.bytes), id])
        try update.execute()
      }
      try database.execute(sql: "PRAGMA user_version = 2")
    }
    do {
      try queue.writeWithoutTransaction { try $0.execute(sql: "VACUUM") }
    } catch {
      throw SimulationError("\(path) could not be vacuumed: \(error)")
    }
    version = 2
  }

  private func change(_ verb: String, _ body: (Database) throws -> Void) throws(SimulationError) {
    do {
      try queue.write(body)
    } catch {
      throw SimulationError("\(path) could not be \(verb): \(error)")
    }
  }

  func rotate(checkpoint: UnsafeRawBufferPointer, keepsArchive: Bool) throws(SimulationError) {
    guard let lastEventId else { return }
    do {
      if keepsArchive {
        let folder = "\(directory)/old-state"
        try FileManager.default.createDirectory(
          atPath: folder, withIntermediateDirectories: true)
        let archive = "\(folder)/hydra-\(lastEventId).db"
        // A node that died during a rotation left it: write it again.
        if FileManager.default.fileExists(atPath: archive) {
          try FileManager.default.removeItem(atPath: archive)
        }
        try queue.writeWithoutTransaction { database in
          try database.execute(sql: "VACUUM INTO ?", arguments: [archive])
        }
      }
      try queue.write { database in
        try database.execute(sql: "DELETE FROM events")
        try database.execute(
          sql: "INSERT INTO events (event_id, event_data) VALUES (?, ?)",
          arguments: [Int64(lastEventId), Data(checkpoint)])
      }
    } catch {
      throw SimulationError("\(path) could not be rotated: \(error)")
    }
    eventCount = 1
  }

  func close() { try? queue.close() }
}
