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

  var placesAreBytes: Bool { true }

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

  func part(from cursor: SegmentCursor, _ limits: BatchLimits) throws(SourceError) -> SegmentPart {
    try part(of: try file(), from: cursor, limits)
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
    try part(of: file, from: cursor, limits).read()
  }

  private func part(
    of file: borrowing ReadOnlyFile, from cursor: SegmentCursor, _ limits: BatchLimits
  ) throws(SourceError) -> SegmentPart {
    var cursor = cursor
    if cursor.place == 0, cursor.skip == 0, acceptsBare, cursor.bareId == nil {
      cursor.bareId = 0
    }
    guard let block = try block(file, at: cursor, wanted: Self.wanted(limits, cursor)) else {
      cursor.searched = file.size
      return .nothing(at: cursor)
    }
    let next = Self.end(of: block, at: cursor, limits, file.size)
    return SegmentPart(before: cursor.trail, next: next) {
      [cursor] () throws(SourceError) in
      try read(block, at: cursor, limits)
    }
  }

  /// Lines have no numbers.
  func foreseen(after cursor: SegmentCursor, _ limits: BatchLimits) -> SegmentCursor? { nil }

  /// The events of `block`, or else those of the next blocks.
  private func read(_ block: LineBlock, at cursor: SegmentCursor, _ limits: BatchLimits)
    throws(SourceError) -> SegmentRead
  {
    var block = block
    var result = SegmentRead(cursor: cursor)
    while true {
      let collected = try EventScanner.withOne {
        (scanner: EventScanner) throws(SourceError) -> LineCollector in
        var collector = LineCollector(
          segment: self, block: block, cursor: result.cursor, limits: limits, scanner: scanner)
        try collector.run()
        return collector
      }
      result.torn += collected.torn
      result.tornPlaces += collected.tornPlaces
      result.batch = collected.batch
      result.cursor = moved(result.cursor, past: collected, in: block)
      if result.batch != nil || result.torn.count >= Self.tornLinesMax { return result }
      let file = try file()
      let wanted = Self.wanted(limits, result.cursor)
      guard let next = try self.block(file, at: result.cursor, wanted: wanted) else {
        result.cursor.searched = file.size
        return result
      }
      block = next
    }
  }

  /// Where the last line ends that is within the limits, if it is their bytes that end the block, and
  /// each line is an event; nil if that cannot be told.
  private static func end(
    of block: LineBlock, at cursor: SegmentCursor, _ limits: BatchLimits, _ fileSize: UInt64
  ) -> SegmentCursor? {
    let bytes = block.buffer.bytes
    guard bytes.count - block.start >= limits.bytes, limits.bytes > 0,
      block.offset + UInt64(bytes.count) < fileSize
    else { return nil }
    // Lines that are passed over do not count.
    let passes = LineCollector.words(limits, at: cursor) != nil
    let count = passes ? bytes.count - block.start : limits.bytes
    let feed = hydra_last_feed(bytes.baseAddress! + block.start, count)
    guard feed >= 0 else { return nil }
    let end = block.start + feed + 1
    var next = SegmentCursor(place: block.offset + UInt64(end))
    next.trail = trail(of: bytes, before: end)
    next.bytesAnEvent = cursor.bytesAnEvent
    return next
  }

  private static func trail(of bytes: UnsafeRawBufferPointer, before end: Int) -> [UInt8] {
    [UInt8](bytes[max(0, end - trailBytes)..<end])
  }

  private func moved(_ cursor: SegmentCursor, past collected: LineCollector, in block: LineBlock)
    -> SegmentCursor
  {
    let next = collected.next
    precondition((block.start...block.buffer.count).contains(next), "a read stays in its block")
    let bytes = block.buffer.bytes
    var moved = SegmentCursor(
      place: block.offset + UInt64(next), previous: collected.batch?.last ?? cursor.previous)
    moved.trail = Self.trail(of: bytes, before: next)
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
    // And room for the event after the batch: without its length, nobody knows that the batch is full.
    let bytes = max(1, min(limits.bytes, blockMax))
    return min(forEvents, bytes + max(4096, bytes / 128))
  }
}
