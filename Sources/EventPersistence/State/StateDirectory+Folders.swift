internal import Foundation
internal import SystemPackage

extension StateDirectory {
  /// Makes the directory writable: creates it, and gives it to `group` if one is configured.
  ///
  /// - Throws: `.notWritable` with what to do about it, `.misplaced` if the group does not exist.
  public func prepare() throws(StateError) {
    try access.createFolder(path)
    try access.adoptFolder(path)
    guard faccessat(AT_FDCWD, path, W_OK | X_OK, AT_EACCESS) == 0 else {
      throw .writing(path, .last)
    }
  }

  /// Refuses a state directory inside the node's own directory, where we create nothing. Compares
  /// both paths with their links resolved.
  public func check(outside persistenceDir: String) throws(StateError) {
    let state = Self.resolvedPath(path)
    let log = Self.resolvedPath(persistenceDir)
    guard state == log || state.hasPrefix(log == "/" ? "/" : log + "/") else { return }
    throw StateError(
      .misplaced,
      "The state directory \(path)\(state == path ? "" : " (that is \(state))") lies in the "
        + "persistence directory \(persistenceDir), where hydra-sinks writes nothing. "
        + "Name another with state-dir in the configuration.")
  }

  /// `path` without links and dots, as far as it exists; the rest stays as written.
  package static func resolvedPath(_ path: String) -> String {
    let absolute =
      path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    var existing = absolute
    var missing: [Substring] = []
    while existing != "/" {
      if let real = realpath(existing, nil) {
        defer { free(real) }
        let base = String(cString: real)
        return missing.isEmpty
          ? base : (base == "/" ? "" : base) + "/" + missing.reversed().joined(separator: "/")
      }
      let name = existing[existing.index(after: existing.lastIndex(of: "/")!)...]
      switch name {
      case "", ".": break
      case "..": missing.append(name)
      default: if missing.last == ".." { missing.removeLast() } else { missing.append(name) }
      }
      existing = AtomicFile.parent(of: existing)
    }
    return "/" + missing.reversed().joined(separator: "/")
  }

  /// The names of the secondaries that have a folder here, sorted: `NAME`, or `NODE/NAME` one level
  /// down. Folders that were set aside are left out. Empty if there is no directory yet.
  ///
  /// - Throws: `.unreadable` with the group to join.
  public func folderNames() throws(StateError) -> [String] {
    var names: [String] = []
    for name in try Self.folders(in: path) {
      if folder(name).isSecondary {
        names.append(name)
      } else {
        for inner in try Self.folders(in: path + "/" + name)
        where folder(name + "/" + inner).isSecondary {
          names.append(name + "/" + inner)
        }
      }
    }
    return names.sorted()
  }

  /// The folders in `path` whose names are valid for a secondary or a node.
  private static func folders(in path: String) throws(StateError) -> [String] {
    guard let directory = opendir(path) else {
      if errno == ENOENT { return [] }
      throw .reading(path, .last)
    }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let type = entry.pointee.d_type
      guard type == DT_DIR || type == DT_UNKNOWN || type == DT_LNK else { continue }
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if isName(name) { names.append(name) }
    }
    return names
  }

  /// Whether `name` is one of `[a-z0-9-]{1,32}`: the name of a folder that was set aside has a dot.
  public static func isName(_ name: String) -> Bool {
    (1...32).contains(name.utf8.count)
      && name.utf8.allSatisfy { byte in
        (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2D
      }
  }
}

extension SecondaryFolder {
  /// Whether the folder has a secondary's files: a node's folder has none of these.
  var isSecondary: Bool {
    ["secondary.json", "checkpoint.json", "lock", "journal.jsonl", "pause.json"].contains {
      faccessat(AT_FDCWD, file($0), F_OK, 0) == 0 || errno == EACCES
    }
  }

  /// Prepares the folder for its driver, and removes temporary files that crashes left. Only for
  /// the holder of the lock.
  public func prepare() throws(StateError) {
    try access.createFolder(path)
    try access.adoptFolder(path)
    try root.share()
    let names: [String]
    do throws(Errno) { names = try FolderListing.names(in: path) } catch {
      throw .reading(path, error)
    }
    for name in names where !name.hasPrefix(".") { try access.adoptFile(file(name)) }
    // Another process may be writing a younger one right now.
    let hourAgo = FileStamp.now - 3_600_000_000_000
    for name in names where name.hasPrefix(".") && name.contains(AtomicFile.temporaryMark) {
      if let stamp = FileStamp(file(name)), stamp.modifiedNanoseconds < hourAgo {
        unlink(file(name))
      }
    }
  }
}
