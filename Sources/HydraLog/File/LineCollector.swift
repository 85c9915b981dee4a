import CSimdjson
import EventPersistence

/// Makes one batch from the lines of a block: as many as the limits allow.
struct LineCollector {
  let segment: FileSegment
  let block: LineBlock
  let limits: BatchLimits
  let scanner: EventScanner

  /// The offset in the buffer at which the next read begins.
  private(set) var next: Int
  private(set) var bareId: UInt64?
  private(set) var skip: Int
  private(set) var torn: [TornLine] = []
  /// For each of them, how many of the events precede it.
  private(set) var tornPlaces: [Int] = []
  private(set) var batch: EventBatch?

  private var entries: [EventBatch.Entry] = []
  private var byteCount = 0
  /// The first event that the limits kept out.
  private var following: EventBatch.Following?
  /// The tags that are needed; nil: all lines are read.
  private let words: TagWords?

  init(
    segment: FileSegment, block: LineBlock, cursor: SegmentCursor, limits: BatchLimits,
    scanner: EventScanner
  ) {
    precondition(block.start <= block.buffer.count, "the cursor's line begins in the block")
    self.segment = segment
    self.block = block
    self.limits = limits
    self.scanner = scanner
    entries.reserveCapacity(min(limits.events, block.buffer.count / 64 + 1))
    next = block.start
    bareId = cursor.bareId
    skip = cursor.skip
    words = Self.words(limits, at: cursor)
  }

  /// The tags to look for in lines; nil: each line is read.
  static func words(_ limits: BatchLimits, at cursor: SegmentCursor) -> TagWords? {
    // A segment is recognized by its first event.
    cursor.place == 0 ? nil : limits.tags.flatMap { TagWords($0) }
  }

  /// Reads lines until the batch is full, a line needs a batch of its own, or the block ends.
  mutating func run() throws(SourceError) {
    let bytes = block.buffer.bytes
    reading: while entries.count < limits.events, batch == nil {
      let lines = nextLines(of: bytes, limit: limits.events - entries.count)
      if lines.isEmpty { break }
      for index in lines.indices {
        guard try take(lines[index], at: index) else { break reading }
      }
    }
    if batch == nil, !entries.isEmpty {
      var full = EventBatch(buffer: block.buffer, entries: entries[...])
      full.following = following ?? nextEvent()
      batch = full
    }
  }

  /// The event at `next`, if the limits kept it out; the line is read again with the next batch.
  private func nextEvent() -> EventBatch.Following? {
    guard entries.count == limits.events, words == nil,
      let line = scanner.scan(block.buffer.bytes, from: next, limit: 1).lines.first,
      Int(line.kind) == HYDRA_LINE_EVENT
    else { return nil }
    return EventBatch.Following(eventId: line.event_id, length: Int(line.length))
  }

  private func nextLines(
    of bytes: UnsafeRawBufferPointer, limit: Int
  ) -> Slice<UnsafeMutableBufferPointer<hydra_line>> {
    // Lines without ids must be counted.
    if let words, bareId == nil, skip == 0 {
      return scanner.scan(bytes, from: next, limit: limit, with: words)
    }
    return scanner.scan(bytes, from: next, limit: limit).lines
  }

  /// Takes the line at `index` of the last scan; returns false if it is left for the next batch, or was
  /// the last of this one.
  private mutating func take(_ line: hydra_line, at index: Int) throws(SourceError) -> Bool {
    switch Int(line.kind) {
    case HYDRA_LINE_EVENT:
      // The reader has returned the line's only event already.
      guard skip == 0 else {
        skip = 0
        break
      }
      guard append(scanner.position(at: index), line.range) else { return false }
    case HYDRA_LINE_BLANK:
      break
    case HYDRA_LINE_BARE where bareId != nil:
      if entries.isEmpty { wrapBareLines(from: line) }
      return false
    case HYDRA_LINE_NO_MEMORY:
      throw SourceError(
        .unreadable,
        "\(segment.path) has a line of \(line.length) bytes at byte "
          + "\(block.offset + line.offset), but there is no memory to read it: give this process "
          + "more.")
    default:
      return recover(line)
    }
    next = line.range.upperBound + 1
    return true
  }

