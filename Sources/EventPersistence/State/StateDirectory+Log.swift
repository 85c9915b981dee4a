extension StateDirectory {
  /// The directory below `root` for the state of the log in `persistenceDir`, so that secondaries
  /// of one name that belong to two logs do not meet: `root/NAME-DIGEST`, by the log's path; but
  /// `root` itself if a secondary there belongs to this log.
  ///
  /// - Parameter isOwn: whether `root` is this log's alone, by a configuration: then it is used
  ///   unless the other one has been.
  package static func directory(
    of persistenceDir: String, in root: String, isOwn: Bool
  ) -> String {
    let log = resolvedPath(persistenceDir)
    if StateDirectory(path: root).belongs(to: log) { return root }
    let apart = root + "/" + name(of: log)
    return isOwn && !StateDirectory(path: apart).belongs(to: log) ? root : apart
  }

  /// Whether a secondary's folder here is bound to `log`, whose links are resolved.
  private func belongs(to log: String) -> Bool {
    let names = (try? folderNames()) ?? []
    return names.contains { name in
      guard !name.contains("/"), let binding = try? folder(name).readBinding() else { return false }
      return binding.persistenceDir == log || Self.resolvedPath(binding.persistenceDir) == log
    }
  }

  /// A folder's name for a log: readable, valid for a node, and different for each path.
  private static func name(of log: String) -> String {
    let last = log.split(separator: "/").last.map(String.init) ?? "root"
    let readable = last.lowercased().prefix(20).map { letter in
      isName(String(letter)) ? letter : "-"
    }
    return String(readable) + "-" + FNV1a.hex(log).prefix(8)
  }
}
