import EventPersistence

/// What readers of a log found, kept between processes in `STATE/primary.json`: torn lines with
/// their offsets, how far each file was read, the count of lines without ids, and where the times
/// of its events fall.
package struct PrimaryRecord: Sendable, Hashable, Codable {
  var version = 1

  /// The directory of the log; nil in a record of an earlier release.
  package var persistenceDir: String?

  /// A file of the log. Its inode and its first bytes identify it, since a rotation renames it.
  package struct File: Sendable, Hashable, Codable {
    /// Its path at the time, relative to the persistence directory.
    package var path: String
    var inode: UInt64
    /// Its first bytes, at most 64, as hex digits.
    var opening: String
    /// The stretches that were read: pairs of offsets (in a database, of ids), the upper one excluded.
    var read: [[UInt64]]
    var tornLines: Int
    /// The first thousand of them.
    var torn: [TornLine]
    var bareLines: BareIndex.Count?
    /// Nil in a record of an earlier release.
    var times: LogTimes.FileTimes?
    /// The file's size, and when it was last written, in nanoseconds since 1970: nil in a record of
    /// an earlier release.
    var bytes: UInt64?
    var modified: Int64?
  }

  package var files: [File] = []
}

extension PrimaryRecord.File {
  init(_ link: LogLink, _ notes: LogNotes.FileNotes, _ count: BareIndex.Count?) {
    path = link.item.path
    inode = link.item.stamp.identity.inode
    opening = Self.hex(link.ends.opening)
    read = notes.read.map { [$0.lowerBound, $0.upperBound] }
    tornLines = notes.tornCount
    torn = notes.torn
    bareLines = count
    bytes = link.item.stamp.byteCount
    modified = link.item.stamp.modifiedNanoseconds
  }

  /// Whether this is the record of that file, the file is not shorter than what was read of it, and
  /// nothing but an appended event can have changed it since.
  func isOf(_ item: LogListing.Item, _ ends: SegmentEnds) -> Bool {
    guard inode == item.stamp.identity.inode, let bytes, let modified,
      !item.isRewritten(since: bytes, modified)
    else { return false }
    // A database has no first bytes to identify it, and keeps its name.
    if item.name.isDatabase { return path == item.path }
    let through = max(
      read.last?.last ?? 0, bareLines?.through.offset ?? 0, times?.cursor.place ?? 0)
    // A file that was shorter than its opening is now may have grown.
    return Self.hex(ends.opening).hasPrefix(opening) && item.bytes >= through
  }

  /// What was found in the file; nothing if it cannot be: a record from a file can be anything.
  func notes(_ path: String) -> LogNotes.FileNotes {
    var notes = LogNotes.FileNotes()
    guard (0...1 << 48).contains(tornLines), torn.count <= min(tornLines, LogNotes.tornLinesMax)
    else { return notes }
    for pair in read where pair.count == 2 && pair[0] < pair[1] { notes.add(pair[0]..<pair[1]) }
    notes.tornCount = tornLines
    notes.torn = torn
    return notes
  }

  private static func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef")
    return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }
}
