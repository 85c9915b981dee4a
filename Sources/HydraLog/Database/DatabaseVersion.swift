internal import EventPersistence
internal import SQLite

/// What a database holds according to its `PRAGMA user_version`. Each row tells its own form: see
/// `RowForm`.
enum DatabaseVersion: Sendable, Hashable {
  /// No `events` table yet: a node has just made the file.
  case empty
  /// 1: the JSON of a `StateEvent`.
  case json
  /// 2: the same in the node's CBOR.
  case cbor
  /// Any other: it is not read, nor are tables that are not a node's.
  case other(Int64)
  case foreign

  init(of connection: borrowing ReadOnlyConnection) throws(SQLiteFailure) {
    let number = try connection.integer("PRAGMA user_version") ?? 0
    // 1 if there is a table of events, 0 if there are only others; null without any table.
    let events = try connection.integer(
      "SELECT max(name = 'events') FROM sqlite_master "
        + "WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    self =
      switch (number, events) {
      case (3..., _), (..<0, _): .other(number)
      case (_, nil): .empty
      case (_, 0): .foreign
      case (2, _): .cbor
      // The table is made before its version is set.
      default: .json
      }
  }

  /// The format of a database of this version without rows; nil if there can be none to read.
  var format: LogFormat? {
    switch self {
    case .json: .sqliteJSON
    case .cbor: .sqliteCBOR
    case .empty, .other, .foreign: nil
    }
  }

  /// Throws if rows cannot be read.
  func requireReadable(path: String) throws(SourceError) {
    switch self {
    case .json, .cbor, .empty: return
    case .other(let number):
      throw SourceError(
        .unsupported,
        "\(path) has user_version \(number), from a later hydra-node than hydra-sinks knows; it "
          + "reads 1 (JSON) and 2 (CBOR). Update hydra-sinks.")
    case .foreign:
      throw SourceError(
        .unreadable,
        "\(path) has no table `events`: it is not a hydra-node's log. "
          + "Give the directory that the node has as --persistence-dir.")
    }
  }
}
