import EventPersistence
import Foundation
import SQLite

/// `hydra.db`: a row an event, a blob of JSON (`user_version` 1) or of CBOR (2), a transaction a batch.
final class DatabaseLog: SimulatedLog {
  private let directory: String
  private let path: String
  private var database: SQLiteDatabase?
  private var writer = PayloadWriter()
  private(set) var lastEventId: UInt64?
  private(set) var eventCount = 0

  /// The database's `user_version`.
  private(set) var version = 1

  /// - Parameter version: of a new database; an existing one keeps its own.
  init(directory: String, version: Int) throws(SimulationError) {
    self.directory = directory
    path = "\(directory)/hydra.db"
    try change("opened", inTransaction: false) {
      let database = try SQLiteDatabase(path)
      self.database = database
      try database.execute(
        "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")
      try database.createEvents()
      if try integer("PRAGMA user_version") == 0 {
        try database.execute("PRAGMA user_version = \(version)")
      }
      self.version = Int(try integer("PRAGMA user_version") ?? 0)
      lastEventId = try integer("SELECT max(event_id) FROM events").map { UInt64($0) }
      eventCount = Int(try integer("SELECT count(*) FROM events") ?? 0)
    }
  }

  private func integer(_ sql: String) throws -> Int64? {
    try database!.integers(sql).first.flatMap { $0 }
  }

  private func change(
    _ verb: String, inTransaction: Bool = true, _ body: () throws -> Void
  ) throws(SimulationError) {
    do {
      if inTransaction { try database!.transaction(body) } else { try body() }
    } catch let error as SQLiteFailure {
      throw SimulationError("\(path) could not be \(verb): \(error.detail)")
    } catch {
      throw SimulationError("\(path) could not be \(verb): \(error)")
    }
  }

  func append(
    _ ids: [UInt64], _ make: (Int, inout PayloadWriter) -> Void,
    didAppend: (Int) throws(SimulationError) -> Bool
  ) throws(SimulationError) {
    guard let last = ids.last else { return }
    try change("written") {
      for index in ids.indices {
        writer.removeAll()
        make(index, &writer)
        try database!.insert(Int64(ids[index]), writer.bytes)
      }
    }
    lastEventId = last
    eventCount += ids.count
    _ = try didAppend(ids.count)
  }

  func loseTail(_ count: Int) throws(SimulationError) {
    let count = min(count, eventCount - 1)
    guard count > 0 else { return }
    try change("cut") {
      try database!.execute(
        "DELETE FROM events WHERE event_id IN "
          + "(SELECT event_id FROM events ORDER BY event_id DESC LIMIT \(count))")
      lastEventId = try integer("SELECT max(event_id) FROM events").map { UInt64($0) }
    }
    eventCount -= count
  }

  /// Inserts the lines of a `state` file, then renames that file, as 2.1 does when it finds one.
  func migrate(_ state: StateLog) throws(SimulationError) {
    try change("written") {
      try state.readLines { line in
        let json = UnsafeRawBufferPointer(rebasing: line.prefix(line.count - 1))
        guard let id = Position(json: json)?.eventId else {
          throw SimulationError(
            "a line is not an event; a real node's migration stops there too")
        }
        try database!.insert(Int64(id), json)
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
    let database = database!
    try change("upgraded") {
      let replace = try database.statement(
        "INSERT OR REPLACE INTO events (event_id, event_data) VALUES (?, ?)")
      for case let id? in try database.integers("SELECT event_id FROM events") {
        let row = try database.statement("SELECT event_data FROM events WHERE event_id = ?")
        row.bind(id, at: 1)
        guard try row.step() else { continue }
        writer.removeAll()
        try reencode(row.bytes(0), &writer)
        try replace.run(id, writer.bytes)
      }
      try database.execute("PRAGMA user_version = 2")
    }
    try change("vacuumed", inTransaction: false) { try database.execute("VACUUM") }
    version = 2
  }

  func rotate(checkpoint: UnsafeRawBufferPointer, keepsArchive: Bool) throws(SimulationError) {
    guard let lastEventId else { return }
    try change("rotated", inTransaction: false) {
      if keepsArchive {
        let folder = "\(directory)/old-state"
        try FileManager.default.createDirectory(
          atPath: folder, withIntermediateDirectories: true)
        let archive = "\(folder)/hydra-\(lastEventId).db"
        // A node that died during a rotation left it: write it again.
        if FileManager.default.fileExists(atPath: archive) {
          try FileManager.default.removeItem(atPath: archive)
        }
        let quoted = archive.replacing("'", with: "''")
        try database!.execute("VACUUM INTO '\(quoted)'")
      }
      try database!.transaction {
        try database!.execute("DELETE FROM events")
        try database!.insert(Int64(lastEventId), checkpoint)
      }
    }
    eventCount = 1
  }

  func close() { database = nil }
}
