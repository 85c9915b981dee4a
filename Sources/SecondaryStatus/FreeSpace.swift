internal import Foundation

/// The free space of disks.
package enum FreeSpace {
  /// How many bytes a user without privileges can still write on the disk of `path`; nil if that is
  /// not known.
  ///
  /// Blocks as long as the disk does: a mount whose server is gone does not answer.
  package static func bytes(of path: String) -> UInt64? {
    var status = statvfs()
    guard statvfs(path, &status) == 0 else { return nil }
    return UInt64(status.f_bavail) * UInt64(status.f_frsize)
  }
}
