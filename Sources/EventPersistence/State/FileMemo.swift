internal import SystemPackage

/// A value read from a file, and read again only if the file's stamp changed.
package struct FileMemo<Value: Sendable>: Sendable {
  package init() {}

  private var stamp: Result<FileStamp, Errno>?
  private var isSettled = false
  package private(set) var result: Result<Value, StateError>?

  /// When the file was last written; nil if there is none.
  package var writtenAt: EventTime? {
    guard case .success(let stamp) = stamp else { return nil }
    return stamp.modifiedAt
  }

  /// The value of `path`: one `stat` if nothing changed, otherwise what `read` returns.
  package mutating func value(
    of path: String, read: () throws(StateError) -> Value
  ) -> Result<Value, StateError> {
    let stamp = Result { () throws(Errno) in try FileStamp(at: path) }
    if let result, isSettled, stamp == self.stamp { return result }
    self.stamp = stamp
    switch stamp {
    case .success(let stamp): isSettled = stamp.isSettled(at: FileStamp.now)
    // A file that this user may not examine can become readable without a sign: it is read each
    // time.
    case .failure(let error): isSettled = error == .noSuchFileOrDirectory
    }
    let result = Result(catching: read)
    if case .failure = result { isSettled = false }
    self.result = result
    return result
  }
}
