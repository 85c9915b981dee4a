import SQLite

extension SQLiteDatabase {
  /// The bytes of the first column of each row that `sql` selects, numbers as decimal text.
  func blobs(_ sql: String) throws -> [[UInt8]] {
    let row = try statement(sql)
    var found: [[UInt8]] = []
    while try row.step() { found.append([UInt8](try row.bytes(0))) }
    return found
  }
}
