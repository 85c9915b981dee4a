import Foundation

/// What `stat` tells of a file: equal stamps mean that nothing was written, as far as its clock ticks.
struct FileStamp: Sendable, Hashable {
  var identity: FileIdentity
  var bytes: UInt64
  /// When it was last written, in nanoseconds since 1970.
  var modified: Int64
  var mode: mode_t

  init(_ status: stat) {
    identity = FileIdentity(status)
    bytes = UInt64(status.st_size)
    modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
    mode = status.st_mode
  }

  /// A file's clock can tick so rarely that two writes share a time: a file that was written less than
  /// this long ago, in nanoseconds, counts as changed at the next look.
  static let settling: Int64 = 50_000_000

  /// The wall clock, in nanoseconds since 1970.
  static var now: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  var isDirectory: Bool { mode & S_IFMT == S_IFDIR }

  /// The stamp of what is at `path` (of its target, where it is a link), or the reason why there is none.
  static func at(_ path: String) -> Result<FileStamp, Failure> {
    var status = stat()
    guard stat(path, &status) == 0 else { return .failure(Failure(code: errno)) }
    return .success(FileStamp(status))
  }

  /// An `errno`.
  struct Failure: Error, Sendable, Hashable {
    var code: Int32
    var isAbsence: Bool { code == ENOENT || code == ENOTDIR }
    var isForbidden: Bool { code == EACCES || code == EPERM }
  }
}
