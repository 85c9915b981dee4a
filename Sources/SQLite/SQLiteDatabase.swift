internal import CSQLiteReadOnly

/// A database to write, which is created if it does not exist. Every call blocks.
package final class SQLiteDatabase {
  private let connection: OpaquePointer
  /// Prepared once; what closes the connection waits for it.
  private var insertion: SQLiteStatement?

  package init(_ path: String) throws(SQLiteFailure) {
    var opened: OpaquePointer?
    let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
    let code = sqlite3_open_v2(path, &opened, flags, nil)
    guard code == SQLITE_OK, let opened else {
      defer { sqlite3_close(opened) }
      throw SQLiteFailure(code: code, of: opened)
    }
    connection = opened
  }

  deinit { sqlite3_close_v2(connection) }

  /// Runs statements that return no rows of interest.
  package func execute(_ sql: String) throws(SQLiteFailure) {
    let code = sqlite3_exec(connection, sql, nil, nil, nil)
    guard code == SQLITE_OK else { throw SQLiteFailure(code: code, of: connection) }
  }

  package func statement(_ sql: String) throws(SQLiteFailure) -> SQLiteStatement {
    try SQLiteStatement(sql, on: connection)
  }

  /// Creates the table of events that a node's `hydra.db` has.
  package func createEvents() throws(SQLiteFailure) {
    try execute(
      "CREATE TABLE IF NOT EXISTS events "
        + "(event_id INTEGER NOT NULL PRIMARY KEY, event_data BLOB NOT NULL)")
  }

  /// Inserts an event.
  ///
  /// - Throws: `.constraint` if there is one with this id.
  package func insert(_ id: Int64, _ data: UnsafeRawBufferPointer) throws(SQLiteFailure) {
    if insertion == nil {
      insertion = try statement("INSERT INTO events (event_id, event_data) VALUES (?, ?)")
    }
    try insertion?.run(id, data)
  }

  /// What `value` makes of each row that `sql` selects.
  package func rows<Value>(
    _ sql: String, _ value: (borrowing SQLiteStatement) throws(SQLiteFailure) -> Value
  ) throws(SQLiteFailure) -> [Value] {
    let query = try statement(sql)
    var found: [Value] = []
    while try query.step() { found.append(try value(query)) }
    return found
  }

  /// The first column of each row that `sql` selects; a null is nil.
  package func integers(_ sql: String) throws(SQLiteFailure) -> [Int64?] {
    try rows(sql) { $0.isNull(0) ? nil : $0.integer(0) }
  }

  /// All of `body`, or nothing of it where it throws.
  package func transaction(_ body: () throws -> Void) throws {
    try execute("BEGIN IMMEDIATE")
    do {
      try body()
      try execute("COMMIT")
    } catch {
      try? execute("ROLLBACK")
      throw error
    }
  }
}
