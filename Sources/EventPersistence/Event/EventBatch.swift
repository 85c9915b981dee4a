/// Consecutive events of a log, in log order, in one buffer.
///
/// An event's bytes are read into the buffer once and go to the sink from there: selecting,
/// splitting and passing a batch on copies no event. Each event is followed by a line feed in the
/// buffer, so that neighbours form JSON lines that one `write` can store.
public struct EventBatch: Sendable {
  /// The place of one event in the buffer, and its position.
  public struct Entry: Sendable {
    public var offset: Int
    /// Without the line feed.
    public var length: Int
    public var position: Position
    /// Whether its JSON was made from another form (a CBOR row), so that it is not byte for byte
    /// what the node stored. A sink that already holds the event keeps its copy, which may be the
    /// node's own JSON.
    public var isDerived: Bool

    /// Whether it is a line without an id, wrapped in `{"eventId":N,"stateChanged":…}`: the wrapped
    /// value is byte for byte what the node stored.
    public var isWrapped: Bool

    public init(
      offset: Int, length: Int, position: Position, isDerived: Bool = false, isWrapped: Bool = false
    ) {
      self.offset = offset
      self.length = length
      self.position = position
      self.isDerived = isDerived
      self.isWrapped = isWrapped
    }
  }

  public let buffer: EventBuffer

  /// The events to store: all of the span, or those that were selected.
  public let entries: ArraySlice<Entry>

  /// The first event of the span, selected or not.
  public let first: Position

  /// The last event of the span, selected or not: the checkpoint once the batch is stored.
  public let last: Position

  /// How many events the span has, selected or not.
  public let spanCount: Int

  /// The batch of the sink's rule that the span is, or is a piece of; nil if the sink has no rule.
  public let run: BatchRun?

  /// The archive that a reader took these events from because the log no longer has them, in words;
  /// nil: they are from the log. Only the batch that the reader returned says so.
  public var archive: String? = nil

  /// The event that follows in the log, if the reader saw it while it read this batch.
  public struct Following: Sendable, Hashable {
    public var eventId: UInt64
    /// Without the line feed.
    public var length: Int

    public init(eventId: UInt64, length: Int) {
      self.eventId = eventId
      self.length = length
    }
  }

  /// What follows the last event; nil if that is not known. Only the batch that the reader returned
  /// says so.
  public var following: Following? = nil

  /// A batch of all of `entries`, which are in log order and at least one.
  public init(buffer: EventBuffer, entries: ArraySlice<Entry>) {
    precondition(!entries.isEmpty, "a batch covers at least one event")
    precondition(
      entries.allSatisfy {
        $0.offset >= 0 && $0.length >= 0 && $0.offset + $0.length <= buffer.count
      }, "a batch's events lie in its buffer")
    self.init(
      buffer: buffer, entries: entries, first: entries.first!.position,
      last: entries.last!.position, spanCount: entries.count, run: nil)
  }

  /// A batch of the `spanCount` events from `first` through `last`, of which `entries` were
  /// selected.
  init(
    buffer: EventBuffer, entries: ArraySlice<Entry>, first: Position, last: Position,
    spanCount: Int, run: BatchRun?
  ) {
    self.buffer = buffer
    self.entries = entries
    self.first = first
    self.last = last
    self.spanCount = spanCount
    self.run = run
  }

  /// A batch of `events`, copied into one buffer: for tests, and for callers that make events one
  /// by one.
  public init(_ events: [StateEvent]) {
    let buffer = EventBuffer(capacity: events.reduce(0) { $0 + $1.json.count + 1 })
    var entries: [Entry] = []
    for event in events {
      entries.append(
        Entry(offset: buffer.count, length: event.json.count, position: event.position))
      event.json.withUnsafeBytes { buffer.append($0) }
      buffer.append(byte: 0x0A)
    }
    self.init(buffer: buffer, entries: entries[...])
  }

  /// The bytes of the selected events, without their line feeds.
  public var byteCount: Int { entries.reduce(0) { $0 + $1.length } }

