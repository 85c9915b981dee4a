internal import EventPersistence

/// The meaning of a file name in a persistence directory.
enum LogName: Sendable, Hashable {
  /// `state`: the live file of a node up to 2.0.
  case file
  /// `hydra.db`: the live database of a node since 2.1.
  case database
  /// `state-L`: an archive, rotated when L was the last id.
  case fileArchive(UInt64)
  /// `old-state/hydra-L.db`: an archive of a database.
  case databaseArchive(UInt64)
  /// `state.migrated`: the file from which `hydra.db` was made.
  case migratedFile

  /// The part of a log that `name`, relative to the directory, denotes; nil if none.
  init?(_ name: String) {
    switch name {
    case "state": self = .file
    case "hydra.db": self = .database
    case "state.migrated": self = .migratedFile
    default:
      if let id = Self.id(in: name, between: "state-", and: "") {
        self = .fileArchive(id)
      } else if let id = Self.id(in: name, between: "\(Self.archiveFolder)/hydra-", and: ".db") {
        self = .databaseArchive(id)
      } else {
        return nil
      }
    }
  }

  /// Where a node of 2.3 and later keeps the archives of its database.
  static let archiveFolder = "old-state"

  var isArchive: Bool {
    switch self {
    case .fileArchive, .databaseArchive, .migratedFile: true
    case .file, .database: false
    }
  }

  var isDatabase: Bool {
    switch self {
    case .database, .databaseArchive: true
    case .file, .fileArchive, .migratedFile: false
    }
  }

  /// The order of the log: by the last id, files before databases, `state.migrated` after the archives of
  /// files, since it was the live file then; the live file and database last.
  var order: (UInt64, Int) {
    switch self {
    case .fileArchive(let id): (id, 0)
    case .migratedFile: (.max, 0)
    case .databaseArchive(let id): (id, 2)
    case .file: (.max, 3)
    case .database: (.max, 4)
    }
  }

  /// The plain decimal number between `prefix` and `suffix`: no node names an archive `state-01`.
  private static func id(in name: String, between prefix: String, and suffix: String) -> UInt64? {
    guard name.hasPrefix(prefix), name.hasSuffix(suffix),
      name.utf8.count > prefix.utf8.count + suffix.utf8.count
    else { return nil }
    let digits = name.dropFirst(prefix.count).dropLast(suffix.count)
    guard let id = Position.id(digits), String(id) == digits else { return nil }
    return id
  }
}
