internal import EventPersistence

extension LagMachine {
  /// What a look shows in comparison with earlier ones.
  struct Facts {
    var checkpoint: Checkpoint?
    /// `.ahead` only once the head has had time to follow.
    var isAheadTooLong = false
    var lagEvents: UInt64?
    var lagSeconds: Double?
    var rateIn: Double?
    var rateOut: Double?
    /// Whether the checkpoint is where it was at the last look.
    var hasStayed = false
    /// How long the secondary could have moved and did not; nil if that is not known.
    var unmoved: Duration?
    /// How long the first event not stored could have been stored; nil if that is not known.
    var missingFor: Duration?
    var patience = LagMachine.patienceMin
    /// How long the replay under way made no progress; nil if there is none, or that is not known.
    var replayUnmoved: Duration?
  }

  mutating func learn(_ look: Look) -> Facts {
    let now = look.moment.instant
    let isFirst = last == nil
    var facts = Facts()
    facts.patience = patience(look.driver)
    learnLock(look, now, isFirst: isFirst)
    facts.replayUnmoved = learnReplay(look, now)
    guard case .success(let read) = look.checkpoint else {
      window.removeAll()
      return facts
    }
    facts.checkpoint = read
    learnJump(look, read)
    if checkpoint == nil || checkpoint! != read {
      let position = read?.position
      if checkpoint == nil {
        // Before the first look, the file's own time shows the last move.
        movedAt = (read?.at ?? look.checkpointWrittenAt).map { look.moment.instant(of: $0) }
      } else if checkpoint!?.position != position {
        movedAt = now
      }
      checkpoint = .some(read)
    }
    facts.hasStayed = !isFirst && movedAt != now
    learnAhead(look, read, now, isFirst: isFirst, &facts)
    learnMissing(look, now, isFirst: isFirst)
    // Nothing of a log that began anew is stored yet.
    let position = look.isNewLog ? nil : read?.position
    facts.lagEvents = look.survey.lag(behind: position)
    if let lag = facts.lagEvents {
      if lag == 0 {
        facts.lagSeconds = 0
      } else if let time = look.isNewLog ? look.survey.first?.time : missing?.time {
        facts.lagSeconds = max(0, look.moment.at.seconds(since: time))
      }
      window.append(
        LagSample(
          instant: now, checkpointId: read?.eventId, headId: look.survey.head?.eventId,
          lagEvents: lag))
    } else {
      window.removeAll()
    }
    facts.rateIn = window.rateIn
    // The driver's own count is used until there are two looks to compare.
    facts.rateOut =
      window.rateOut
      ?? look.runningDriver?.ratePerSecond
    // It could not move before its driver began, nor while it was held back.
    let driverBegan = look.runningDriver.map { look.moment.instant(of: $0.startedAt) }
    if let last, last.state.holdsBack { heldBackUntil = now }
    if let clock = [movedAt, missingSince].compactMap({ $0 }).max() {
      facts.unmoved = now - max(clock, driverBegan ?? clock, heldBackUntil ?? clock)
    }
    let appeared = missing.flatMap { window.appearance(ofEvent: $0.eventId) }
    facts.missingFor = [appeared, missingSince].compactMap { $0 }.max().map { now - $0 }
    learnGrowth(now)
    return facts
  }

  /// The greater of 30 s, twice the sink's batching interval, and its timeout.
  private func patience(_ driver: DriverReport?) -> Duration {
    let timeout =
      driver?.timeoutSeconds.map(Duration.bounded)
      ?? (description.isOnlyWatched ? .zero : description.batching.timeout)
    return max(Self.patienceMin, interval(driver) * 2, timeout)
  }

  func interval(_ driver: DriverReport?) -> Duration {
    driver?.batchingSeconds.map(Duration.bounded) ?? description.batching.heldBackAtMost
  }

  private mutating func learnLock(_ look: Look, _ now: Duration, isFirst: Bool) {
    if look.isLocked == true {
      if wasLocked == false { lockedSince = now }
    } else {
      lockedSince = nil
    }
    wasLocked = look.isLocked
  }

