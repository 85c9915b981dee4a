internal import EventPersistence
internal import Foundation

/// Asks how much can still be written on a disk, away from the cooperative pool: a mount whose
/// server is gone does not answer.
actor FreeSpace {
  private let executor = BlockingExecutor(label: "free-space")

  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  /// How many bytes a user without privileges can still write on the disk of `path`; nil where that
  /// is not known.
  func bytes(of path: String) -> UInt64? {
    var status = statvfs()
    guard statvfs(path, &status) == 0 else { return nil }
    return UInt64(status.f_bavail) * UInt64(status.f_frsize)
  }
}
