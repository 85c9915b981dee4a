/// A stretch of the log on its way into a sink, as a value: what to do next, given what came of it so far.
///
/// Whoever runs it does each `Step` in turn and tells what came of it. The order of steps is the promise
/// that nothing is lost: a position is unsaved until its batch is stored, and `save` comes behind `put`.
struct Delivery: Sendable {
  enum Step: Sendable {
    /// `sink.open()`, then `opened`.
    case open
    /// `source.locate(start)`, then `located`.
    case locate(Start)
    /// `source.status(of:)`, then `verified`.
    case verify(Position?)
    /// `source.runStart(of:)`, then `anchored`.
    case anchor(Position, BatchRule)
    /// The reader's `next`, then `read`. With `fresh`, of a new reader that begins there.
    case read(BatchLimits, through: Position?, fresh: Start?)
    /// `sink.put`, then `stored`. With `ahead`, the reader's `next` meanwhile, told by `readAhead` first.
    case put(EventBatch, ahead: BatchLimits?, through: Position?)
    /// Write the checkpoint, then `saved`.
    case save
    /// Nothing to do before then, or before the log or the orders change; then `waited`.
    case wait(Duration, Waiting)
    /// It does not go on by itself; `resume()` makes it try again.
    case halted(Halt)
    /// Everything through the bound is stored and saved.
    case finished
  }

  enum Waiting: Sendable, Hashable {
    case atHead, backingOff, ahead, pacing
    /// At the head, with events of a batch that may grow.
    case openBatch
  }

  /// How far it goes.
  enum Bound: Sendable, Hashable {
    case none
    /// Nil: nothing at all.
    case through(Position?)
  }

  enum Phase: Sendable {
    case opening, locating, verifying, reading, storing, atHead
    /// What was read leaves ids out: is any lost?
    case leaping(EventBatch)
    /// Does the log still have what was held back?
    case confirming
    /// Where does the batch begin that this event, the next one, lies in?
    case anchoring(Position)
    case halted(Halt)
    case finished
  }

  /// How long a position may be ahead of the head before it counts as diverged: a sink inside a node sees
  /// an event before it is on disk.
  static let aheadAtMost = Duration.seconds(5)
  /// How much work a checkpoint may trail its sink by.
  static let trailingAtMost = Duration.milliseconds(250)

  /// The secondary's, for sentences.
  let name: String
  let bound: Bound
  let batching: Batching
  /// Whether a batch that is open at the end of the bound is left alone, rather than waited for.
  let leavesOpen: Bool
  let selection: Selection
  /// Events a second.
  let maxRate: Double?

  /// The last event stored: behind it the delivery goes on.
  var position: Position?
  /// The checkpoint, where the sink names an earlier event: it stands until an event is met between the two
  /// that the sink should hold. A program knows no event that was not selected for it.
  var claim: Position?
  /// Where it begins, where nothing is stored and the sink does not tell.
  var start: Start?
  /// Stored, and not in the checkpoint yet.
  var isUnsaved = false
  var savedAt: Duration
  var saveRetryAt: Duration?
  let honoursHoldings: Bool
  var inHand: EventBatch?
  /// The first event of the batch in hand that is not known to be stored.
  var inHandNext: Position?
  var reachesGoal = false
  var assembler: BatchAssembler
  /// Where a fresh reader begins, for the assembler; nil: behind `position`.
  var anchor: Position?
  /// Of the batch that was stored last.
  var storedFirst: Position?
  var saysThatItWaits = false
  var ahead: Result<EventBatch?, SourceError>?
  /// Of the batch in hand.
  var attempts = 0
  var trouble: Trouble?
  /// Whether the trouble is that somebody has to come who takes the batch in hand.
  var isWaitingForSomebody = false
  /// When a wait ends, on the driver's clock.
  var retryAt: Duration?
  var backoff = Backoff()
  var phase: Phase
  var aheadSince: Duration?
  var changes = 0
  var needsFreshReader = true
  var pacedUntil: Duration = .zero
  var notes: [String] = []

  /// - Parameters:
  ///   - checkpoint: what the state says is stored; nil where it says nothing.
  ///   - start: where to begin where neither it nor the sink tells; nil where the state says something.
  ///   - honoursHoldings: whether it begins earlier where the sink holds less than the state says.
  ///   - leavesOpen: whether it ends before a batch that is open at the end of the bound.
  init(
    of name: String, after checkpoint: Position?, start: Start? = nil, bound: Bound = .none,
    batching: Batching, selection: Selection = .all, maxRate: Double? = nil,
    honoursHoldings: Bool = true, leavesOpen: Bool = false, isOpen: Bool = false, at now: Duration
  ) {
    self.name = name
    self.honoursHoldings = honoursHoldings
    position = checkpoint
    self.start = start
    self.bound = bound
    self.batching = batching
    self.leavesOpen = leavesOpen
    self.selection = selection
    self.maxRate = maxRate
    savedAt = now
    phase = isOpen ? .verifying : .opening
    let goal: Position? = if case .through(let position) = bound { position } else { nil }
    assembler = BatchAssembler(batching, selection: selection, goal: goal)
  }

  // MARK: - What is next

  /// The next step. It does not change anything until what came of it is told.
  func next(at now: Duration) -> Step {
    if isUnsaved {
      if let saveRetryAt, saveRetryAt > now { return .wait(saveRetryAt - now, .backingOff) }
      // Before anything that may take long, and at each 250 ms of work.
      let isBusy =
        switch phase {
        case .reading, .storing, .leaping, .confirming, .anchoring: true
        default: false
        }
      let isWaiting = retryAt.map { $0 > now } ?? false
      if !isBusy || isWaiting || saveRetryAt != nil
        || now - savedAt >= Self.trailingAtMost
      {
        return .save
      }
    }
    if let retryAt, retryAt > now {
      return .wait(retryAt - now, aheadSince == nil ? .backingOff : .ahead)
    }
    switch phase {
    case .opening: return .open
    case .locating: return .locate(start ?? .first)
    case .verifying: return .verify(position)
    case .leaping, .confirming: return .verify(assembler.last ?? position)
    case .anchoring(let next): return .anchor(next, batching.rule!)
    case .reading:
      if case .through(nil) = bound { return .finished }
      return .read(readLimits, through: through, fresh: needsFreshReader ? beginning : nil)
    case .storing:
      guard pacedUntil <= now else { return .wait(pacedUntil - now, .pacing) }
      let batch = inHand!
      return .put(
        batch.selecting { selection.selects($0.position) },
        ahead: readsAhead ? readLimits : nil,
        through: through)
    case .atHead:
      guard let dueAt = assembler.dueAt else { return .wait(.seconds(3600), .atHead) }
      return .wait(max(.zero, dueAt - now), .openBatch)
    case .halted(let halt): return .halted(halt)
    case .finished: return .finished
    }
  }

  var beginning: Start {
    if let anchor { return .id(anchor.eventId) }
    return position.map { .after($0) } ?? .first
  }

  var readsAhead: Bool {
    ahead == nil && !needsFreshReader && !assembler.hasInput && !reachesGoal
  }

  var isWhole: Bool { batching.rule != nil && batching.grouping == .whole }

  var through: Position? {
    // A whole batch ends where it ends, at the goal or behind it.
    if !isWhole, case .through(let position) = bound { position } else { nil }
  }

  var readLimits: BatchLimits {
    let limits = batching.limits
    guard let maxRate, !isWhole else { return limits }
    // A second's worth at a time, so that it goes evenly.
    return BatchLimits(
      events: max(1, min(limits.events, Int(min(maxRate, 1e6)))), bytes: limits.bytes)
  }
}
