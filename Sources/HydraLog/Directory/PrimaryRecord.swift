import EventPersistence

/// What readers of a log found, kept between processes in `STATE/primary.json`: torn lines with
/// their offsets, how far each file was read, the count of lines without ids, where the times of its
/// events fall, the ends of its archives, and what the events tell of the Hydra Head.
package struct PrimaryRecord: Sendable, Hashable, Codable {
  var version = 1

  /// The directory of the log; nil in a record of an earlier release.
  package var persistenceDir: String?

  /// A file of the log. Its inode and its first bytes identify it, since a rotation renames it.
  package struct File: Sendable, Hashable, Codable {
    /// Its path at the time, relative to the persistence directory.
    package var path: String
    var inode: UInt64
    /// Its first bytes.
    var opening: HexBytes
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
    /// Of an archive that is whole: its first two events, and its last.
    var ends: Ends?
  }

  /// The ends of a file, which are its own as long as nothing about it has changed.
  struct Ends: Sendable, Hashable, Codable {
    /// When anything about the file last changed, its name included, in nanoseconds since 1970.
    var changed: Int64
    var first: Position
    var second: Position?
    var last: Position

    /// Nil if an archive must be looked at again each time.
    init?(_ link: LogLink) {
      let ends = link.ends
      guard case .fileArchive = link.item.name, link.failure == nil, ends.damage == nil,
        !ends.beginsDamaged, !ends.beginsBare, !ends.isBare, let first = ends.first,
        let last = ends.last
      else { return nil }
      changed = link.item.stamp.changedNanoseconds
      self.first = first
      second = ends.second
      self.last = last
    }
  }

  package var files: [File] = []

  /// What the log's events tell of the Hydra Head; nil also in a record of an earlier release.
  var head: Head?

  /// Nil where it cannot be read, as that of a later release: it only saves time.
  struct Head: Sendable, Hashable, Codable {
    var record: HeadFollower.Record?

    init(_ record: HeadFollower.Record?) { self.record = record }

    init(from decoder: any Decoder) { record = try? HeadFollower.Record(from: decoder) }

    func encode(to encoder: any Encoder) throws { try record.encode(to: encoder) }
  }

  /// Of a log about which nothing is known.
  package init() {}
}

extension PrimaryRecord.File {
  init(_ link: LogLink, _ notes: LogNotes.FileNotes, _ count: BareIndex.Count?) {
    path = link.item.path
    inode = link.item.stamp.identity.inode
    opening = HexBytes(bytes: link.ends.opening)
    read = notes.read.map { [$0.lowerBound, $0.upperBound] }
    tornLines = notes.tornCount
    torn = notes.torn
    bareLines = count
    bytes = link.item.stamp.byteCount
    modified = link.item.stamp.modifiedNanoseconds
  }

  /// Whether this can be the record of that file: the file is not shorter than what was read of it, and
  /// nothing but an appended event can have changed it since.
  func isOf(_ item: LogListing.Item) -> Bool {
    guard inode == item.stamp.identity.inode, let bytes, let modified,
      !item.isRewritten(since: bytes, modified)
    else { return false }
    // A database keeps its name.
    if item.name.isDatabase { return path == item.path }
    return item.bytes
      >= max(read.last?.last ?? 0, bareLines?.through.offset ?? 0, times?.cursor.place ?? 0)
  }

  /// Whether the file, whose ends are `ends`, begins as it did. A database has no first bytes to
  /// identify it.
  func begins(_ ends: SegmentEnds, of item: LogListing.Item) -> Bool {
    // A file that was shorter than its opening is now may have grown.
    item.name.isDatabase || opening.bytes.map { ends.opening.starts(with: $0) } ?? false
  }

  /// The ends of the archive `item`, if this is its record and it has not changed since, so that a
  /// look need not open it.
  func ends(of item: LogListing.Item) -> SegmentEnds? {
    guard let ends, case .fileArchive(let last) = item.name, path == item.path,
      inode == item.stamp.identity.inode, bytes == item.stamp.byteCount,
      modified == item.stamp.modifiedNanoseconds, ends.changed == item.stamp.changedNanoseconds,
      ends.first.eventId <= ends.last.eventId, ends.last.eventId >= last,
      let opening = opening.bytes
    else { return nil }
    return SegmentEnds(
      first: ends.first, second: ends.second, last: ends.last, opening: opening)
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
}

/// Bytes that are written as hex digits.
struct HexBytes: Sendable, Hashable, Codable {
  /// Nil if other digits were there.
  var bytes: [UInt8]?

  init(bytes: [UInt8]) { self.bytes = bytes }

  init(digits: UnsafeRawBufferPointer) {
    guard digits.count.isMultiple(of: 2) else { return }
    var all: UInt8 = 0
    let bytes = Self.values.withUnsafeBufferPointer { values in
      [UInt8](unsafeUninitializedCapacity: digits.count / 2) { buffer, count in
        count = digits.count / 2
        for index in 0..<count {
          let high = values[Int(digits[2 * index])]
          let low = values[Int(digits[2 * index + 1])]
          all |= high | low
          buffer[index] = high << 4 | low
        }
      }
    }
    if all < 16 { self.bytes = bytes }
  }

  /// Of each byte as a digit; 16 of what is none.
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 16, count: 256)
    for (value, digit) in "0123456789abcdef".utf8.enumerated() { values[Int(digit)] = UInt8(value) }
    return values
  }()

  init(from decoder: any Decoder) throws {
    var digits = try decoder.singleValueContainer().decode(String.self)
    self = digits.withUTF8 { HexBytes(digits: UnsafeRawBufferPointer($0)) }
  }

  func encode(to encoder: any Encoder) throws {
    let digits = Array("0123456789abcdef".utf8)
    var container = encoder.singleValueContainer()
    try container.encode(
      String(
        decoding: (bytes ?? []).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] },
        as: UTF8.self))
  }
}
