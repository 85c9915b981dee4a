// `STATE/primary.json`: what readers of the log met. What stands in it is the source's business.
extension StateDirectory {
  var primaryPath: String { path + "/primary.json" }

  /// What was kept of the primary; nil where nothing was yet.
  public func readPrimary<Record: Codable>(_ type: Record.Type) throws(StateError) -> Record? {
    try JSONFile.read(type, from: primaryPath)
  }

  /// Replaces what is kept of the primary, unless something is there that is not a `Record`. It is not
  /// synchronised: what is lost in a crash of the machine is read again.
  public func writePrimary<Record: Codable>(_ record: Record) throws(StateError) {
    _ = try readPrimary(Record.self)
    try AtomicFile.replace(
      primaryPath, with: JSONFile.data(of: record), durability: .process,
      access: StateAccess(group: group))
  }
}
