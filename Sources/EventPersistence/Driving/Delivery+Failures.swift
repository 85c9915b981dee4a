extension Delivery {
  /// What a failure needs to be told with: a number from 0 to 1, and the time of day.
  struct Retry: Sendable {
    var jitter: Double
    var date: EventTime
  }

  mutating func sinkFailed(_ error: SinkError, at now: Duration, retry: Retry) {
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

  /// Whether everything is stored and nothing is waited for but the log.
  var isAtRest: Bool {
    if case .atHead = phase, inHand == nil, assembler.dueAt == nil { true } else { false }
  }

  /// The sink went away while there was nothing to put.
  mutating func failedAtRest(_ error: SinkError, at now: Duration, retry: Retry) {
    guard isAtRest else { return }
    needsFreshReader = true
    sinkFailed(error, at: now, retry: retry)
  }

  /// The trouble was with the sink, which is open again and has nothing to do. What goes away time and again
  /// is waited for longer each time all the same, until something is stored.
  mutating func endTroubleAtRest() {
    guard isAtRest, trouble?.code != "primary" else { return }
    trouble = nil
    isWaitingForSomebody = false
  }

  /// One wait is one trouble, however often it is looked at.
  mutating func noteWait(_ error: SinkError, at now: Duration, retry: Retry) {
    guard isWaitingForSomebody, trouble?.code == error.code else {
      return noteTrouble(code: error.code, error.message, retry)
    }
    trouble!.message = error.message
  }

  mutating func endTrouble() {
    trouble = nil
    isWaitingForSomebody = false
    backoff.reset()
  }

  mutating func sourceFailed(_ error: SourceError, at now: Duration, retry: Retry) {
    let stoodElsewhere = assembler.last != nil && assembler.last != position
    if inHand == nil { drop() }
    needsFreshReader = true
    ahead = nil
    if case .locating = phase {} else { phase = .verifying }
    switch error.kind {
    case .diverged where stoodElsewhere && changes < 3:
      // What was read and not stored is not in the log any more: what was stored may be.
      changes += 1
      return
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

  mutating func noteTrouble(code: String, _ message: String, _ retry: Retry) {
    if trouble == nil {
      trouble = Trouble(code: code, message: message, since: retry.date, count: 0)
    }
    trouble!.code = code
    trouble!.message = message
    trouble!.count += 1
  }

  mutating func clearSourceTrouble() {
    changes = 0
    if trouble?.code == "primary" {
      trouble = nil
      backoff.reset()
    }
  }

  mutating func drop() {
    inHand = nil
    inHandNext = nil
    reachesGoal = false
    ahead = nil
    attempts = 0
    needsFreshReader = true
    anchor = nil
    assembler.begin(at: nil, known: nil)
  }
}