  /// Adds an event that stays in the buffer, before a line feed; returns false if the batch is
  /// full.
  private mutating func append(_ position: Position, _ range: Range<Int>) -> Bool {
    guard entries.isEmpty || byteCount + range.count + 1 <= limits.bytes else {
      following = EventBatch.Following(eventId: position.eventId, length: range.count)
      return false
    }
    bareId = nil
    byteCount += range.count + 1
    entries.append(
      EventBatch.Entry(offset: range.lowerBound, length: range.count, position: position))
    return true
  }

  // MARK: - Lines without ids

  /// A batch of the lines without ids from `first` on, each wrapped with its id.
  private mutating func wrapBareLines(from first: hydra_line) {
    var events: [LineEvent] = []
    var byteCount = 0
    let bytes = block.buffer.bytes
    var at = Int(first.offset)
    collecting: while events.count < limits.events {
      let (lines, _) = scanner.scan(bytes, from: at, limit: limits.events - events.count)
      if lines.isEmpty { break }
      for line in lines {
        guard Int(line.kind) == HYDRA_LINE_BARE, let id = bareId else { break collecting }
        let event = LineEvent(
          range: line.range,
          position: Position(eventId: id, tag: scanner.position(of: line).tag), isBare: true)
        byteCount += event.byteCount + 1
        guard events.isEmpty || byteCount <= limits.bytes else { break collecting }
        events.append(event)
        bareId = id + 1
        at = event.range.upperBound + 1
      }
    }
    batch = LineEvent.batch(of: events, in: bytes)
    next = at
    skip = 0
  }

  // MARK: - Torn lines

  /// Takes the whole events on a line that is not one event; returns false if the batch ends here.
  private mutating func recover(_ line: hydra_line) -> Bool {
    let bytes = block.buffer.bytes
    let range = line.range
    // With a scanner of its own: the tags of the lines that follow this one are still in the other.
    let recovery = EventScanner.withOne {
      LineRecovery(bytes, range, acceptsBare: bareId != nil, scanner: $0)
    }
    let preceding = entries.count
    let isInPlace =
      recovery.events.isEmpty
      || recovery.events.count == 1 && !recovery.events[0].isBare
        && recovery.events[0].range.upperBound == range.upperBound
    if isInPlace {
      if let event = recovery.events.first, skip == 0 {
        guard append(event.position, event.range) else { return false }
      }
    } else if !entries.isEmpty {
      return false
    }
    if skip == 0 {
      for range in recovery.torn {
        let inLine = recovery.events.count { $0.range.upperBound <= range.lowerBound }
        note(range, after: preceding + inLine)
      }
    }
    guard !isInPlace else {
      next = range.upperBound + 1
      skip = 0
      return true
    }
    takeCopies(recovery.events, lineEnd: range.upperBound)
    return false
  }

  /// A batch of the events of one line, without the first `skip`, which the reader has returned
  /// already.
  private mutating func takeCopies(_ all: [LineEvent], lineEnd: Int) {
    var nextId = bareId
    var events = all
    for index in events.indices {
      if events[index].isBare, let id = nextId {
        events[index].position.eventId = id
        nextId = id + 1
      } else {
        nextId = nil
      }
    }
    let given = events.dropFirst(skip).prefix(max(1, limits.events))
    if !given.isEmpty { batch = LineEvent.batch(of: Array(given), in: block.buffer.bytes) }
    skip += given.count
    if skip >= events.count {
      skip = 0
      bareId = nextId
      next = lineEnd + 1
    }
  }

  private mutating func note(_ range: Range<Int>, after preceding: Int) {
    torn.append(
      TornLine(
        file: segment.name, offset: block.offset + UInt64(range.lowerBound),
        length: UInt64(range.count)))
    tornPlaces.append(preceding)
  }
}
