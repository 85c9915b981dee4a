internal import CSQLiteReadOnly

/// A statement of SQL. Its scope ends before its connection does.
package struct SQLiteStatement: ~Copyable {
  private let handle: OpaquePointer
  private let connection: OpaquePointer

  package init(_ sql: String, on connection: OpaquePointer) throws(SQLiteFailure) {
    var prepared: OpaquePointer?
    let code = sqlite3_prepare_v2(connection, sql, -1, &prepared, nil)
    guard code == SQLITE_OK, let prepared else { throw SQLiteFailure(code: code, of: connection) }
    handle = prepared
    self.connection = connection
  }

  deinit { sqlite3_finalize(handle) }

  package func bind(_ value: Int64, at index: Int32) {
    let code = sqlite3_bind_int64(handle, index, value)
    precondition(code == SQLITE_OK, "a parameter that the statement has")
  }

  /// Makes it ready to run again, with other parameters.
  package func restart(_ values: Int64...) {
    sqlite3_reset(handle)
    for (index, value) in values.enumerated() { bind(value, at: Int32(index + 1)) }
  }

  /// Runs the statement with an id and a blob as its parameters, and makes it ready to run again.
  package func run(_ id: Int64, _ blob: UnsafeRawBufferPointer) throws(SQLiteFailure) {
    bind(id, at: 1)
    // The bytes outlive the step, so that SQLite need not copy them.
    sqlite3_bind_blob64(handle, 2, blob.baseAddress, UInt64(blob.count), nil)
    defer { sqlite3_reset(handle) }
    _ = try step()
  }

  /// Moves to the next row; returns whether there is one.
  package func step() throws(SQLiteFailure) -> Bool {
    switch sqlite3_step(handle) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    case let code: throw SQLiteFailure(code: code, of: connection)
    }
  }

  package func isNull(_ column: Int32) -> Bool {
    sqlite3_column_type(handle, column) == SQLITE_NULL
  }

  package func isInteger(_ column: Int32) -> Bool {
    sqlite3_column_type(handle, column) == SQLITE_INTEGER
  }

  package func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

  /// The column's bytes, in SQLite's own page if they fit into one; valid until the next step.
  package func bytes(_ column: Int32) throws(SQLiteFailure) -> UnsafeRawBufferPointer {
    let start = sqlite3_column_blob(handle, column)
    let count = Int(sqlite3_column_bytes(handle, column))
    guard start != nil || count == 0, sqlite3_errcode(connection) != SQLITE_NOMEM else {
      throw SQLiteFailure(code: SQLITE_NOMEM, of: connection)
    }
    return UnsafeRawBufferPointer(start: start, count: count)
  }
}