  /// The event's JSON, for the duration of `body`.
  public func withBytes<R>(of entry: Entry, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows
    -> R
  {
    try body(
      UnsafeRawBufferPointer(rebasing: buffer.bytes[entry.offset..<entry.offset + entry.length]))
  }

  /// The event on its own, copied.
  public func event(_ entry: Entry) -> StateEvent {
    StateEvent(position: entry.position, json: withBytes(of: entry) { [UInt8]($0) })
  }

  /// The same span with only the events for which `isSelected` holds, without copying.
  public func selecting(_ isSelected: (Entry) -> Bool) -> EventBatch {
    if entries.allSatisfy(isSelected) { return self }
    return EventBatch(
      buffer: buffer, entries: entries.filter(isSelected)[...], first: first, last: last,
      spanCount: spanCount, run: run)
  }

  /// The same span and positions, of which the bytes are not needed any more. Its entries name places
  /// in a buffer that it does not keep.
  var withoutBytes: EventBatch {
    EventBatch(
      buffer: EventBuffer(capacity: 0), entries: entries, first: first, last: last,
      spanCount: spanCount, run: run)
  }

  /// The same events as events of the batch `run`.
  public func belonging(to run: BatchRun) -> EventBatch {
    EventBatch(
      buffer: buffer, entries: entries, first: first, last: last, spanCount: spanCount, run: run)
  }

  /// The part of a whole batch (nothing deselected) whose entries have the indices `range`.
  public func slice(_ range: Range<Int>) -> EventBatch {
    precondition(spanCount == entries.count, "only a batch that nothing was deselected from")
    return EventBatch(buffer: buffer, entries: entries[range])
  }

  /// The events through the one at `position`, and those after it; nil unless there are both.
  package func split(after position: Position) -> (through: EventBatch, rest: EventBatch)? {
    guard let index = entries.firstIndex(where: { $0.position.agrees(with: position) }),
      index + 1 < entries.endIndex
    else { return nil }
    func part(_ range: Range<Int>) -> EventBatch {
      run.map { slice(range).belonging(to: $0) } ?? slice(range)
    }
    return (part(entries.startIndex..<index + 1), part(index + 1..<entries.endIndex))
  }

  /// How many of the first events are within `limits`, at least one.
  package func count(within limits: BatchLimits) -> Int {
    var bytes = 0
    var count = 0
    for entry in entries.prefix(max(1, limits.events)) {
      bytes += entry.length + 1
      if count > 0, bytes > limits.bytes { break }
      count += 1
    }
    return count
  }

  /// How many of the first events are not after `through`. Of events that share its id: all, if it
  /// is an id only; otherwise those through the one that it names, which may be `last`, the event
  /// before this batch.
  package func count(through: Position?, after last: Position?) -> Int {
    guard let through, self.last.eventId >= through.eventId else { return entries.count }
    var isPassed = last.map { !through.isIdOnly && $0.agrees(with: through) } ?? false
    var count = 0
    for entry in entries {
      let position = entry.position
      if position.eventId > through.eventId { break }
      if position.eventId == through.eventId {
        if isPassed { break }
        isPassed = !through.isIdOnly && position.agrees(with: through)
      }
      count += 1
    }
    return count
  }

  /// Whether the entry at `index` begins its batch, and the event before it was read from the log:
  /// see `BatchRun.followsOn`.
  public func followsOn(at index: Int) -> Bool {
    run.map { $0.followsOn && $0.first.agrees(with: entries[index].position) } ?? false
  }

  /// The buffer's ranges that hold the selected events as JSON lines, each with its line feed.
  /// Neighbours are joined, so that a batch without gaps is one range.
  public var lineRanges: [Range<Int>] { lineRanges(of: entries.indices) }

  /// The same for the entries with the indices `range`.
  public func lineRanges(of range: Range<Int>) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    for entry in entries[range] {
      let end = entry.offset + entry.length + 1
      if let last = ranges.last, last.upperBound == entry.offset {
        ranges[ranges.count - 1] = last.lowerBound..<end
      } else {
        ranges.append(entry.offset..<end)
      }
    }
    return ranges
  }
}
