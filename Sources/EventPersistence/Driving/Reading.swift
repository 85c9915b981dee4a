/// Where a delivery reads, and what it has read but not stored.
struct Reading: Sendable {
  /// How reading continues after what was read or stored last.
  enum Next: Sendable {
    case put(BatchInHand)
    /// The batch that begins here was given out and has grown: it comes again.
    case grown(from: Position)
    /// The next batch was read ahead.
    case ahead(Result<EventBatch?, SourceError>)
    case read
    /// The reader may not be where the delivery is: the log must be asked first.
    case verify
  }

  private(set) var assembler: BatchAssembler
  private(set) var needsFreshReader = true
  /// The first event of the batch that was stored last, whole or in part.
  var storedFirst: Position?
  private var ahead: Result<EventBatch?, SourceError>?
  /// Where a fresh reader begins, for the assembler; nil: after what is stored.
  private(set) var anchor: Position?

  init(_ stretch: Stretch) {
    assembler = BatchAssembler(
      stretch.batching, selection: stretch.selection, goal: stretch.goal)
  }

  /// The last event read since reading began.
  var last: Position? { assembler.last }

  /// Whether a reader is at the next event, or the place for one to begin is known.
  var isPlaced: Bool { !needsFreshReader || anchor != nil }

  /// Whether the log may be read while a batch is stored: one read ahead, no more. Of the read
  /// before, events of the batches after that one may be left.
  var canReadAhead: Bool { ahead == nil && !needsFreshReader }

  /// `limits`, or less, so that the next read ends with a batch of the sink's rule, if it is as large.
  func limits(_ limits: BatchLimits) -> BatchLimits { assembler.room(within: limits) }

  /// Where a fresh reader begins, for a delivery that continues after `position`; nil if none is
  /// needed.
  func freshStart(after position: Position?) -> Start? {
    guard needsFreshReader else { return nil }
    if let anchor { return .id(anchor.eventId) }
    return position.map { .after($0) } ?? .first
  }

  /// Discards what was read; a batch begins at `anchor`, and everything through `known` is stored.
  mutating func begin(at anchor: Position? = nil, known: Position? = nil) {
    ahead = nil
    needsFreshReader = true
    self.anchor = anchor
    assembler.begin(at: anchor, known: known)
  }

  /// Discards the reader, but not what it has read.
  mutating func giveUpReader() {
    needsFreshReader = true
    ahead = nil
  }

  mutating func readerAnswered() { needsFreshReader = false }

  mutating func keep(ahead next: Result<EventBatch?, SourceError>?) { ahead = next ?? ahead }

  /// Keeps what was read ahead of a batch that the sink has not stored. That nothing followed is not
  /// kept: by the time the sink has it, events may have come, and nobody would look for them.
  mutating func keep(aheadOfFailure next: Result<EventBatch?, SourceError>?) {
    if case .success(nil)? = next { return }
    keep(ahead: next)
  }

  mutating func take(_ batch: EventBatch, at turn: Turn) throws(SourceError) {
    try assembler.take(batch, at: turn.now, date: turn.date)
  }

  mutating func next() -> Next {
    if needsFreshReader { return .verify }
    if let output = assembler.next() { return .put(BatchInHand(output)) }
    if assembler.hasGrown { return .grown(from: assembler.batchFirst!) }
    defer { ahead = nil }
    return ahead.map { .ahead($0) } ?? .read
  }

  /// The open batch as it is; nil if nothing of it is to be stored.
  mutating func flush() -> BatchInHand? { assembler.flush().map { BatchInHand($0) } }
}

/// A batch on its way into the sink: until it is stored, or the log has another one in its place.
struct BatchInHand: Sendable {
  private(set) var batch: EventBatch
  /// The first of its events that is not known to be stored.
  private(set) var next: Position
  let reachesGoal: Bool
  var attempts = 0
  /// When it was put last.
  var putAt = Duration.zero

  init(_ output: BatchAssembler.Output) {
    batch = output.batch
    next = output.next
    reachesGoal = output.reachesGoal
  }

  /// Removes the events through `position`, and returns them; nil if that would leave none.
  mutating func removeFirst(through position: Position) -> EventBatch? {
    guard let parts = batch.split(after: position) else { return nil }
    batch = parts.rest
    next = parts.rest.first
    return parts.through
  }
}
