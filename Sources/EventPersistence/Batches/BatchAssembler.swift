/// Turns the events of a log, as they are read, into what a sink is given. It is a value between
/// the reader and the sink.
///
/// Without a rule, it passes on what was read. With a rule, it ends pieces where batches end, or
/// assembles whole batches. An assembled batch is in memory once: at most `BatchRule.maxBytes`, or
/// a single event, besides what was read last (`BatchLimits`, or a single event).
package struct BatchAssembler: Sendable {
  /// What the sink is given next.
  package struct Output: Sendable {
    package var batch: EventBatch
    /// The first of its events that is not known to be stored. A batch that grew begins before it.
    package var next: Position
    /// Whether it is the last one through the goal.
    package var reachesGoal: Bool
  }

  private let rule: BatchRule?
  private let isWhole: Bool
  private let selection: Selection
  private let timing: OpenBatch.Timing
  private let goal: Position?

  private var filling = BatchRule.Filling()
  /// The event that begins a batch, until it comes.
  private var anchor: Position?
  /// The last event that is known to be stored, until it comes.
  private var known: Position?
  private var reachesGoal = false
  /// Whether the last piece is known to be its batch's last, though nothing after it was read.
  private var isFull = false

  /// What was read, and the index of its first entry that was not examined.
  private var input: EventBatch?
  private var index = 0
  private var open: OpenBatch?
  private var isRegrown = false
  /// How often the open batch came again, longer.
  private var growth = (first: Position?.none, count: 0)

  /// The last event that was taken in.
  package private(set) var last: Position?

  /// - Parameter goal: the event that a caller waits for: `Output.reachesGoal`.
  package init(_ batching: Batching, selection: Selection = .all, goal: Position? = nil) {
    rule = batching.rule
    isWhole = batching.rule != nil && batching.grouping == .whole
    self.selection = selection
    timing = OpenBatch.Timing(batching)
    self.goal = goal
  }

  /// Forgets everything. The log must be given again, from the first event with the id of `anchor`
  /// on.
  ///
  /// - Parameters:
  ///   - anchor: an event that begins a batch. Nil: the first event taken begins one.
  ///   - known: the last event that is known to be stored, if it comes again.
  package mutating func begin(at anchor: Position?, known: Position?) {
    let growth = growth
    self = BatchAssembler(self)
    self.growth = growth
    self.anchor = rule == nil ? nil : anchor
    self.known = rule == nil ? nil : known
  }

  private init(_ other: BatchAssembler) {
    rule = other.rule
    isWhole = other.isWhole
    selection = other.selection
    timing = other.timing
    goal = other.goal
  }

  // MARK: - What comes in

  /// Takes what was read next. Everything taken before must have been given out: `next` returned
  /// nil.
  ///
  /// - Parameters:
  ///   - now: the time on the driver's clock, as is `dueAt`.
  ///   - date: the time of day.
  /// - Throws: `.changed` if the event to begin at is missing.
  package mutating func take(
    _ batch: EventBatch, at now: Duration = .zero, date: EventTime = EventTime(seconds: 0)
  ) throws(SourceError) {
    precondition(input == nil, "the input taken before is not given out yet")
    var start = batch.entries.startIndex
    while let anchor, start < batch.entries.endIndex {
      let position = batch.entries[start].position
      if position == anchor || position.agrees(with: anchor) {
        self.anchor = nil
      } else if position.eventId == anchor.eventId {
        filling.pass(position)
        start += 1
      } else {
        throw SourceError(.changed, "the event \(anchor) is no longer in the log")
      }
    }
    last = batch.last
    arrival = (now, date)
    guard start < batch.entries.endIndex else { return }
    input = batch
    index = start
    isFull = false
  }

  /// `limits`, or less, or a little more, so that what is read next ends where a batch of the rule does: a
  /// piece that begins one is then as large as a read. It knows where batches end by their size, not by
  /// the time of events to come.
  func room(within limits: BatchLimits) -> BatchLimits {
    guard let rule, !isWhole, !isFull else { return limits }
    let open =
      input.map { input in
        let rest = input.entries[index...]
        return (events: rest.count, bytes: rest.reduce(0) { $0 + $1.length + 1 })
      } ?? (events: filling.events, bytes: filling.bytes)
    let room = (events: rule.maxEvents - open.events, bytes: rule.maxBytes - open.bytes)
    guard room.events > 0, room.bytes >= Self.roomBytesMin else { return limits }
    var limits = limits
    limits.events = min(limits.events, room.events)
    if room.bytes < limits.bytes + Self.roomBytesMin { limits.bytes = room.bytes }
    return limits
  }

  /// Less is not worth a read of its own: it is read along with what is before it, or after it.
  private static let roomBytesMin = 512 << 10

  private var arrival = (at: Duration.zero, date: EventTime(seconds: 0))

  // MARK: - What goes out

  /// What is ready; nil if more must be read first.
  package mutating func next() -> Output? {
    guard rule != nil else { return unruled() }
    return isWhole ? nextWhole() : nextPiece()
  }

  private mutating func unruled() -> Output? {
    guard let batch = input else { return nil }
    input = nil
    return Output(batch: batch, next: batch.first, reachesGoal: false)
  }

  private mutating func nextPiece() -> Output? {
    while let batch = input {
      var start = index
      var run: BatchRun?
      while index < batch.entries.endIndex {
        let entry = batch.entries[index]
        let bytes = entry.length + 1
        if index > start, rule!.cuts(before: entry.position, bytes: bytes, filling) {
          run?.isComplete = true
          run?.endsId = filling.precedes(entry.position)
          break
        }
        rule!.begins(entry.position, bytes: bytes, &filling)
        run = run ?? filling.batchRun
        index += 1
        if isKnown(entry.position) {
          start = index
          run = nil
        }
      }
      let end = index
      if end == batch.entries.endIndex {
        input = nil
        if run?.isComplete == false, let next = batch.following,
          rule!.isFull(before: next.length + 1, filling)
        {
          run?.isComplete = true
          run?.endsId = filling.precedes(Position(eventId: next.eventId))
          isFull = true
        }
      }
      guard start < end, let run else { continue }
      let piece =
        start == batch.entries.startIndex && input == nil ? batch : batch.slice(start..<end)
      return Output(batch: piece.belonging(to: run), next: piece.first, reachesGoal: false)
    }
    return nil
  }

  private mutating func nextWhole() -> Output? {
    while let batch = input {
      while index < batch.entries.endIndex {
        let entry = batch.entries[index]
        let bytes = entry.length + 1
        if filling.first != nil {
          if rule!.cuts(before: entry.position, bytes: bytes, filling) {
            open?.run.endsId = filling.precedes(entry.position)
            if let output = close(isComplete: true) { return output }
            open = nil
          } else if open == nil {
            // The batch was given out before.
            isRegrown = true
            input = nil
            return nil
          }
        }
        rule!.begins(entry.position, bytes: bytes, &filling)
        if open == nil {
          open = OpenBatch(
            filling.batchRun!,
            dueAt: timing.due(filling.run!, in: rule!, at: arrival.at, date: arrival.date))
          holdGrown()
        }
        open!.add(
          batch, index, isSelected: selection.selects(entry.position),
          isKnown: isKnown(entry.position),
          bytesMax: rule!.maxBytes)
        if let goal, !reachesGoal {
          reachesGoal = entry.position.agrees(with: goal) || entry.position.eventId > goal.eventId
        }
        index += 1
      }
      input = nil
    }
    return nil
  }

  /// Whether the event is stored already.
  private mutating func isKnown(_ position: Position) -> Bool {
    guard let known else { return false }
    if position.eventId > known.eventId {
      self.known = nil
      return false
    }
    if position.agrees(with: known) { self.known = nil }
    return true
  }

  /// Closes the open batch and returns it; nil if all of it is stored already.
  private mutating func close(isComplete: Bool) -> Output? {
    guard var batch = open, let next = batch.next else { return nil }
    open = nil
    batch.run.isComplete = isComplete
    return Output(batch: batch.assembled, next: next, reachesGoal: reachesGoal)
  }

  // MARK: - An open batch

  /// When to stop waiting for the open batch to grow; nil if no open batch has events that are not
  /// stored.
  package var dueAt: Duration? { open?.next == nil ? nil : open?.dueAt }

  /// The first event of the batch that is open or was given out last.
  package var batchFirst: Position? { filling.first }

  /// Whether an event came that belongs to a batch that `flush` gave out: the batch must come
  /// again, from `batchFirst` on.
  package var hasGrown: Bool { isRegrown }

  /// Gives out the open batch as it is.
  package mutating func flush() -> Output? {
    guard let output = close(isComplete: false) else { return nil }
    if growth.first != output.batch.run?.first { growth = (output.batch.run?.first, 0) }
    growth.count += 1
    return output
  }

  /// A batch that grew once may grow again, if the node's clock or disk lags. Each wait is twice as
  /// long as the last, so that the batch does not come again with each of its events.
  private mutating func holdGrown() {
    guard growth.first == open!.run.first else { return }
    open!.dueAt = max(open!.dueAt, arrival.at + timing.hold(afterPuts: growth.count))
  }
}
