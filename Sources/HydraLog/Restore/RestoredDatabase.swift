import CSQLiteReadOnly
import EventPersistence
import Foundation
import SystemPackage

/// `hydra.db` with `user_version` 1, a row an event, and `old-state/hydra-L.db`.
final class RestoredDatabase: RestoredLog {
  private let directory: String
  private var database: OpaquePointer?
  private var insert: OpaquePointer?

  private var live: String { "\(directory)/hydra.db" }

  init(in directory: String) { self.directory = directory }

  deinit { drop() }

  func append(_ json: UnsafeRawBufferPointer, of position: Position) throws(RestoreError) {
    if database == nil { try begin() }
    guard let id = Int64(exactly: position.eventId) else {
      throw RestoreError(
        .refused, "The id \(position.eventId) is larger than a hydra.db can hold: --format state.")
    }
    sqlite3_bind_int64(insert, 1, id)
    // The bytes outlive the step, so that SQLite need not copy them.
    sqlite3_bind_blob64(insert, 2, json.baseAddress, UInt64(json.count), nil)
    let code = sqlite3_step(insert)
    sqlite3_reset(insert)
    guard code == SQLITE_DONE else {
      if code & 0xFF == SQLITE_CONSTRAINT {
        throw RestoreError(
          .refused,
          "Two events have the id \(position.eventId) without a rotation between them, but a "
            + "hydra.db holds one event for each id: --format state.")
      }
      throw failure()
    }
  }

  func rotate(after lastId: UInt64) throws(RestoreError) {
    try commit()
    drop()
    let folder = "\(directory)/\(LogName.archiveFolder)"
    guard mkdir(folder, 0o755) == 0 || errno == EEXIST else { throw .writing(folder, .last) }
    let archive = "\(folder)/hydra-\(lastId).db"
    guard rename(live, archive) == 0 else { throw .writing(archive, .last) }
    try RestoreError.synchronize(archive)
    try RestoreError.synchronize(folder)
  }

  func finish() throws(RestoreError) {
    guard database != nil else { return }
    try commit()
    // As the node has it; an archive is not in this mode.
    try execute("PRAGMA journal_mode = WAL")
    drop()
    try RestoreError.synchronize(live)
  }

  private func begin() throws(RestoreError) {
    let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
    guard sqlite3_open_v2(live, &database, flags, nil) == SQLITE_OK else { throw failure() }
    // An incomplete database is deleted, so it needs no journal.
    try execute("PRAGMA journal_mode = OFF")
    try execute("PRAGMA synchronous = OFF")
    try execute("PRAGMA user_version = 1")
    try execute(
      "CREATE TABLE events (event_id INTEGER NOT NULL PRIMARY KEY, event_data BLOB NOT NULL)")
    try execute("BEGIN")
    let sql = "INSERT INTO events (event_id, event_data) VALUES (?, ?)"
    guard sqlite3_prepare_v2(database, sql, -1, &insert, nil) == SQLITE_OK else { throw failure() }
  }

  private func commit() throws(RestoreError) {
    sqlite3_finalize(insert)
    insert = nil
    try execute("COMMIT")
  }

  private func execute(_ sql: String) throws(RestoreError) {
    guard sqlite3_exec(database, sql, nil, nil, nil) == SQLITE_OK else { throw failure() }
  }

  private func drop() {
    sqlite3_finalize(insert)
    sqlite3_close(database)
    insert = nil
    database = nil
  }

  private func failure() -> RestoreError {
    let reason = database.map { String(cString: sqlite3_errmsg($0)) } ?? "no memory"
    return RestoreError(.failed, "\(live) could not be written: \(reason). Nothing was restored.")
  }
}
