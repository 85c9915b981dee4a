/// The delivery of a stretch of the log to a sink, as a value: what to do next, given the outcomes
/// so far.
///
/// The driver asks for the `next` step, does it, and returns its outcome with `take`. The order of
/// steps is the promise that nothing is lost: `save` comes after `put`.
struct Delivery: Sendable {
  /// How often in a row a log may change while it is read before that is shown as an error.
  private static let changesMax = 3

  let stretch: Stretch
  var state: State
  var recovery = Recovery()
  var reading: Reading
  private var standing: Standing
  private var changeCount = 0
  private var pacedUntil = Duration.zero
  var announcesWait = true
  /// Whether the log has changed since it was last known to have the event at `position`.
  var isLogInDoubt = false
  /// Whether it has continued after a loss that an operator accepted.
  var hasPassed = false
  var notes: [String] = []
  /// What the sink began to store and has not said to be stored: oldest first.
  var begun: [Begun] = []
  /// What was stored since it was taken last.
  var justStored: [Begun] = []

  /// - Parameters:
  ///   - position: the last event stored, according to the state; nil if the state has none.
  ///   - start: where to begin if the sink does not know either; nil if the state has a position.
  init(
    _ stretch: Stretch, after position: Position?, start: Start? = nil, isOpen: Bool = false
  ) {
    self.stretch = stretch
    standing = Standing(after: position, start: start)
    reading = Reading(stretch)
    // Where to begin depends on what the sink reports when it is opened.
    state = isOpen && start == nil ? .verifying(nil) : .opening(nil)
  }

  /// The last event stored: the delivery continues after it.
  var position: Position? { standing.position }

  /// The batch in hand.
  var hand: BatchInHand? { state.hand }

  /// Whether everything is stored, and only the log is waited for.
  var isAtRest: Bool {
    if case .atHead = state, reading.assembler.dueAt == nil { true } else { false }
  }

  // MARK: - What is next

  /// The next step. Nothing changes until `take` receives its outcome.
  func next(_ trail: CheckpointTrail, at now: Duration) -> Step {
    if !begun.isEmpty, !leavesBegun { return .settle }
    let wait = recovery.wait(at: now)
    if trail.isUnsaved {
      if let wait = trail.recovery.wait(at: now) { return .wait(wait, .backingOff) }
      // Before anything that may take long, and after each 250 ms of work.
      if trail.isDue(at: now) || !state.isAtWork || wait != nil { return .save }
    }
    if let wait { return .wait(wait, standing.isAhead ? .ahead : .backingOff) }
    switch state {
    case .opening: return .open
    case .locating(let start): return .locate(start)
    case .verifying: return .verify(position)
    case .comparing: return .compare(position)
    case .leaping, .confirming: return .verify(reading.last ?? position)
    case .anchoring(let next, let rule): return .anchor(next, rule)
    case .reading:
      return .read(
        reading.limits(stretch.readLimits), through: stretch.readsThrough,
        fresh: reading.freshStart(after: position))
    case .storing(let hand):
      if pacedUntil > now { return .wait(pacedUntil - now, .pacing) }
      return .put(
        hand.batch.selecting { stretch.selection.selects($0.position) }, waits: !mayBegin(hand),
        ahead: reading.canReadAhead && !hand.reachesGoal
          ? reading.limits(stretch.readLimits) : nil,
        through: stretch.readsThrough)
    case .atHead:
      guard let dueAt = reading.assembler.dueAt else { return .wait(.seconds(3600), .atHead) }
      return .wait(max(.zero, dueAt - now), .openBatch)
    case .settling: return .settle
    case .halted(let halt, _): return .halted(halt)
    case .finished: return .finished
    }
  }

  // MARK: - Outcomes