  /// The beginning of a replay and its cancellation move the checkpoint without delivering
  /// anything: the window starts again, since rates across that mean nothing.
  private mutating func learnJump(_ look: Look, _ read: Checkpoint?) {
    let isBeginning = look.replay.map { $0.position == nil && checkpoint != .some(read) } ?? false
    if isBeginning || look.replay?.id != replay?.id || look.replay?.state != replay?.state {
      window.removeAll()
    }
    replay = look.replay
  }

  private mutating func learnReplay(_ look: Look, _ now: Duration) -> Duration? {
    guard let replay = look.replay else {
      replayMark = nil
      return nil
    }
    if let mark = replayMark, mark.id == replay.id, mark.position == replay.position,
      mark.delivered == replay.delivered
    {
      return now - mark.at
    }
    var since = now
    if replayMark == nil, last == nil {
      // At the first look, the beginning is known; later moves are not, unless the checkpoint shows
      // them.
      var times = [replay.at]
      if let startedAt = replay.startedAt { times.append(startedAt) }
      if case .success(let read) = look.checkpoint, let at = read?.at { times.append(at) }
      if replay.kind != .range || replay.position == nil {
        since = look.moment.instant(of: times.max()!)
      }
    }
    replayMark = (replay.id, replay.position, replay.delivered, since)
    return now - since
  }

  private mutating func learnAhead(
    _ look: Look, _ read: Checkpoint?, _ now: Duration, isFirst: Bool, _ facts: inout Facts
  ) {
    guard case .success(let status)? = look.status, status.match == .ahead,
      let eventId = read?.eventId
    else {
      ahead = nil
      return
    }
    let head = look.survey.head?.eventId
    if let ahead, head.map({ $0 < ahead.eventId }) ?? true {
      facts.isAheadTooLong = now - ahead.since >= Self.aheadMax
      return
    }
    let written = read?.at ?? look.checkpointWrittenAt
    let since = isFirst ? written.map { look.moment.instant(of: $0) } ?? now : now
    ahead = (eventId, since)
    facts.isAheadTooLong = now - since > Self.aheadMax
  }

  private mutating func learnMissing(_ look: Look, _ now: Duration, isFirst: Bool) {
    guard case .success(let status)? = look.status else { return }
    guard let next = status.next else {
      missing = nil
      missingSince = nil
      return
    }
    if missing == next { return }
    // If an earlier look saw the head without it, the event is new. Otherwise it existed already,
    // and only its own time shows when it came. A moved checkpoint restarts the clock in any case.
    let wasAtHead = !isFirst && missing == nil
    missing = next
    missingSince = wasAtHead ? now : next.time.map { look.moment.instant(of: $0) }
  }

  /// Growth counts once a second, so that twice in a row means that it lasts.
  private mutating func learnGrowth(_ now: Duration) {
    guard window.isGrowing else {
      growth = nil
      return
    }
    if let last = growth {
      if now - last.at >= .seconds(1) { growth = (last.count + 1, now) }
    } else {
      growth = (1, now)
    }
  }
}

extension Look {
  /// The driver's report, if it is from the holder of the lock.
  var runningDriver: DriverReport? {
    guard isLocked == true, let driver, driver.endedAt == nil else { return nil }
    return driver
  }
}

extension SecondaryState {
  /// Whether nothing is delivered at the moment, on purpose or because no driver is running.
  fileprivate var holdsBack: Bool {
    switch self {
    case .unknown, .newLog, .diverged, .gap, .replaying, .replayStalled, .replayOrphaned, .paused,
      .rewound, .driverLost, .driverHung, .idle:
      true
    case .new, .ok, .stalled, .fallingBehind, .catchingUp, .lagging: false
    }
  }
}

extension Moment {
  /// The instant of `time`, computed from both clocks now; for a time in the future, this instant.
  func instant(of time: EventTime) -> Duration {
    instant - .seconds(max(0, at.seconds(since: time)))
  }
}
