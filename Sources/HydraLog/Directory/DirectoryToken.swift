import EventPersistence
import Foundation

/// What tells two looks at a directory apart: the stamps of the files that a node writes to.
enum DirectoryToken {
  static func now(of directory: String) -> ChangeToken {
    let now = FileStamp.now
    var words: [UInt64] = []
    var isSettling = false
    for name in ["", "/state", "/hydra.db", "/hydra.db-wal", "/\(LogName.archiveFolder)"] {
      switch FileStamp.at(directory + name) {
      case .success(let stamp):
        words += [
          stamp.identity.device, stamp.identity.inode, stamp.bytes,
          UInt64(bitPattern: stamp.modified), UInt64(stamp.mode),
        ]
        if stamp.modified > now - FileStamp.settling { isSettling = true }
      case .failure(let failure):
        words += [UInt64.max, UInt64(failure.code)]
      }
    }
    if isSettling { words.append(UInt64(bitPattern: now)) }
    return ChangeToken(words)
  }
}
