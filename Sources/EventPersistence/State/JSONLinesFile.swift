internal import Foundation

/// A file of JSON lines that grows at its end, written by several processes.
///
/// A line that a crash tore reads as absent, and the next one begins on a line of its own.
struct JSONLinesFile {
  let path: String
  let access: StateAccess

  /// Appends a line, which brings its line feed.
  func append(_ line: Data, durability: AtomicFile.Durability) throws(StateError) {
    try withTurn { turn throws(StateError) in
      try turn.append(line)
      if durability == .crash { try turn.sync() }
    }
  }

  /// The last `count` lines, oldest first. Reads from the end, in steps of 64 KiB.
  func last<Line: Decodable>(_ count: Int) throws(StateError) -> [Line] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      if errno == ENOENT { return [] }
      throw .reading(path, errno)
    }
    defer { close(descriptor) }
    var start = lseek(descriptor, 0, SEEK_END)
    guard start >= 0 else { throw .reading(path, errno) }
    var tail = Data()
    var lineFeeds = 0
    // One line feed more than lines: the first of the lines must be whole.
    while start > 0, lineFeeds <= count {
      let step = min(start, 64 << 10)
      var piece = Data(count: Int(step))
      let got = piece.withUnsafeMutableBytes {
        pread(descriptor, $0.baseAddress!, $0.count, off_t(start - step))
      }
      guard got >= 0 else { throw .reading(path, errno) }
      guard got == Int(step) else { break }
      start -= step
      lineFeeds += piece.count { $0 == 0x0A }
      tail = piece + tail
    }
    let lines = tail.split(separator: 0x0A).dropFirst(start > 0 ? 1 : 0)
    let decoder = JSONDecoder()
    var decoded: [Line] = []
    for line in lines.reversed() where decoded.count < count {
      if let value = try? decoder.decode(Line.self, from: line) { decoded.append(value) }
    }
    return decoded.reversed()
  }

  /// The right to write, for as long as `body` runs.
  func withTurn(_ body: (Turn) throws(StateError) -> Void) throws(StateError) {
    let turn = try Turn(self)
    defer { turn.end() }
    try body(turn)
  }

  /// An opening of the journal that, as a rule, nobody else writes beside.
  ///
  /// A writer that was stopped in its turn (Ctrl-Z) must not hold up a driver: after a tenth of a second
  /// the turn begins regardless. The worst that follows is a repeat that is not folded, or a line lost to
  /// a rewrite under way.
  final class Turn {
    private let journal: JSONLinesFile
    private let descriptor: Int32

    fileprivate init(_ journal: JSONLinesFile) throws(StateError) {
      self.journal = journal
      var descriptor: Int32
      var patience = 100
      while true {
        descriptor = try journal.access.create(journal.path, flags: O_RDWR | O_APPEND)
        while !FolderLock.acquire(descriptor), patience > 0 {
          patience -= 1
          usleep(1000)
        }
        var opened = stat()
        var named = stat()
        // Another turn may have replaced the file while this one waited for it.
        if fstat(descriptor, &opened) == 0, stat(journal.path, &named) == 0,
          opened.st_ino == named.st_ino || patience == 0
        {
          break
        }
        close(descriptor)
        if patience == 0 { throw .writing(journal.path, ENOENT) }
        patience -= 1
      }
      self.descriptor = descriptor
    }

    fileprivate func end() { close(descriptor) }

    var byteCount: Int { max(0, Int(lseek(descriptor, 0, SEEK_END))) }

    func append(_ line: Data) throws(StateError) {
      let end = lseek(descriptor, 0, SEEK_END)
      var last: UInt8 = 0x0A
      if end > 0, pread(descriptor, &last, 1, end - 1) != 1 { throw .reading(journal.path, errno) }
      // One write, so that those who did not wait their turn cannot come between.
      let whole = last == 0x0A ? line : [0x0A] + line
      try AtomicFile.writeAll(whole, to: descriptor, path: journal.path)
    }

    func sync() throws(StateError) {
      guard fsync(descriptor) == 0 else { throw .writing(journal.path, errno) }
      try AtomicFile.syncFolder(of: journal.path)
    }

    func replace(with data: Data) throws(StateError) {
      try AtomicFile.replace(
        journal.path, with: data, durability: .crash, access: journal.access)
    }
  }
}
