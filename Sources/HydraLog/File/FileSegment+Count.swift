import EventPersistence

extension FileSegment {
  /// How much a search for an uncounted id counts.
  static let countBytes = 32 << 20

  /// Continues the count of lines without ids for about `byteCount` bytes.
  func countLines(
    byteCount: Int, note: (SegmentRead, _ from: SegmentCursor) -> Void = { _, _ in }
  ) throws(SourceError) {
    try countLines(file(), byteCount: byteCount, note: note)
  }

  func countLines(
    _ file: borrowing ReadOnlyFile, byteCount: Int,
    note: (SegmentRead, _ from: SegmentCursor) -> Void = { _, _ in }
  ) throws(SourceError) {
    bareIndex.check(identity, byteCount: file.size)
    let count = bareIndex.count(of: identity)
    guard acceptsBare, !count.isEnded else { return }
    var cursor = SegmentCursor(place: count.through.offset, previous: nil)
    cursor.bareId = count.through.id
    let end = cursor.place + UInt64(byteCount)
    while cursor.place < end {
      let read = try read(file, from: cursor, BatchLimits(events: 1 << 14, bytes: 1 << 20))
      bareIndex.note(from: cursor, to: read.cursor, in: identity)
      note(read, cursor)
      guard read.cursor.place > cursor.place, read.cursor.bareId != nil else { return }
      cursor = read.cursor
    }
  }

  func notCounted(_ what: String) -> SourceError {
    let counted = bareIndex.count(of: identity).through
    return SourceError(
      .unreadable,
      "The events in \(path) have no ids: hydra-sinks numbers them by counting lines, and "
        + "\(what) is not known until then. It has counted \(counted.id) lines "
        + "(\(counted.offset) bytes) so far. No action is needed.")
  }
}
