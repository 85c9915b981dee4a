import Foundation
import GRDB

/// `hydra.db` with `user_version` 1: a row an event, the JSON as a blob, a transaction a batch.
final class DatabaseLog: SimulatedLog {
  private let directory: String
  private let path: String
  private let queue: DatabaseQueue
  private var writer = PayloadWriter()
  private(set) var lastEventId: UInt64?
  private(set) var eventCount = 0

  init(directory: String) throws(SimulationError) {
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
      (lastEventId, eventCount) = try queue.write { database in
        try database.execute(
          sql: """
            CREATE TABLE IF NOT EXISTS events \
            (event_id INTEGER NOT NULL PRIMARY KEY, event_data BLOB NOT NULL)
            """)
        if try Int.fetchOne(database, sql: "PRAGMA user_version") == 0 {
          try database.execute(sql: "PRAGMA user_version = 1")
        }
        let last = try Int64.fetchOne(database, sql: "SELECT max(event_id) FROM events")
        let count = try Int.fetchOne(database, sql: "SELECT count(*) FROM events") ?? 0
        return (last.map { UInt64($0) }, count)
      }
    } catch {
      throw SimulationError("\(path) could not be opened: \(error)")
    }
  }

  func append(
    _ count: Int, _ make: (Int, inout PayloadWriter) -> Void,
    didAppend: (Int) throws(SimulationError) -> Bool
  ) throws(SimulationError) {
    let first = lastEventId.map { $0 + 1 } ?? 0
    do {
      try queue.write { database in
        let insert = try database.cachedStatement(
          sql: "INSERT INTO events (event_id, event_data) VALUES (?, ?)")
        for index in 0..<count {
          writer.removeAll()
          make(index, &writer)
          insert.setUncheckedArguments([Int64(first) + Int64(index), Data(writer.bytes)])
          try insert.execute()
        }
      }
    } catch {
      throw SimulationError("\(path) could not be written: \(error)")
    }
    lastEventId = first + UInt64(count) - 1
    eventCount += count
    _ = try didAppend(count)
  }

  func rotate(checkpoint: UnsafeRawBufferPointer, keepsArchive: Bool) throws(SimulationError) {
    guard let lastEventId else { return }
    do {
      if keepsArchive {
        let folder = "\(directory)/old-state"
        try FileManager.default.createDirectory(
          atPath: folder, withIntermediateDirectories: true)
        let archive = "\(folder)/hydra-\(lastEventId).db"
        // What a node that died while it rotated left: made anew.
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
