internal import CSQLiteReadOnly
internal import Foundation

/// An error that SQLite returned.
package struct SQLiteFailure: Error, Hashable {
  /// Extended, as in https://www.sqlite.org/rescode.html.
  package var code: Int32
  /// The errno of the last system call that failed, or 0.
  package var systemError: Int32 = 0
  package var message: String

  package init(code: Int32, message: String) {
    self.code = code
    self.message = message
  }

  package init(code: Int32, of connection: OpaquePointer?) {
    self.code = code
    guard let connection else {
      message = String(cString: sqlite3_errstr(code))
      return
    }
    let extended = sqlite3_extended_errcode(connection)
    if extended & 0xFF == code & 0xFF { self.code = extended }
    systemError = sqlite3_system_errno(connection)
    message = String(cString: sqlite3_errmsg(connection))
  }

  /// What SQLite did not notice: `message` says why the file must be damaged.
  package static func corrupt(_ message: String) -> SQLiteFailure {
    SQLiteFailure(code: SQLITE_CORRUPT, message: message)
  }

  package var kind: Kind {
    switch code & 0xFF {
    case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL: .busy
    case SQLITE_NOTADB: .notADatabase
    case SQLITE_CORRUPT: .corrupt
    case SQLITE_CANTOPEN, SQLITE_READONLY: .cannotOpen
    case SQLITE_IOERR: .inputOutput
    case SQLITE_CONSTRAINT: .constraint
    default: .other
    }
  }

  package enum Kind: Sendable, Hashable {
    case busy, notADatabase, corrupt, cannotOpen, inputOutput, constraint, other
  }

  /// The end of the message: SQLite's own words, and the system's if there are any.
  package var detail: String {
    let sqlite = "SQLite says \"\(message)\" (\(code))"
    guard systemError != 0 else { return sqlite }
    return sqlite + ", the system \"\(String(cString: strerror(systemError)))\""
  }
}