  /// Continues from the outcome of the last step.
  mutating func take(_ outcome: Outcome, _ trail: inout CheckpointTrail, at turn: Turn) {
    recovery.stopWaiting()
    switch (state, outcome) {
    case (_, .sinkFailed(let error, _)) where !begun.isEmpty: beginningFailed(error, at: turn)
    case (_, .settled): settled(&trail, at: turn)
    case (.opening(let hand), .opened(let holdings)): opened(holdings, hand, &trail)
    case (.locating, .located(.after(let previous))):
      standing.begin(after: previous, &trail)
      state = .verifying(nil)
    case (.locating, .located(.notThere)):
      // The log must grow first.
      state = stretch.bound == .none ? .atHead : .finished
    case (.verifying(let hand), .verified(let status)): verified(status, hand, at: turn)
    case (.comparing(let why, let hand), .compared(let agreement)):
      let isOther = agreement == .none
      state = .halted(isOther ? .newLog(stretch.sentenceOfNewLog) : .diverged(why), hand)
    case (.leaping(let batch), .verified(let status)): leapt(to: batch, status, at: turn)
    case (.confirming, .verified(let status)): confirmed(status)
    case (.anchoring(let next, _), .anchored(let first)):
      begin(at: first, known: first == next ? nil : position)
    case (.reading, .read(let batch)): answered(.success(batch), at: turn)
    case (.reading, .sourceFailed(let error)): answered(.failure(error), at: turn)
    case (.storing(let hand), .stored(let pending, let ahead)):
      reading.keep(ahead: ahead)
      stored(hand, pending, &trail, at: turn)
    case (.atHead, .logChanged): look()
    case (.atHead, .waited):
      if let dueAt = reading.assembler.dueAt, dueAt <= turn.now { state = .confirming }
    case (.opening, .sinkFailed(let error, _)), (.atHead, .sinkFailed(let error, _)):
      if isAtRest { reading.giveUpReader() }
      sinkFailed(error, at: turn)
    case (.storing(var hand), .sinkFailed(let error, let ahead)):
      reading.keep(aheadOfFailure: ahead)
      if !stretch.isWhole, let stored = error.stored.flatMap({ hand.removeFirst(through: $0) }) {
        state = .storing(hand)
        count(Begun(batch: stored), &trail, at: turn)
      }
      sinkFailed(error, at: turn)
    case (.locating, .sourceFailed(let error)), (.verifying, .sourceFailed(let error)),
      (.comparing, .sourceFailed(let error)),
      (.leaping, .sourceFailed(let error)), (.confirming, .sourceFailed(let error)),
      (.anchoring, .sourceFailed(let error)):
      sourceFailed(error, at: turn)
    default:
      preconditionFailure(
        "a delivery that is \(label(of: state)) was handed the outcome \(label(of: outcome))")
    }
  }

  /// The batch in hand is about to be put.
  mutating func putting(at now: Duration) {
    guard case .storing(var hand) = state else {
      preconditionFailure("a delivery that is \(label(of: state)) has no batch to put")
    }
    hand.attempts += 1
    hand.putAt = now
    state = .storing(hand)
  }

  /// Retries now what it halted on or waits for.
  mutating func resume() {
    recovery.stopWaiting()
    guard case .halted(let halt, let hand) = state else { return }
    reading.giveUpReader()
    switch halt {
    case .stopped, .held: state = .opening(hand)
    case .diverged, .newLog, .gap, .source: state = .verifying(hand)
    }
  }

  mutating func takeNotes() -> [String] {
    defer { notes = [] }
    return standing.takeNotes() + notes
  }

  private mutating func opened(
    _ holdings: Holdings, _ hand: BatchInHand?, _ trail: inout CheckpointTrail
  ) {
    state = .verifying(hand)
    if stretch.movesCheckpoint, case .through(let held) = holdings,
      standing.begin(with: held, stretch.selection, &trail)
    {
      reading.storedFirst = nil
      reading.begin()
      state = .verifying(nil)
    }
    if let start = standing.start { state = .locating(start) }
  }

  // MARK: - What the log says

  private mutating func verified(_ status: PositionStatus, _ hand: BatchInHand?, at turn: Turn) {
    isLogInDoubt = false
    switch standing.judge(status, of: stretch, at: turn.now) {
    case .goesOn(let next, let isFirst): goOn(to: next, isFirst: isFirst, hand, at: turn)
    case .asksAgain(let delay): recovery.wait(until: turn.now + delay)
    case .halts(.gap) where pass(to: status.next): break
    case .halts(.diverged(let why)): state = .comparing(why, hand)
    case .halts(let halt): state = .halted(halt, hand)
    }
  }

  /// Continues with `next`, the event that follows in the log.
  private mutating func goOn(
    to next: Position?, isFirst: Bool, _ hand: BatchInHand?, at turn: Turn
  ) {
    if let hand, let next, hand.next.agrees(with: next) {
      endOfChanges()
      state = .storing(hand)
      return
    }
    reading.begin()
    state = .reading
    if hand != nil {
      // The reader returned a batch that does not follow: the log changed between the two looks.
      sourceFailed(.changedWhileRead, at: turn)
    } else if stretch.isComplete(through: position) {
      state = .finished
    } else if let rule = stretch.batching.rule {
      findBatch(of: next, rule, isFirst: isFirst, at: turn)
    }
  }

  /// The beginning of the batch that contains the event `next`: known, or to be looked for.
  private mutating func findBatch(
    of next: Position?, _ rule: BatchRule, isFirst: Bool, at turn: Turn
  ) {
    guard let next else {
      // There is nothing to read until the log grows.
      endOfChanges()
      return reachedEnd(at: turn)
    }
    if isFirst || position.map({ !$0.isIdOnly && rule.run(of: $0) != rule.run(of: next) }) ?? true {
      begin(at: next, known: nil)
    } else if let first = reading.storedFirst {
      begin(at: first, known: position)
    } else {
      state = .anchoring(next, rule)
    }
  }

  mutating func begin(at anchor: Position, known: Position?) {
    reading.begin(at: anchor, known: known)
    state = .reading
  }

