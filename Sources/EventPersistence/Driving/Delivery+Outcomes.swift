extension Delivery {
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
  mutating func begin(with held: Position?, hasNothing: Bool) {
    if hasNothing {
      guard let held else { return }
      position = held
      storedFirst = nil
      isUnsaved = true
      notes.append("no checkpoint: the sink says that it holds everything through \(held)")
    } else if let checkpoint = position {
      guard held.map({ $0.eventId < checkpoint.eventId }) ?? true else { return }
      position = held
      storedFirst = nil
      drop()
      if selection == .all {
        isUnsaved = true
        noteThatItLacks(checkpoint)
      } else {
        claim = claim ?? checkpoint
      }
    }
  }

  mutating func noteThatItLacks(_ checkpoint: Position) {
    notes.append(
      "the sink holds \(position.map { "everything through \($0)" } ?? "nothing"), the checkpoint says "
        + "\(checkpoint): delivering again from there")
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

  mutating func verified(_ result: Result<PositionStatus, SourceError>, at now: Duration, retry: Retry) {
    retryAt = nil
    switch result {
    case .failure(let error): sourceFailed(error, at: now, retry: retry)
    case .success(let status):
      if case .leaping(let batch) = phase {
        leapt(to: batch, status, at: now, retry: retry)
        return
      }
      if case .confirming = phase { return confirmed(status) }
      if let claim, isBeyondTheLog(status) {
        notes.append(
          "the sink names \(position.map(\.description) ?? "no event"), and the log does not tell what "
            + "followed it any more: the checkpoint counts, \(claim)")
        position = claim
        self.claim = nil
        return
      }
      switch status.match {
      case .found: break
      case .before:
        notes.append(
          "the log begins at \(status.next.map(\.description) ?? "nothing"), behind the checkpoint "
            + "\(position.map(\.description) ?? "(none)"); no rotation proves that events were lost"
        )
      case .ahead:
        let since = aheadSince ?? now
        aheadSince = since
        if now - since >= Self.aheadAtMost {
          aheadSince = nil
          phase = .halted(.diverged(Divergence.sentence(of: name, position, status.match)))
        } else {
          retryAt = now + .milliseconds(100)
        }
        return
      case .differs, .absent:
        phase = .halted(.diverged(Divergence.sentence(of: name, position, status.match)))
        return
      case .gap(let ids):
        phase = .halted(.gap(ids, Divergence.sentence(of: name, lost: ids)))
        return
      }
      proceed(behind: status, at: now, retry: retry)
    }
  }

  private func isBeyondTheLog(_ status: PositionStatus) -> Bool {
    switch status.match {
    case .gap, .before: true
    case .found, .absent, .differs, .ahead: false
    }
  }

  mutating func proceed(behind status: PositionStatus, at now: Duration, retry: Retry) {
    aheadSince = nil
    let next = status.next
    if inHand != nil, let next, inHandNext?.agrees(with: next) ?? false {
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
    } else if isWhole, isBehindGoal {
      phase = .finished
    } else if let rule = batching.rule {
      findBatch(of: next, rule, isFirst: position == nil || status.match == .before, at: now)
    } else {
      assembler.begin(at: nil, known: nil)
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
      reachedEnd(at: now)
    case .success(let batch?):
      // Ids may legally have gaps, but a rotation that took events with it looks the same: ask the log.
      let before = assembler.last ?? (batching.rule == nil ? position : nil)
      if let before, batch.first.eventId &- before.eventId > 1 {
        phase = .leaping(batch)
      } else {
        clearSourceTrouble()
        take(batch, at: now, retry: retry)
      }
    }
  }

  /// The log may have changed: look whether something follows.
  mutating func logChanged() {
    guard case .atHead = phase else { return }
    let isPlaced = batching.rule == nil || !needsFreshReader || anchor != nil
    phase = start != nil ? .locating : isPlaced ? .reading : .verifying
  }

  mutating func readAhead(_ result: Result<EventBatch?, SourceError>) { ahead = result }

  mutating func stored(_ result: Result<Void, SinkError>, at now: Duration, retry: Retry) {
    retryAt = nil
    switch result {
    case .failure(let error): sinkFailed(error, at: now, retry: retry)
    case .success:
      let batch = inHand!
      position = batch.last
      storedFirst = batch.run?.first
      if claim.map({ $0.eventId <= batch.last.eventId }) ?? true {
        claim = nil
        isUnsaved = true
      }
      inHand = nil
      attempts = 0
      endTrouble()
      if let maxRate, maxRate > 0 {
        pacedUntil = max(pacedUntil, now) + .seconds(Double(batch.spanCount) / maxRate)
      }
      if reachesGoal {
        phase = .finished
      } else {
        advance(at: now, retry: retry)
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
}
