package import EventPersistence

/// Whether a file sink could open, without creating or changing anything.
package enum FileInspection {
  /// Reads what a sink with `options` reads at its start, but for the segments.
  ///
  /// - Parameter isDriven: whether a driver of this secondary runs, and so holds the archive.
  /// - Returns: whether the archive was begun.
  /// - Throws: what `FileSink.open` would.
  package static func look(
    _ options: FileSink.Options, isDriven: Bool
  ) throws(SinkError) -> Bool {
    let path = options.path
    try ArchiveClaim.checkPlace(options)
    guard try Folder.exists(path) else { return false }
    let lock = "\(path)/lock"
    // Whoever may not look at the lock of a driver that runs need not take it.
    if !isDriven {
      let isHeld: Bool
      do throws(StateError) { isHeld = try FolderLock.isHeld(lock) } catch {
        throw SinkError(.stop, code: "lock", error.message)
      }
      if isHeld { throw ArchiveClaim.held(lock) }
    }
    let manifest = try Manifest.inspect(options)
    _ = try Origin.read(options.root)
    _ = try Retired.read(options.root)
    return manifest != nil
  }

  /// When the archive in `path` was last written to; nil if it holds nothing.
  package static func writtenAt(_ path: String) -> EventTime? {
    guard let last = try? StoredSegments(path).list.last else { return nil }
    return FileStamp("\(path)/events/\(last.fileName)")?.modifiedAt
  }
}
