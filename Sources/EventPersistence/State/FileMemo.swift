internal import Foundation

/// The value that was read from a file, read again only if the file's metadata changed.
///
/// Two writes can share a time stamp: a file whose time is within 50 ms of the look counts as changed at
/// the next one.
package struct FileMemo<Value: Sendable>: Sendable {
  private struct Mark: Hashable {
    var device: dev_t
    var inode: ino_t
    var bytes: off_t
    var seconds: Int
    var nanoseconds: Int

    init?(_ path: String) {
      var status = stat()
      guard stat(path, &status) == 0 else { return nil }
      device = status.st_dev
      inode = status.st_ino
      bytes = status.st_size
      seconds = status.st_mtim.tv_sec
      nanoseconds = status.st_mtim.tv_nsec
    }

    var isSettled: Bool {
      var now = timespec()
      clock_gettime(CLOCK_REALTIME, &now)
      let age =
        Double(now.tv_sec - seconds) + Double(now.tv_nsec - nanoseconds) / 1e9
      return age > 0.05
    }
  }

  package init() {}

  private var mark: Mark?
  private var isSettled = false
  package private(set) var result: Result<Value, StateError>?
  /// When the file was last written; nil where there is none.
  package private(set) var writtenAt: EventTime?

  /// The value of `path`: one `stat` where nothing changed, else what `read` gives.
  package mutating func value(
    of path: String, read: () throws(StateError) -> Value
  ) -> Result<Value, StateError> {
    let mark = Mark(path)
    // A file that cannot be looked at may come to be readable without any sign: ask each time.
    if let result, isSettled, mark == self.mark, mark != nil || errno == ENOENT { return result }
    self.mark = mark
    isSettled = mark?.isSettled ?? true
    writtenAt = mark.map {
      EventTime(
        seconds: Int64($0.seconds), picoseconds: Int64($0.nanoseconds) / 1000 * 1_000_000)
    }
    let result = Result(catching: read)
    if case .failure = result { isSettled = false }
    self.result = result
    return result
  }
}
