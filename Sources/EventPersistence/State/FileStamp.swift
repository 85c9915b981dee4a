internal import Foundation

/// What tells that a file is another than before: a look at its status, not at its content.
package struct FileStamp: Sendable, Hashable {
  private var seconds: Int
  private var nanoseconds: Int
  private var inode: UInt64
  package let byteCount: Int

  /// Nil where it is not there.
  package init?(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    seconds = status.st_mtim.tv_sec
    nanoseconds = status.st_mtim.tv_nsec
    inode = UInt64(status.st_ino)
    byteCount = Int(status.st_size)
  }
}
