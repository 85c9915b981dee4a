import EventPersistence
import Foundation
import SQLite
import SystemPackage

/// `hydra.db`, a row an event, and `old-state/hydra-L.db`.
final class RestoredDatabase: RestoredLog {
  private let directory: String
  private let form: Form
  /// Of the live part.
  private(set) var rows: RowForm
  private var database: SQLiteDatabase?
  private var encoder = NodeEncoder()
  private var row = ByteWriter(capacity: 1 << 16)
  private var firstFromCBOR: UInt64?

  /// The last id of the archives whose rows are JSON; nil if there are none.
  private(set) var jsonThrough: UInt64?

  enum Form {
    case only(RowForm)
    /// Each part in JSON, as it was archived, up to the first one with an event from a CBOR log:
    /// a node re-encodes its live part, and leaves its archives as they are.
    case asArchived
  }

  private var live: String { "\(directory)/hydra.db" }

  init(in directory: String, _ form: Form) {
    self.directory = directory
    self.form = form
    if case .only(.cbor) = form { rows = .cbor } else { rows = .json }
  }

  func append(
    _ json: UnsafeRawBufferPointer, of position: Position, isFromCBOR: Bool
  ) throws(RestoreError) {
    guard let id = Int64(exactly: position.eventId) else {
      throw RestoreError(
        .refused,
        "Event id \(position.eventId) is larger than a hydra.db can hold. Use --format state.")
    }
    if isFromCBOR, firstFromCBOR == nil { firstFromCBOR = position.eventId }
    if isFromCBOR, rows == .json { try becomeCBOR() }
    if database == nil { try begin() }
    guard rows == .cbor else { return try insert(id, json) }
    try encode(json, id)
    try insert(id, row.bytes)
  }

  func rotate(after lastId: UInt64) throws(RestoreError) {
    try commit()
    let folder = "\(directory)/\(LogName.archiveFolder)"
    guard mkdir(folder, 0o755) == 0 || errno == EEXIST else { throw .writing(folder, .last) }
    let archive = "\(folder)/hydra-\(lastId).db"
    guard rename(live, archive) == 0 else { throw .writing(archive, .last) }
    try RestoreError.synchronize(archive)
    try RestoreError.synchronize(folder)
    if rows == .json { jsonThrough = lastId }
  }

  func finish() throws(RestoreError) {
    guard database != nil else { return }
    // As the node has it; an archive is not in this mode.
    try commit(then: "PRAGMA journal_mode = WAL")
    try RestoreError.synchronize(live)
  }

  private func begin() throws(RestoreError) {
    database = try sqlite { () throws(SQLiteFailure) in
      let database = try SQLiteDatabase(live)
      // An incomplete database is deleted, so it needs no journal.
      try database.execute(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; "
          + "PRAGMA user_version = \(rows == .cbor ? 2 : 1)")
      try database.createEvents()
      try database.execute("BEGIN")
      return database
    }
  }

  private func insert(_ id: Int64, _ bytes: UnsafeRawBufferPointer) throws(RestoreError) {
    do throws(SQLiteFailure) { try database!.insert(id, bytes) } catch {
      guard error.kind == .constraint else { throw failure(error) }
      throw RestoreError(
        .refused,
        "Two events have the id \(id) without a rotation between them, but a hydra.db holds one "
          + "event for each id. Use --format state.")
    }
  }

  private func commit(then pragma: String = "") throws(RestoreError) {
    try sqlite { () throws(SQLiteFailure) in try database?.execute("COMMIT; \(pragma)") }
    database = nil
  }

  /// The answer of `body`, whose failure ends the restore.
  private func sqlite<Answer: ~Copyable>(
    _ body: () throws(SQLiteFailure) -> Answer
  ) throws(RestoreError) -> Answer {
    do throws(SQLiteFailure) { return try body() } catch { throw failure(error) }
  }

  private func failure(_ failure: SQLiteFailure) -> RestoreError {
    RestoreError(
      .failed, "\(live) could not be written: \(failure.message). Nothing was restored.")
  }

  // MARK: - CBOR

  /// Re-encodes the live part, as a node does when it starts on it.
  private func becomeCBOR() throws(RestoreError) {
    rows = .cbor
    guard database != nil else { return }
    try commit()
    let before = "\(live).json"
    guard rename(live, before) == 0 else { throw .writing(before, .last) }
    try begin()
    let old = try sqlite { () throws(SQLiteFailure) in try SQLiteDatabase(before) }
    let query = try sqlite { () throws(SQLiteFailure) in
      try old.statement("SELECT event_id, event_data FROM events ORDER BY event_id")
    }
    while try sqlite({ () throws(SQLiteFailure) in try query.step() }) {
      let json = try sqlite { () throws(SQLiteFailure) in try query.bytes(1) }
      try encode(json, query.integer(0))
      try insert(query.integer(0), row.bytes)
    }
    guard unlink(before) == 0 else { throw .writing(before, .last) }
  }

  /// Makes `row` that of the event `json`.
  private func encode(_ json: UnsafeRawBufferPointer, _ id: Int64) throws(RestoreError) {
    row.truncate(to: 0)
    do throws(NodeEncodingError) {
      try encoder.event(json, to: &row)
    } catch {
      throw RestoreError(
        .refused, "The event \(id) cannot be written as CBOR: \(error). \(advice(UInt64(id)))")
    }
  }

  /// What can be restored, if the event `id` cannot be written as CBOR.
  private func advice(_ id: UInt64) -> String {
    guard let first = firstFromCBOR else { return "Use --format sqlite-json, or none." }
    let sentence =
      "From the event \(first) on, events were archived from a CBOR log, and cannot be written as "
      + "JSON."
    let before = max(first, id)
    guard before > 0 else { return sentence }
    return
      "\(sentence) What precedes the event \(before) can be restored (--through \(before - 1))."
  }
}
