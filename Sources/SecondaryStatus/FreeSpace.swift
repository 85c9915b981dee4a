internal import EventPersistence
internal import Foundation

/// Asks for a disk's free space, outside the cooperative pool: a mount whose server is gone does
/// not answer.
package actor FreeSpace {
  private let executor = BlockingExecutor(label: "free-space")

  package nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  package init() {}

  /// How many bytes a user without privileges can still write on the disk of `path`; nil if that is
  /// not known.
  package func bytes(of path: String) -> UInt64? {
    var status = statvfs()
    guard statvfs(path, &status) == 0 else { return nil }
    return UInt64(status.f_bavail) * UInt64(status.f_frsize)
  }
}
