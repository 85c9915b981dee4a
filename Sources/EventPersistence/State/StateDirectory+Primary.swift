public import Foundation

// `STATE/primary.json`: what readers of the log found. The source defines its content.
extension StateDirectory {
  var primaryPath: String { path + "/primary.json" }

  /// It grows with the number of archives.
  static let primaryBytesMax = 16 << 20

  /// What was kept about the primary; nil if nothing was yet.
  ///
  /// - Parameter quickly: gives the record of a text that needs no decoder; nil: the text may.
  public func readPrimary<Record: Codable>(
    _ type: Record.Type, quickly: (Data) -> Record? = { _ in nil }
  ) throws(StateError) -> Record? {
    try JSONFile.read(
      type, from: primaryPath, bytesMax: Self.primaryBytesMax, quickly: quickly)
  }

  /// Replaces what is kept about the primary, unless the file holds something that is not a
  /// `Record`. It is not synchronized: what a crash of the machine loses is read again.
  public func writePrimary<Record: Codable>(_ record: Record) throws(StateError) {
    _ = try readPrimary(Record.self)
    try AtomicFile.replace(
      primaryPath, with: JSONFile.data(of: record), durability: .process,
      access: access)
  }
}
