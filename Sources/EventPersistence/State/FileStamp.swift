internal import Foundation
package import SystemPackage

/// The identity of a file: its device and inode, which a rename keeps and a replacement changes.
package struct FileIdentity: Sendable, Hashable {
  package let device: UInt64
  package let inode: UInt64

  package init(_ status: Stat) {
    device = UInt64(status.deviceID.rawValue)
    inode = UInt64(status.inode.rawValue)
  }
}

/// What `stat` returns about a file: equal stamps mean that nothing was written, within the
/// resolution of the file system's clock.
package struct FileStamp: Sendable, Hashable {
  package let identity: FileIdentity
  package let byteCount: UInt64
  /// When the content was last written, since 1970.
  package let modifiedNanoseconds: Int64
  /// When the content, the name, the owner or the mode last changed, since 1970.
  package let changedNanoseconds: Int64
  package let type: FileType

  package init(_ status: Stat) {
    identity = FileIdentity(status)
    byteCount = UInt64(status.size)
    modifiedNanoseconds = Self.nanoseconds(status.st_mtim)
    changedNanoseconds = Self.nanoseconds(status.st_ctim)
    type = status.type
  }

  /// The stamp of the file at `path`; for a link, of its target.
  package init(at path: String) throws(Errno) { self.init(try Stat(path)) }

  /// The same; nil if the file is absent or closed to this user.
  package init?(_ path: String) {
    guard let status = try? Stat(path) else { return nil }
    self.init(status)
  }

  /// When the content was last written, to the microsecond.
  package var modifiedAt: EventTime {
    let (seconds, nanoseconds) = modifiedNanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    return EventTime(seconds: seconds, picoseconds: max(0, nanoseconds) / 1000 * 1_000_000)
  }

  /// The clock of a file system can tick so slowly that two writes have the same time: a file
  /// written less than this long ago counts as changed at the next look.
  package static let settlingNanoseconds: Int64 = 50_000_000

  /// Whether another write would show in the stamp.
  package func isSettled(at now: Int64) -> Bool {
    modifiedNanoseconds < now - Self.settlingNanoseconds
  }

  /// The wall clock, in nanoseconds since 1970.
  package static var now: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return nanoseconds(time)
  }

  private static func nanoseconds(_ time: timespec) -> Int64 {
    Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
