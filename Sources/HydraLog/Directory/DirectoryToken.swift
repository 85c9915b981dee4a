import EventPersistence
import Foundation
import SystemPackage

/// Distinguishes two looks at a directory: the stamps of the files that a node writes to.
///
/// Most of them are absent in each log, and a name that appears in a directory changes it: as long
/// as the directory stays the same, they are looked for once a second.
struct DirectoryToken: Sendable {
  /// The clock of some file systems has whole seconds.
  private static let validity = Duration.seconds(1)

  private let directory: String
  private let files: [String]
  /// Which of the files were absent, and are not links that lead nowhere.
  private var absent: (from: FileStamp, files: [Int], at: ContinuousClock.Instant)?

  init(of directory: String) {
    self.directory = directory
    files = ["state", "hydra.db", "hydra.db-wal", LogName.archiveFolder].map {
      "\(directory)/\($0)"
    }
  }

  mutating func now() -> ChangeToken {
    let (now, instant) = (FileStamp.now, ContinuousClock.now)
    var words: [UInt64] = []
    words.reserveCapacity(32)
    var isSettled = true
    // Before the files: one that appears after it was looked for is a change of the directory.
    let stamp = Self.stamp(of: directory, into: &words)
    if let stamp { isSettled = stamp.isSettled(at: now) }
    if let known = absent, known.from != stamp || instant - known.at >= Self.validity {
      absent = nil
    }
    var missing: [Int] = []
    for (index, file) in files.enumerated() {
      if absent?.files.contains(index) == true {
        words += Self.words(of: .noSuchFileOrDirectory)
      } else if let stamp = Self.stamp(of: file, into: &words) {
        if !stamp.isSettled(at: now) { isSettled = false }
      } else if absent == nil, isAbsent(file) {
        missing.append(index)
      }
    }
    if absent == nil, let stamp, stamp.isSettled(at: now) { absent = (stamp, missing, instant) }
    if !isSettled { words.append(UInt64(bitPattern: now)) }
    return ChangeToken(words)
  }

  private static func stamp(of path: String, into words: inout [UInt64]) -> FileStamp? {
    do throws(Errno) {
      let stamp = try FileStamp(at: path)
      words += [
        stamp.identity.device, stamp.identity.inode, stamp.byteCount,
        UInt64(bitPattern: stamp.modifiedNanoseconds),
        UInt64(bitPattern: stamp.changedNanoseconds),
      ]
      return stamp
    } catch {
      words += Self.words(of: error)
      return nil
    }
  }

  private static func words(of error: Errno) -> [UInt64] { [.max, UInt64(error.rawValue)] }

  private func isAbsent(_ file: String) -> Bool {
    var status = stat()
    return lstat(file, &status) != 0 && Errno.last == .noSuchFileOrDirectory
  }
}
