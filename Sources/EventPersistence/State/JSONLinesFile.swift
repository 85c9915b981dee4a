internal import Foundation
internal import SystemPackage

/// A file of JSON lines that several processes append to.
///
/// A line that a crash tore reads as absent, and the next one begins on a new line.
struct JSONLinesFile {
  let path: String
  let access: StateAccess
  /// A larger file is refused; nil if it may grow without a bound.
  var bytesMax: Int?

  /// How far back from the end lines are read.
  static let tailBytesMax: UInt64 = 1 << 20

  /// Appends a line, which includes its line feed.
  func append(_ line: Data, durability: AtomicFile.Durability) throws(StateError) {
    try withTurn { turn throws(StateError) in
      try turn.append(line)
      if durability == .crash { try turn.sync() }
    }
  }

  /// The last `count` lines, oldest first, as far as they lie in the last `tailBytesMax` bytes.
  /// Reads from the end, in steps of 64 KiB.
  func last<Line: Decodable>(_ count: Int) throws(StateError) -> [Line] {
    guard let file = try AtomicFile.open(path) else { return [] }
    var tail = Data()
    let size = try AtomicFile.regularStatus(of: file, path).size
    if let bytesMax { try AtomicFile.check(size, of: path, max: bytesMax) }
    var start = UInt64(size)
    let end = start > Self.tailBytesMax ? start - Self.tailBytesMax : 0
    do throws(Errno) {
      var lineFeeds = 0
      // One line feed more than lines, so that the first line is whole.
      while start > end, lineFeeds <= count {
        let step = min(start - end, 64 << 10)
        let piece = try file.bytes(at: start - step, count: Int(step))
        guard piece.count == Int(step) else { break }
        start -= step
        lineFeeds += piece.count { $0 == 0x0A }
        tail = piece + tail
      }
    } catch {
      throw .reading(path, error)
    }
    let lines = tail.split(separator: 0x0A).dropFirst(start > 0 ? 1 : 0)
    let decoder = JSONDecoder()
    var decoded: [Line] = []
    for line in lines.reversed() where line.first == UInt8(ascii: "{") {
      if decoded.count == count { break }
      if let value = try? decoder.decode(Line.self, from: line) { decoded.append(value) }
    }
    return decoded.reversed()
  }

  /// The right to write, while `body` runs.
  func withTurn(_ body: (Turn) throws(StateError) -> Void) throws(StateError) {
    // The turn ends when its file closes.
    try body(Turn(self))
  }

  /// An opening of the journal that, as a rule, no other process writes to meanwhile.
  ///
  /// A writer that was stopped in its turn (Ctrl-Z) must not delay a driver: after a tenth of a
  /// second the turn begins regardless. At worst, a repeat is not folded, or a rewrite under way
  /// loses a line.
  final class Turn {
    private let journal: JSONLinesFile
    private let file: OpenFile
    /// The file's size after this turn's append.
    private var appendedTo: UInt64?

    fileprivate init(_ journal: JSONLinesFile) throws(StateError) {
      self.journal = journal
      var patience = 100
      while true {
        let file = try journal.access.create(journal.path, .readWrite, options: .append)
        while !FolderLock.acquire(file.descriptor), patience > 0 {
          patience -= 1
          usleep(1000)
        }
        // Another turn may have replaced the file while this one waited.
        if let opened = try? file.status(), let named = try? Stat(journal.path),
          FileIdentity(opened) == FileIdentity(named) || patience == 0
        {
          self.file = file
          return
        }
        if patience == 0 { throw .writing(journal.path, .noSuchFileOrDirectory) }
        patience -= 1
      }
    }

    func byteCount() throws(StateError) -> UInt64 {
      do throws(Errno) { return UInt64(try file.status().size) } catch {
        throw .reading(journal.path, error)
      }
    }

    func append(_ line: Data) throws(StateError) {
      let end = try byteCount()
      do throws(Errno) {
        let isWhole = end == 0 ? true : try file.bytes(at: end - 1, count: 1) == Data([0x0A])
        // One write, so that a writer that did not wait for its turn cannot interfere.
        let bytes = isWhole ? line : [0x0A] + line
        appendedTo = end + UInt64(bytes.count)
        try file.write(bytes)
      } catch {
        throw .writing(journal.path, error)
      }
    }

    /// Removes what this turn appended after `end`, unless another writer appended since.
    func takeBack(to end: UInt64) {
      guard let appendedTo, (try? byteCount()) == appendedTo else { return }
      try? file.resize(to: end)
    }

    func sync() throws(StateError) {
      do throws(Errno) { try file.synchronize() } catch { throw .writing(journal.path, error) }
      try AtomicFile.syncFolder(of: journal.path)
    }

    func replace(with data: Data) throws(StateError) {
      try AtomicFile.replace(
        journal.path, with: data, durability: .crash, access: journal.access)
    }
  }
}
