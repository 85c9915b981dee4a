// `STATE/on-state.json`: what `on-state` told its program. The caller defines its content.
extension StateDirectory {
  var noticesPath: String { path + "/on-state.json" }
  var noticesLockPath: String { path + "/on-state.lock" }

  /// The right to tell what happens to the secondaries here; nil if another process has it.
  package func lockNotices() throws(StateError) -> FolderLock? {
    try FolderLock.take(noticesLockPath, access: access)
  }

  /// What was told; nil if nothing was yet.
  package func readNotices<Record: Codable>(_ type: Record.Type) throws(StateError) -> Record? {
    try JSONFile.read(type, from: noticesPath, emptyIsAbsent: true)
  }

  /// Replaces what was told, without fsync: after a crash of the machine, it is told again.
  ///
  /// - Parameter lock: that of `lockNotices`, held.
  /// - Throws: also if the directory was moved away since it was locked.
  package func writeNotices<Record: Codable>(
    _ record: Record, holding lock: FolderLock
  ) throws(StateError) {
    try lock.checkPlace()
    _ = try readNotices(Record.self)
    try AtomicFile.replace(
      noticesPath, with: JSONFile.data(of: record), durability: .process, access: access)
  }
}
