import CSimdjson
import EventPersistence

/// A `state` file, live or archived: JSON lines, some of which a crash may have torn.
///
/// Bytes go from the file into a batch's buffer in one read and stay there; only lines without ids, which
/// are wrapped, and several events on one line are copied. Memory is one batch and the longest line.
struct FileSegment: LogSegment {
  /// A longer line is an error that names its offset.
  static let lineBytesMax = 256 << 20

  let directory: String
  let name: String
  let identity: FileIdentity

  /// Whether it is the first of the log: only that one can begin with lines that have no ids.
  let acceptsBare: Bool

  /// The counts of lines without ids.
  let bareIndex: BareIndex
  let longLines: LongLines

  var path: String { "\(directory)/\(name)" }

  /// The file, as long as it is still the one that this segment was made for.
  func file() throws(SourceError) -> ReadOnlyFile {
    let file = try ReadOnlyFile(path: path)
    guard file.identity == identity else {
      throw SourceError(.changed, "\(path) was replaced by another file.")
    }
    return file
  }

  func format(of ends: SegmentEnds) -> LogFormat? {
    if ends.isBare { return .bare }
    guard let last = ends.last else { return nil }
    return last.time == nil ? .untimed : .state
  }

  func read(from cursor: SegmentCursor, _ limits: BatchLimits) throws(SourceError) -> SegmentRead {
    let file = try file()
    return try read(file, from: cursor, limits)
  }

  func byteCount(from: SegmentCursor, to: SegmentCursor?) throws(SourceError) -> UInt64? {
    var end = to?.place ?? 0
    if to == nil { end = try file().size }
    return end >= from.place ? end - from.place : 0
  }
}

// MARK: - Reading on

extension FileSegment {
  /// Bytes before a cursor that are compared at the next read.
  private static let trailBytes = 48
  /// A read without an event ends after this many torn lines, so that its result stays small.
  private static let tornLinesMax = 1000

  func read(_ file: borrowing ReadOnlyFile, from cursor: SegmentCursor, _ limits: BatchLimits)
    throws(SourceError) -> SegmentRead
  {
    var cursor = cursor
    if cursor.place == 0, cursor.skip == 0, acceptsBare, cursor.bareId == nil {
      cursor.bareId = 0
    }
    var result = SegmentRead(cursor: cursor)
    while result.torn.count < Self.tornLinesMax {
      guard let block = try block(file, at: cursor, wanted: Self.wanted(limits, cursor)) else {
        cursor.searched = file.size
        result.cursor = cursor
        return result
      }
      let collected = try EventScanner.withOne {
        (scanner: EventScanner) throws(SourceError) -> LineCollector in
        var collector = LineCollector(
          segment: self, block: block, cursor: cursor, limits: limits, scanner: scanner)
        try collector.run()
        return collector
      }
      result.torn += collected.torn
      result.tornPlaces += collected.tornPlaces
      result.batch = collected.batch
      cursor = moved(cursor, past: collected, in: block)
      result.cursor = cursor
      if result.batch != nil { return result }
    }
    return result
  }

  private func moved(_ cursor: SegmentCursor, past collected: LineCollector, in block: LineBlock)
    -> SegmentCursor
  {
    let next = collected.next
    precondition((block.start...block.buffer.count).contains(next), "a read stays in its block")
    let bytes = block.buffer.bytes
    var moved = SegmentCursor(
      place: block.offset + UInt64(next), previous: collected.batch?.last ?? cursor.previous)
    moved.trail = [UInt8](bytes[max(0, next - Self.trailBytes)..<next])
    moved.bareId = collected.bareId
    moved.skip = collected.skip
    if let batch = collected.batch {
      moved.bytesAnEvent = batch.byteCount / batch.spanCount + 1
    } else {
      moved.bytesAnEvent = cursor.bytesAnEvent
    }
    return moved
  }

  /// How many bytes to read at once for a batch of `limits`.
  private static func wanted(_ limits: BatchLimits, _ cursor: SegmentCursor) -> Int {
    let blockMax = 64 << 20
    // Events of a node have 256 bytes to several thousand: a first read is rather too large than too
    // small, or it would divide a batch.
    let bytesAnEvent = cursor.bytesAnEvent == 0 ? 1024 : max(cursor.bytesAnEvent, 256)
    let events = min(limits.events, blockMax)
    // One line feed for each event, and room for some events longer than the last ones.
    let forEvents = max(events * (bytesAnEvent + bytesAnEvent / 8), 16 << 10)
    return min(forEvents, max(1, min(limits.bytes, blockMax)) + 4096)
  }
}
