import EventPersistence
import Foundation

/// What tells two looks at a directory apart: the stamps of the files that a node writes to.
enum DirectoryToken {
  /// A file's clock can tick so rarely that two writes share a time: a file that was written less than
  /// this long ago counts as changed at the next look.
  private static let settling: Int64 = 50_000_000

  static func now(of directory: String) -> ChangeToken {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    let now = Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    var words: [UInt64] = []
    var isSettling = false
    for name in ["", "/state", "/hydra.db", "/hydra.db-wal", "/\(LogName.archiveFolder)"] {
      switch FileStamp.at(directory + name) {
      case .success(let stamp):
        words += [
          stamp.identity.device, stamp.identity.inode, stamp.bytes,
          UInt64(bitPattern: stamp.modified), UInt64(stamp.mode),
        ]
        if stamp.modified > now - settling { isSettling = true }
      case .failure(let failure):
        words += [UInt64.max, UInt64(failure.code)]
      }
    }
    if isSettling { words.append(UInt64(bitPattern: now)) }
    return ChangeToken(words)
  }
}
