internal import CSQLiteReadOnly
internal import SQLite

/// An SQLite database that is open for reading, on a thread that creates and changes no file and
/// locks out no writer.
///
/// It lives on the thread that made it, during one short transaction. It uses SQLite's C interface,
/// not a library: every file must be opened while this thread's writes are switched off, which a
/// library's own queue and set-up queries would escape; and a row's bytes go from SQLite's page to
/// the batch's buffer without a copy in between.
struct ReadOnlyConnection: ~Copyable {
  enum Mode: Sendable, Hashable {
    /// With its `-wal` and `-shm`, beside a writer.
    case live
    /// Without any lock or companion: only for a file that no process changes meanwhile.
    case immutable
  }

  private let handle: OpaquePointer

  init(path: String, mode: Mode) throws(SQLiteFailure) {
    let installed = hydra_sqlite_read_only_install()
    guard installed == SQLITE_OK else {
      throw SQLiteFailure(code: installed, message: "SQLite's system calls cannot be guarded")
    }
    hydra_sqlite_read_only_enter()
    var opened: OpaquePointer?
    let code = hydra_sqlite_read_only_open(Self.uri(path: path, mode: mode), &opened)
    guard code == SQLITE_OK, let opened else {
      let failure = SQLiteFailure(code: code, of: opened)
      sqlite3_close_v2(opened)
      hydra_sqlite_read_only_leave()
      throw failure
    }
    handle = opened
    sqlite3_busy_timeout(handle, Self.busyMilliseconds)
  }

  /// Begins a transaction; what is read in it is from one moment.
  func begin() throws(SQLiteFailure) {
    try execute("BEGIN")
    try execute("PRAGMA cache_size = \(Self.pagesMax)")
  }

  /// How many pages SQLite keeps. A transaction reads each row once, so that more would only leave
  /// the processor's cache; those of a way through the table's tree are few.
  private static let pagesMax = 64

  deinit {
    sqlite3_close_v2(handle)
    hydra_sqlite_read_only_leave()
  }

  /// How long SQLite itself tries again while a writer recovers its log.
  private static let busyMilliseconds: Int32 = 20

  /// The statement `sql`, with its parameters bound to `values`.
  func statement(_ sql: String, _ values: Int64...) throws(SQLiteFailure) -> SQLiteStatement {
    let statement = try SQLiteStatement(sql, on: handle)
    for (index, value) in values.enumerated() { statement.bind(value, at: Int32(index + 1)) }
    return statement
  }

  /// The integer in the first row and column of `sql`; nil if that is NULL or there is no row.
  func integer(_ sql: String) throws(SQLiteFailure) -> Int64? {
    let statement = try SQLiteStatement(sql, on: handle)
    guard try statement.step(), !statement.isNull(0) else { return nil }
    return statement.integer(0)
  }

  /// The result of `body`, which reads rows in the order of their ids, with fewer system calls. This
  /// transaction has read before.
  func readingAhead<Answer>(
    _ body: () throws(SQLiteFailure) -> Answer
  ) throws(SQLiteFailure) -> Answer {
    hydra_sqlite_read_ahead_begin(handle)
    defer { hydra_sqlite_read_ahead_end() }
    return try body()
  }

  func execute(_ sql: String) throws(SQLiteFailure) {
    _ = try SQLiteStatement(sql, on: handle).step()
  }

  private static func uri(path: String, mode: Mode) -> String {
    var uri = "file:"
    for byte in path.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."),
        UInt8(ascii: "-"), UInt8(ascii: "_"):
        uri.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let digits = String(byte, radix: 16)
        uri += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
      }
    }
    return uri + (mode == .live ? "?mode=ro&readonly_shm=1" : "?mode=ro&immutable=1")
  }
}
