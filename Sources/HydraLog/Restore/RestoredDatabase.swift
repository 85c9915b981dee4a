import EventPersistence
import Foundation
import SQLite
import SystemPackage

/// `hydra.db` with `user_version` 1, a row an event, and `old-state/hydra-L.db`.
final class RestoredDatabase: RestoredLog {
  private let directory: String
  private var database: SQLiteDatabase?

  private var live: String { "\(directory)/hydra.db" }

  init(in directory: String) { self.directory = directory }

  func append(_ json: UnsafeRawBufferPointer, of position: Position) throws(RestoreError) {
    guard let id = Int64(exactly: position.eventId) else {
      throw RestoreError(
        .refused,
        "Event id \(position.eventId) is larger than a hydra.db can hold. Use --format state.")
    }
    do throws(SQLiteFailure) {
      if database == nil { try begin() }
      try database!.insert(id, json)
    } catch {
      guard error.kind == .constraint else { throw failure(error) }
      throw RestoreError(
        .refused,
        "Two events have the id \(position.eventId) without a rotation between them, but a "
          + "hydra.db holds one event for each id. Use --format state.")
    }
  }

  func rotate(after lastId: UInt64) throws(RestoreError) {
    try commit()
    let folder = "\(directory)/\(LogName.archiveFolder)"
    guard mkdir(folder, 0o755) == 0 || errno == EEXIST else { throw .writing(folder, .last) }
    let archive = "\(folder)/hydra-\(lastId).db"
    guard rename(live, archive) == 0 else { throw .writing(archive, .last) }
    try RestoreError.synchronize(archive)
    try RestoreError.synchronize(folder)
  }

  func finish() throws(RestoreError) {
    guard database != nil else { return }
    // As the node has it; an archive is not in this mode.
    try commit(then: "PRAGMA journal_mode = WAL")
    try RestoreError.synchronize(live)
  }

  private func begin() throws(SQLiteFailure) {
    let database = try SQLiteDatabase(live)
    // An incomplete database is deleted, so it needs no journal.
    try database.execute(
      "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA user_version = 1")
    try database.createEvents()
    try database.execute("BEGIN")
    self.database = database
  }

  private func commit(then pragma: String = "") throws(RestoreError) {
    do throws(SQLiteFailure) { try database?.execute("COMMIT; \(pragma)") } catch {
      throw failure(error)
    }
    database = nil
  }

  private func failure(_ failure: SQLiteFailure) -> RestoreError {
    RestoreError(
      .failed, "\(live) could not be written: \(failure.message). Nothing was restored.")
  }
}
