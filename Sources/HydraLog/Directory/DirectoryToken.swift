import EventPersistence
import SystemPackage

/// Distinguishes two looks at a directory: the stamps of the files that a node writes to.
enum DirectoryToken {
  static func now(of directory: String) -> ChangeToken {
    let now = FileStamp.now
    var words: [UInt64] = []
    var isSettled = true
    for name in ["", "/state", "/hydra.db", "/hydra.db-wal", "/\(LogName.archiveFolder)"] {
      do throws(Errno) {
        let stamp = try FileStamp(at: directory + name)
        words += [
          stamp.identity.device, stamp.identity.inode, stamp.byteCount,
          UInt64(bitPattern: stamp.modifiedNanoseconds),
          UInt64(bitPattern: stamp.changedNanoseconds),
        ]
        if !stamp.isSettled(at: now) { isSettled = false }
      } catch {
        words += [UInt64.max, UInt64(error.rawValue)]
      }
    }
    if !isSettled { words.append(UInt64(bitPattern: now)) }
    return ChangeToken(words)
  }
}
