extension Delivery {
  /// Whether everything through the bound is stored already.
  var isBehindGoal: Bool {
    guard case .through(let goal?) = bound, let position else { return false }
    return position.eventId > goal.eventId || position.agrees(with: goal)
  }

  /// Where the batch begins that the event `next` lies in: known, or to be looked for.
  mutating func findBatch(
    of next: Position?, _ rule: BatchRule, isFirst: Bool, at now: Duration
  ) {
    guard let next else {
      // Nothing is to be read before the log grows.
      reachedEnd(at: now)
      return
    }
    if isFirst || position.map({ !$0.isIdOnly && rule.run(of: $0) != rule.run(of: next) }) ?? true {
      begin(at: next, known: nil)
    } else if let storedFirst {
      begin(at: storedFirst, known: position)
    } else {
      phase = .anchoring(next)
    }
  }

  mutating func begin(at anchor: Position, known: Position?) {
    self.anchor = anchor
    assembler.begin(at: anchor, known: known)
    needsFreshReader = true
    phase = .reading
  }

  mutating func anchored(_ result: Result<Position, SourceError>, at now: Duration, retry: Retry) {
    retryAt = nil
    guard case .anchoring(let next) = phase else { return }
    switch result {
    case .failure(let error): sourceFailed(error, at: now, retry: retry)
    case .success(let anchor): begin(at: anchor, known: anchor == next ? nil : position)
    }
  }

  mutating func leapt(
    to batch: EventBatch, _ status: PositionStatus, at now: Duration, retry: Retry
  ) {
    let follows = status.next.map { batch.first.agrees(with: $0) } ?? false
    switch status.match {
    case .found where follows, .before where follows:
      clearSourceTrouble()
      take(batch, at: now, retry: retry)
    case .gap(let ids):
      needsFreshReader = true
      ahead = nil
      if let output = assembler.flush() {
        // What stands before the lost ones is stored first; then the log is asked again.
        hold(output)
      } else {
        phase = .halted(.gap(ids, Divergence.sentence(of: name, lost: ids)))
      }
    default:
      drop()
      sourceFailed(
        SourceError(.changed, "the log changes while it is read"), at: now, retry: retry)
    }
  }

  mutating func take(_ batch: EventBatch, at now: Duration, retry: Retry) {
    do throws(SourceError) {
      try assembler.take(batch, at: now, date: retry.date)
      advance(at: now, retry: retry)
    } catch {
      storedFirst = nil
      drop()
      sourceFailed(error, at: now, retry: retry)
    }
  }

  /// On to the next batch, out of what was read already if that has one.
  mutating func advance(at now: Duration, retry: Retry) {
    if needsFreshReader {
      phase = .verifying
    } else if let output = assembler.next() {
      hold(output)
    } else if assembler.hasGrown {
      ahead = nil
      begin(at: assembler.batchFirst!, known: position)
    } else if let ahead {
      self.ahead = nil
      read(ahead, at: now, retry: retry)
    } else {
      phase = .reading
    }
  }

  mutating func hold(_ output: BatchAssembler.Output) {
    inHand = output.batch
    inHandNext = output.next
    reachesGoal = output.reachesGoal
    if let claim, output.batch.entries.contains(where: { isLacking($0.position, of: claim) }) {
      noteThatItLacks(claim)
      self.claim = nil
    }
    attempts = 0
    phase = .storing
  }

  /// Whether the sink should hold the event at `next`, as the checkpoint says, and does not.
  private func isLacking(_ next: Position, of claim: Position) -> Bool {
    selection.selects(next) && next.eventId <= claim.eventId
      && position.map { $0.eventId < next.eventId } ?? true
  }

  /// Nothing more is to be read for now.
  mutating func reachedEnd(at now: Duration) {
    if let dueAt = assembler.dueAt, !leavesOpen || dueAt <= now {
      if dueAt <= now, let output = assembler.flush() {
        hold(output)
      } else {
        phase = .atHead
        tellThatItWaits()
      }
    } else if bound == .none {
      phase = .atHead
      endTroubleAtRest()
    } else {
      if assembler.dueAt != nil, let first = assembler.batchFirst {
        notes.append("the batch from \(first) on may grow: it is left to the live drive")
      }
      phase = .finished
    }
  }

  mutating func tellThatItWaits() {
    guard bound != .none, !saysThatItWaits, let first = assembler.batchFirst else { return }
    saysThatItWaits = true
    notes.append(
      "waits for the batch from \(first) on, which may still grow: until an event behind it, or "
        + "until its \(batching.rule!.interval) and \(batching.grace) are over")
  }

  /// Behind a `wait`: an open batch that need not be waited for any more goes on, where the log still has it.
  mutating func waited(at now: Duration) {
    guard case .atHead = phase, let dueAt = assembler.dueAt, dueAt <= now else { return }
    phase = .confirming
  }

  mutating func confirmed(_ status: PositionStatus) {
    if status.match == .found, let output = assembler.flush() {
      hold(output)
    } else {
      drop()
      phase = .verifying
    }
  }
}
