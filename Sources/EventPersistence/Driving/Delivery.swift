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
    /// `source.standing(of:)`, then `verified`.
    case verify(Position?)
    /// The reader's `next`, then `read`. With `fresh`, of a new reader that begins there.
    case read(BatchLimits, through: Position?, fresh: Start?)
    /// `sink.put`, then `stored`. With `ahead`, the reader's `next` meanwhile, told by `readAhead` first.
    case put(EventBatch, ahead: BatchLimits?, through: Position?)
    /// Write the checkpoint, then `saved`.
    case save
    /// Nothing to do before then, or before the log or the orders change.
    case wait(Duration, Waiting)
    /// It does not go on by itself; `resume()` makes it try again.
    case halted(Halt)
    /// Everything through the bound is stored and saved.
    case finished
  }

  enum Waiting: Sendable, Hashable { case atHead, backingOff, ahead, pacing }

  /// How far it goes.
  enum Bound: Sendable, Hashable {
    case none
    /// Nil: nothing at all.
    case through(Position?)
  }

  private enum Phase: Sendable {
    case opening, locating, verifying, reading, storing, atHead
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
  let limits: BatchLimits
  let selection: Selection
  /// Events a second.
  let maxRate: Double?

  /// The last event stored: behind it the delivery goes on.
  private(set) var position: Position?
  /// Where it begins, where nothing is stored and the sink does not tell.
  private var start: Start?
  /// Stored, and not in the checkpoint yet.
  private(set) var isUnsaved = false
  private var savedAt: Duration
  private var saveRetryAt: Duration?
  private let honoursHoldings: Bool
  private(set) var inHand: EventBatch?
  private var ahead: Result<EventBatch?, SourceError>?
  /// Of the batch in hand.
  private(set) var attempts = 0
  private(set) var trouble: Trouble?
  /// Whether the trouble is that somebody has to come who takes the batch in hand.
  private(set) var isWaitingForSomebody = false
  /// When a wait ends, on the driver's clock.
  private(set) var retryAt: Duration?
  private var backoff = Backoff()
  private var phase: Phase
  private var aheadSince: Duration?
  private var changes = 0
  private var needsFreshReader = true
  private var pacedUntil: Duration = .zero
  private(set) var notes: [String] = []

  /// - Parameters:
  ///   - checkpoint: what the state says is stored; nil where it says nothing.
  ///   - start: where to begin where neither it nor the sink tells; nil where the state says something.
  ///   - honoursHoldings: whether it begins earlier where the sink holds less than the state says.
  init(
    of name: String, after checkpoint: Position?, start: Start? = nil, bound: Bound = .none,
    limits: BatchLimits,
    selection: Selection = .all, maxRate: Double? = nil, honoursHoldings: Bool = true,
    isOpen: Bool = false, at now: Duration
  ) {
    self.name = name
    self.honoursHoldings = honoursHoldings
    position = checkpoint
    self.start = start
    self.bound = bound
    self.limits = limits
    self.selection = selection
    self.maxRate = maxRate
    savedAt = now
    phase = isOpen ? .verifying : .opening
  }

  // MARK: - What is next

  /// The next step. It does not change anything until what came of it is told.
  func next(at now: Duration) -> Step {
    if isUnsaved {
      if let saveRetryAt, saveRetryAt > now { return .wait(saveRetryAt - now, .backingOff) }
      // Before anything that may take long, and at each 250 ms of work.
      let isBusy =
        if case .reading = phase { true } else if case .storing = phase { true } else { false }
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
    case .reading:
      if case .through(nil) = bound { return .finished }
      return .read(readLimits, through: through, fresh: needsFreshReader ? beginning : nil)
    case .storing:
      guard pacedUntil <= now else { return .wait(pacedUntil - now, .pacing) }
      let batch = inHand!
      return .put(
        batch.selecting { selection.selects($0.position) },
        ahead: ahead == nil ? readLimits : nil, through: through)
    case .atHead: return .wait(.seconds(3600), .atHead)
    case .halted(let halt): return .halted(halt)
    case .finished: return .finished
    }
  }

  private var beginning: Start { position.map { .after($0) } ?? .first }

  private var through: Position? {
    if case .through(let position) = bound { position } else { nil }
  }

  private var readLimits: BatchLimits {
    guard let maxRate else { return limits }
    // A second's worth at a time, so that it goes evenly.
    return BatchLimits(
      events: max(1, min(limits.events, Int(min(maxRate, 1e6)))), bytes: limits.bytes)
  }

  // MARK: - What came of it

  mutating func opened(_ result: Result<Holdings, SinkError>, at now: Duration, retry: Retry) {
    retryAt = nil
    switch result {
    case .failure(let error): sinkFailed(error, at: now, retry: retry)
    case .success(let holdings):
      let hasNothing = position == nil && start != nil
      if case .through(let held) = holdings, honoursHoldings {
        begin(with: held, hasNothing: hasNothing)
      } else if hasNothing {
        phase = .locating
        return
      }
      phase = hasNothing && position == nil ? .locating : .verifying
      if position != nil { start = nil }
    }
  }

  /// The earlier of what the sink holds and the checkpoint counts; the sink's alone where there is none.
  private mutating func begin(with held: Position?, hasNothing: Bool) {
    if hasNothing {
      guard let held else { return }
      position = held
      isUnsaved = true
      notes.append("no checkpoint: the sink says that it holds everything through \(held)")
    } else if let checkpoint = position {
      guard held.map({ $0.eventId < checkpoint.eventId }) ?? true else { return }
      position = held
      isUnsaved = true
      drop()
      notes.append(
        "the sink holds \(held.map { "everything through \($0)" } ?? "nothing"), the checkpoint says "
          + "\(checkpoint): delivering again from there")
    }
  }

  mutating func located(
    _ result: Result<Position?, SourceError>, after previous: Position?,
    at now: Duration, retry: Retry
  ) {
    retryAt = nil
    switch result {
    case .failure(let error): sourceFailed(error, at: now, retry: retry)
    case .success(nil):
      // The start is not there yet: the log has to grow first.
      phase = bound == .none ? .atHead : .finished
    case .success:
      start = nil
      position = previous
      isUnsaved = previous != nil
      phase = .verifying
    }
  }

  mutating func verified(_ result: Result<Standing, SourceError>, at now: Duration, retry: Retry) {
    retryAt = nil
    switch result {
    case .failure(let error): sourceFailed(error, at: now, retry: retry)
    case .success(let standing):
      switch standing.match {
      case .found:
        proceed(behind: standing.next, at: now, retry: retry)
      case .before:
        notes.append(
          "the log begins at \(standing.next.map(\.description) ?? "nothing"), behind the checkpoint "
            + "\(position.map(\.description) ?? "(none)"); no rotation proves that events were lost"
        )
        proceed(behind: standing.next, at: now, retry: retry)
      case .ahead:
        let since = aheadSince ?? now
        aheadSince = since
        if now - since >= Self.aheadAtMost {
          aheadSince = nil
          phase = .halted(.diverged(Divergence.sentence(of: name, position, standing.match)))
        } else {
          retryAt = now + .milliseconds(100)
        }
      case .differs, .absent:
        phase = .halted(.diverged(Divergence.sentence(of: name, position, standing.match)))
      case .gap(let ids):
        phase = .halted(.gap(ids, Divergence.sentence(of: name, lost: ids)))
      }
    }
  }

  private mutating func proceed(behind next: Position?, at now: Duration, retry: Retry) {
    aheadSince = nil
    if let inHand, next.map({ $0.agrees(with: inHand.first) }) ?? false {
      clearSourceTrouble()
      phase = .storing
      return
    }
    let wasContradicted = inHand != nil
    drop()
    if wasContradicted {
      // The reader gave a batch that does not follow: the log changed between the two looks.
      sourceFailed(
        SourceError(.changed, "the log changes while it is read"), at: now, retry: retry)
    } else {
      phase = .reading
    }
  }

  mutating func read(_ result: Result<EventBatch?, SourceError>, at now: Duration, retry: Retry) {
    retryAt = nil
    if needsFreshReader, case .success = result { needsFreshReader = false }
    switch result {
    case .failure(let error): sourceFailed(error, at: now, retry: retry)
    case .success(nil):
      clearSourceTrouble()
      phase = bound == .none ? .atHead : .finished
    case .success(let batch?):
      inHand = batch
      attempts = 0
      // Ids may legally have gaps, but a rotation that took events with it looks the same: ask the log.
      let isNeighbour = position.map { batch.first.eventId &- $0.eventId <= 1 } ?? true
      phase = isNeighbour ? .storing : .verifying
      if isNeighbour { clearSourceTrouble() }
    }
  }

  /// The log may have changed: look whether something follows.
  mutating func logChanged() {
    if case .atHead = phase { phase = start == nil ? .reading : .locating }
  }

  mutating func readAhead(_ result: Result<EventBatch?, SourceError>) { ahead = result }

  mutating func stored(_ result: Result<Void, SinkError>, at now: Duration, retry: Retry) {
    retryAt = nil
    switch result {
    case .failure(let error): sinkFailed(error, at: now, retry: retry)
    case .success:
      let batch = inHand!
      position = batch.last
      isUnsaved = true
      inHand = nil
      attempts = 0
      endTrouble()
      if let maxRate, maxRate > 0 {
        pacedUntil = max(pacedUntil, now) + .seconds(Double(batch.spanCount) / maxRate)
      }
      phase = .reading
      if let ahead {
        self.ahead = nil
        read(ahead, at: now, retry: retry)
      }
    }
  }

  mutating func putting() { attempts += 1 }

  mutating func saved(at now: Duration) {
    isUnsaved = false
    savedAt = now
    guard saveRetryAt != nil else { return }
    saveRetryAt = nil
    trouble = nil
    backoff.reset()
  }

  mutating func saveFailed(_ error: StateError, at now: Duration, retry: Retry) {
    // Nothing goes to the sink before the checkpoint is written: `isUnsaved` stays.
    noteTrouble(code: "state", error.message, retry)
    saveRetryAt = now + backoff.next(jitter: retry.jitter)
  }

  /// Tries again what it was halted on, or waits for, now.
  mutating func resume() {
    retryAt = nil
    if case .halted(let halt) = phase {
      switch halt {
      case .stopped, .held: phase = .opening
      case .diverged, .gap, .source: phase = .verifying
      }
      needsFreshReader = true
    }
  }

  mutating func takeNotes() -> [String] {
    defer { notes = [] }
    return notes
  }

  // MARK: - Failures

  /// What a failure needs to be told with: a number from 0 to 1, and the time of day.
  struct Retry: Sendable {
    var jitter: Double
    var date: EventTime
  }

  private mutating func sinkFailed(_ error: SinkError, at now: Duration, retry: Retry) {
    switch error.remedy {
    case .retry, .stop, .held: noteTrouble(code: error.code, error.message, retry)
    case .wait: noteWait(error, at: now, retry: retry)
    case .again: break
    }
    isWaitingForSomebody = error.remedy == .wait
    switch error.remedy {
    case .retry:
      phase = .opening
      retryAt = now + backoff.next(jitter: retry.jitter)
    case .stop: phase = .halted(.stopped(error))
    case .held: phase = .halted(.held(error))
    case .wait, .again:
      if case .opening = phase { retryAt = now + .seconds(1) }
      if error.remedy == .again { endTrouble() }
      // It is the first attempt still, which goes on.
      attempts = 0
    }
  }

  /// One wait is one trouble, however often it is looked at.
  private mutating func noteWait(_ error: SinkError, at now: Duration, retry: Retry) {
    guard isWaitingForSomebody, trouble?.code == error.code else {
      return noteTrouble(code: error.code, error.message, retry)
    }
    trouble!.message = error.message
  }

  private mutating func endTrouble() {
    trouble = nil
    isWaitingForSomebody = false
    backoff.reset()
  }

  private mutating func sourceFailed(_ error: SourceError, at now: Duration, retry: Retry) {
    needsFreshReader = true
    ahead = nil
    if case .locating = phase {} else { phase = .verifying }
    switch error.kind {
    case .changed where changes < 3:
      // The same call may succeed at once: no trouble yet.
      changes += 1
      return
    case .gap(let ids): phase = .halted(.gap(ids, error.message))
    case .diverged: phase = .halted(.diverged(error.message))
    case .ambiguous, .unsupported: phase = .halted(.source(error))
    case .changed, .missing, .unreadable: retryAt = now + backoff.next(jitter: retry.jitter)
    }
    noteTrouble(code: "primary", error.message, retry)
  }

  private mutating func noteTrouble(code: String, _ message: String, _ retry: Retry) {
    if trouble == nil {
      trouble = Trouble(code: code, message: message, since: retry.date, count: 0)
    }
    trouble!.code = code
    trouble!.message = message
    trouble!.count += 1
  }

  private mutating func clearSourceTrouble() {
    changes = 0
    if trouble?.code == "primary" {
      trouble = nil
      backoff.reset()
    }
  }

  private mutating func drop() {
    inHand = nil
    ahead = nil
    attempts = 0
    needsFreshReader = true
  }
}