  private mutating func leapt(to batch: EventBatch, _ status: PositionStatus, at turn: Turn) {
    let follows = status.next.map { batch.first.agrees(with: $0) } ?? false
    switch status.match {
    case .found where follows, .before where follows:
      endOfChanges()
      take(batch, at: turn)
    case .gap(let ids):
      sourceFailed(SourceError(.gap(ids), stretch.sentence(ofLost: ids)), at: turn)
    default:
      reading.begin()
      sourceFailed(.changedWhileRead, at: turn)
    }
  }

  private mutating func confirmed(_ status: PositionStatus) {
    if status.match == .found, let held = reading.flush() {
      hold(held)
    } else {
      reading.begin()
      state = .verifying(nil)
    }
  }

  /// The log may have changed: is there a next event?
  private mutating func look() {
    isLogInDoubt = true
    if let start = standing.start {
      state = .locating(start)
    } else {
      state = stretch.batching.rule == nil || reading.isPlaced ? .reading : .verifying(nil)
    }
  }

  mutating func sourceFailed(_ error: SourceError, at turn: Turn) {
    let hand = hand
    if passes(error) { return }
    let error = stretch.offering(error)
    let stoodElsewhere = reading.last != nil && reading.last != position
    if hand == nil { reading.begin() }
    reading.giveUpReader()
    if case .locating = state {} else { state = .verifying(hand) }
    switch error.kind {
    case .diverged where stoodElsewhere && changeCount < Self.changesMax,
      .changed where changeCount < Self.changesMax:
      // The log no longer has what was read and not stored; the same call may succeed at once.
      changeCount += 1
      return
    case .gap(let ids): state = .halted(.gap(ids, error.message), hand)
    case .diverged: state = .comparing(error.message, hand)
    case .damaged, .ambiguous, .unsupported: state = .halted(.source(error), hand)
    case .changed, .missing, .unreadable: recovery.backOff(at: turn)
    }
    recovery.note(.primary, error.message, at: turn)
  }

  private mutating func endOfChanges() {
    changeCount = 0
    recovery.endOfPrimary()
  }

  // MARK: - Batches

  mutating func read(_ batch: EventBatch?, at turn: Turn) {
    reading.readerAnswered()
    if batch != nil { isLogInDoubt = false }
    // Ids may legally have gaps, but a rotation that lost events looks the same: ask the log.
    if let batch, leaps(to: batch) {
      state = .leaping(batch)
      return
    }
    endOfChanges()
    if let batch { take(batch, at: turn) } else { reachedEnd(at: turn) }
  }

  /// Whether ids are missing between the last event and this batch.
  func leaps(to batch: EventBatch) -> Bool {
    let before = reading.last ?? (reading.anchor == nil ? position : nil)
    return before.map { batch.first.eventId &- $0.eventId > 1 } ?? false
  }

  private mutating func take(_ batch: EventBatch, at turn: Turn) {
    do throws(SourceError) {
      try reading.take(batch, at: turn)
      advance(at: turn)
    } catch {
      reading.storedFirst = nil
      reading.begin()
      sourceFailed(error, at: turn)
    }
  }

  /// Continues with the next batch, out of what was read already if that contains one.
  private mutating func advance(at turn: Turn) {
    switch reading.next() {
    case .put(let hand): hold(hand)
    case .grown(let first): begin(at: first, known: position)
    case .ahead(let answer): answered(answer, at: turn)
    case .read: state = .reading
    case .verify: state = .verifying(nil)
    }
  }

  mutating func hold(_ hand: BatchInHand) {
    standing.meet(hand.batch, stretch.selection)
    state = .storing(hand)
  }

  private mutating func stored(
    _ hand: BatchInHand, _ pending: Int, _ trail: inout CheckpointTrail, at turn: Turn
  ) {
    state = .reading
    begun.append(Begun(batch: hand.batch, at: hand.putAt))
    countBegun(leaving: pending, &trail, at: turn)
    if hand.reachesGoal { state = .finished } else { advance(at: turn) }
  }

  /// The sink stored this batch, the one in hand, its beginning, or one begun before.
  mutating func count(_ stored: Begun, _ trail: inout CheckpointTrail, at turn: Turn) {
    let batch = stored.batch
    standing.store(batch, checkpointStays: !stretch.movesCheckpoint, &trail)
    reading.storedFirst = batch.run?.first
    recovery.end()
    if let maxRate = stretch.maxRate, maxRate > 0 {
      pacedUntil =
        max(pacedUntil, turn.now) + .bounded(seconds: Double(batch.spanCount) / maxRate)
    }
    justStored.append(stored)
  }

  mutating func sinkFailed(_ error: SinkError, at turn: Turn) {
    var hand = hand
    recovery.note(error, at: turn)
    switch error.remedy {
    case .retry:
      state = .opening(hand)
      recovery.backOff(at: turn)
    case .stop: state = .halted(.stopped(error), hand)
    case .held: state = .halted(.held(error), hand)
    case .wait, .again:
      // The first attempt is still under way.
      hand?.attempts = 0
      if case .opening = state {
        state = .opening(hand)
        recovery.wait(until: turn.now + .seconds(1))
      } else if let hand {
        state = .storing(hand)
      }
    }
  }
}
