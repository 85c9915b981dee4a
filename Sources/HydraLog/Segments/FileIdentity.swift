import Foundation

/// Which file stands behind a path: its device and inode, which a rename keeps and a replacement changes.
struct FileIdentity: Sendable, Hashable {
  var device: UInt64
  var inode: UInt64

  init(_ status: stat) {
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
  }
}
