internal import Foundation

extension SecondaryFolder {
  /// Reads what a driver reads here, and looks at the rights to write the rest; changes nothing.
  ///
  /// - Throws: what a driver would meet.
  package func inspect() throws(StateError) {
    try access.inspect(path)
    for name in ["lock", "journal.jsonl", "replays.jsonl", "history", "verified.json"] {
      try access.inspect(file(name))
    }
    _ = try readBinding()
    _ = try readCheckpoint()
    _ = try readLandmarks()
    _ = try readDriver()
    _ = try readPause()
    _ = try readReplay()
    _ = try readCancel()
    _ = try readVerified()
    _ = try readJournal(last: 1)
    _ = try readReplays(last: 1)
    _ = try isLocked()
  }
}

extension StateAccess {
  /// Refuses what `create` and `createFolder` would refuse at `path`, which may not exist.
  fileprivate func inspect(_ path: String) throws(StateError) {
    _ = try groupId()
    try check(path)
    var status = stat()
    guard stat(path, &status) == 0 else {
      if errno == ENOENT { return }
      throw .reading(path, .last)
    }
    let isFolder = status.st_mode & S_IFMT == S_IFDIR
    guard faccessat(AT_FDCWD, path, isFolder ? W_OK | X_OK : W_OK, AT_EACCESS) == 0 else {
      throw .writing(path, .last)
    }
  }
}
