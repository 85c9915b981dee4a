internal import EventPersistence

extension LagMachine {
  struct Verdict {
    var state: SecondaryState
    var severity: Severity
    /// When the state began according to the files; nil if they do not say.
    var since: EventTime?
    var explanation: String?

    init(
      _ state: SecondaryState, _ severity: Severity, since: EventTime? = nil,
      _ explanation: String? = nil
    ) {
      self.state = state
      self.severity = severity
      self.since = since
      self.explanation = explanation
    }
  }

  /// The first row of the table that fits.
  func judge(_ look: Look, _ facts: Facts) -> Verdict {
    unreadable(look)
      ?? newLog(look)
      ?? diverged(look, facts)
      ?? gap(look)
      ?? replay(look, facts)
      ?? paused(look)
      ?? rewound(facts)
      ?? driverTrouble(look)
      ?? atRest(look, facts)
      ?? stalled(look, facts)
      ?? moving(look, facts)
  }

  // MARK: - unknown

  private func unreadable(_ look: Look) -> Verdict? {
    if case .failure(let error) = look.checkpoint {
      return Verdict(.unknown, .unknown, error.message)
    }
    if let trouble = look.trouble { return Verdict(.unknown, .unknown, trouble.message) }
    switch look.survey.state {
    case .live, .silent: break
    case .missing, .ambiguous, .unreadable:
      return Verdict(
        .unknown, .unknown,
        look.survey.sentence
          ?? "The primary is \(look.survey.state.rawValue): the lag is not known.")
    }
    switch look.status {
    case .failure(let error)?:
      switch error.kind {
      // What the driver says about the damage tells more.
      case .gap, .damaged: return nil
      default: return Verdict(.unknown, .unknown, error.message)
      }
    default: return nil
    }
  }

  // MARK: - new-log, diverged, gap

  private func newLog(_ look: Look) -> Verdict? {
    // One that is begun shows its progress.
    guard look.isNewLog, look.replay.map({ $0.kind != .newLog || $0.state == .requested }) ?? true
    else { return nil }
    let sentence = Divergence.sentence(ofNewLogFor: description.argument, look.generation ?? 1)
    let acts = description.beginsNewLogs && look.isLocked == true
    // In the words of its driver's error, which need not be said twice.
    return Verdict(.newLog, acts ? .info : .error, sentence)
  }

  private func diverged(_ look: Look, _ facts: Facts) -> Verdict? {
    guard case .success(let status)? = look.status, let position = facts.checkpoint?.position
    else { return nil }
    let remedy = " Its driver stops. To plan the rewind: hydra-sinks replay \(description.argument)"
    switch status.match {
    case .differs(let other):
      // Often only their times differ.
      func named(_ event: Position) -> String {
        "\(event)" + (event.time.map { " of \($0.text(fractionDigits: 3))" } ?? "")
      }
      return Verdict(
        .diverged, .error,
        "The primary has \(named(other)) where this secondary has stored \(named(position)): the "
          + "node lost its last events and reused their ids." + remedy)
    case .absent:
      return Verdict(
        .diverged, .error,
        "The primary has no event \(position), which this secondary reports as stored."
          + remedy)
    case .ahead where facts.isAheadTooLong:
      let head = look.survey.head.map { "ends at \($0)" } ?? "is empty"
      return Verdict(
        .diverged, .error,
        "This secondary has stored \(position), but the primary \(head): the node lost its last "
          + "events, or this is another log." + remedy)
    default: return nil
    }
  }

  private func gap(_ look: Look) -> Verdict? {
    let ids: ClosedRange<UInt64>
    switch look.status {
    case .success(let status)?:
      guard case .gap(let lost) = status.match else { return nil }
      ids = lost
    case .failure(let error)?:
      guard case .gap(let lost) = error.kind else { return nil }
      ids = lost
    case nil: return nil
    }
    let holders =
      description.history.map { "Neither a log of the node nor its history \($0) has" }
      ?? "No log of the node has"
    return Verdict(
      .gap, .error,
      "\(holders) the events \(ids.lowerBound) through \(ids.upperBound): they were "
        + "rotated away. Bring the archive back, or continue after the gap: "
        + "hydra-sinks replay \(description.argument) --clamp")
  }

  // MARK: - replaying, paused, rewound

  private func replay(_ look: Look, _ facts: Facts) -> Verdict? {
    guard let replay = look.replay, replay.isUnderWay else { return nil }
    let begun = replay.startedAt ?? replay.at
    if look.isLocked == false {
      if look.moment.at.seconds(since: begun) > Self.orphanGrace.inSeconds {
        return Verdict(
          .replayOrphaned, .error,
          since: look.driver.map { max($0.endedAt ?? $0.at, begun) } ?? begun,
          "No driver is running the replay \(replay.id). To resume it: hydra-sinks replay "
            + "\(description.argument) --resume; to cancel it: hydra-sinks cancel \(description.argument)"
        )
      }
    } else if look.driver?.stopped == true || isBeyondPatience(facts.replayUnmoved, look, facts) {
      let since =
        look.driver?.errorSince
        ?? facts.replayUnmoved.map { look.moment.at.advanced(bySeconds: -$0.inSeconds) }
      return Verdict(
        .replayStalled, .error, since: since,
        look.driver?.lastError ?? "The replay \(replay.id) makes no progress, and its driver "
          + "reports no error: the sink may be slow. To cancel it: "
          + "hydra-sinks cancel \(description.argument)")
    }
    return Verdict(.replaying, .info, since: begun)
  }

  private func paused(_ look: Look) -> Verdict? {
    // One whose time is over ends as soon as a driver looks.
    guard let pause = look.pause, !pause.isOver(at: look.moment.at) else { return nil }
    let by = "Paused by \(pause.by)\(pause.reason.map { ": \($0)" } ?? "")."
    let resume = "To resume it: hydra-sinks resume \(description.argument)"
    if look.willLoseEvents == true {
      return Verdict(
        .paused, .error, since: pause.at,
        "\(by) The next rotation will delete events that it has not stored. " + resume)
    }
    if let until = pause.until, look.moment.at > until {
      return Verdict(
        .paused, .warning, since: pause.at,
        "\(by) The reminder of this pause was due at \(until). " + resume)
    }
    let end = pause.resumeAt.map { " Its driver resumes it at \($0)." } ?? ""
    return Verdict(.paused, .info, since: pause.at, "\(by)\(end) \(resume)")
  }

  private func rewound(_ facts: Facts) -> Verdict? {
    guard let checkpoint = facts.checkpoint, let highest = checkpoint.highest,
      checkpoint.eventId.map({ $0 < highest }) ?? true
    else { return nil }
    let place = checkpoint.eventId.map { "at \($0)" } ?? "before the first event"
    return Verdict(
      .rewound, .error, since: checkpoint.at,
      "The checkpoint is \(place), but events through \(highest) had been stored, and no replay "
        + "moved the checkpoint back: the file was restored or edited. "
        + "To deliver these events again: "
        + "hydra-sinks replay \(description.argument)")
  }

  // MARK: - The driver

  private func driverTrouble(_ look: Look) -> Verdict? {
    guard !description.isOnlyWatched, let isLocked = look.isLocked else { return nil }
    if !isLocked {
      guard let driver = look.driver, driver.endedAt == nil else { return nil }
      return Verdict(
        .driverLost, .error, since: driver.at,
        "Its driver (pid \(driver.pid) on \(driver.host)) died: it was killed, or the machine went "
          + "down. Nothing is lost." + startAdvice("To start it again"))
    }
    // A lock that was just taken has 30 s for its first heartbeat, whatever the last driver left.
    let heldFor = lockedSince.map { look.moment.instant - $0 }
    if let heldFor, heldFor <= Self.heartbeatMax { return nil }
    guard let driver = look.driver, driver.endedAt == nil else {
      guard heldFor != nil else { return nil }
      return Verdict(
        .driverHung, .error,
        "A process holds the lock of \(description.name) but has never reported. To find it: "
          + "fuser -v \(look.lockPath)")
    }
    guard look.moment.at.seconds(since: driver.at) > Self.heartbeatMax.inSeconds else { return nil }
    return Verdict(
      .driverHung, .error, since: driver.at,
      "Its driver (pid \(driver.pid) on \(driver.host)) holds the lock but no longer reports: it "
        + "is stopped or stuck, or cannot write its state (then its log says why, such as a full "
        + "disk). To continue it: kill -CONT \(driver.pid); to end it: kill \(driver.pid)")
  }

  // MARK: - new, ok, idle

  private func atRest(_ look: Look, _ facts: Facts) -> Verdict? {
    // With nothing left to deliver, only a sink that lost what it held is not well.
    if look.isLocked == false, let driver = look.driver, driver.stopped, driver.endedAt != nil,
      facts.lagEvents != 0 || driver.errorCode == SinkError.emptiedCode
    {
      return Verdict(
        .stalled, .error, since: driver.errorSince,
        isConfigured
          ? Self.sentence(
            driver.lastError ?? "Its driver gave up.", "Then start a driver: hydra-sinks run")
          : driver.lastError ?? "Its driver gave up.")
    }
    if facts.checkpoint?.eventId == nil, look.isLocked != true {
      return Verdict(
        .new, .info,
        description.isOnlyWatched
          ? "It has published no checkpoint yet."
          : "Nothing is stored yet, and no driver is running." + startAdvice("To start one"))
    }
    guard let lag = facts.lagEvents else {
      return Verdict(.unknown, .unknown, "The primary's head is not known yet.")
    }
    if lag == 0 { return inStep(look) }
    if look.isLocked == true, look.driver?.stopped != true, let behind = behind(facts),
      behind <= interval(look.driver) + Self.trail
    {
      return inStep(look)
    }
    guard !description.isOnlyWatched, look.isLocked == false else { return nil }
    // No driver is running, and the last one was not killed.
    return raised(
      Verdict(
        .idle, .warning, since: look.driver?.endedAt,
        "No driver is running." + startAdvice("To start one")), look, facts)
  }

  /// At the head, or as near to it as the sink keeps on purpose: well, unless an error stands.
  private func inStep(_ look: Look) -> Verdict {
    look.runningDriver?.lastError.map { Verdict(.ok, .warning, $0) } ?? Verdict(.ok, .ok)
  }

  /// How to start a driver; nothing for a secondary that no driver of this configuration drives.
  private func startAdvice(_ purpose: String) -> String {
    isConfigured ? " \(purpose): hydra-sinks run" : ""
  }

  /// What to do about the folder of a secondary that the configuration lacks: it is not well, and
  /// no driver changes that.
  func forgetAdvice(_ verdict: Verdict, _ look: Look) -> String? {
    guard !isConfigured, look.isLocked == false, verdict.severity >= .warning else { return nil }
    return "It is not configured here. If its sink is gone, set its state aside: "
      + "hydra-sinks forget \(description.argument) --execute (what the sink holds is not touched). "
      + "Otherwise configure it again."
  }

  /// How long the first event not stored has existed: since a look saw it come, otherwise since its
  /// time.
  private func behind(_ facts: Facts) -> Duration? {
    [facts.missingFor, facts.lagSeconds.map { .seconds($0) }].compactMap { $0 }.min()
  }

  // MARK: - stalled

  private func stalled(_ look: Look, _ facts: Facts) -> Verdict? {
    let clock = facts.unmoved.map { look.moment.at.advanced(bySeconds: -$0.inSeconds) }
    if let driver = look.driver, driver.stopped, driver.endedAt == nil {
      // In the middle of a batch it waits for a consumer, and continues by itself.
      let next =
        driver.phase == .storing
        ? "It continues once the problem clears."
        : "The driver tries again within a minute. To try now: hydra-sinks retry "
          + description.argument
      return Verdict(
        .stalled, .error, since: driver.errorSince ?? clock,
        Self.sentence(driver.lastError ?? "Its driver waits for an operator to act.", next))
    }
    guard isBeyondPatience(facts.unmoved, look, facts) else {
      // A driver that tries again is no further yet.
      guard last?.state == .stalled, look.runningDriver != nil, facts.hasStayed else { return nil }
      return Verdict(
        .stalled, .error, since: clock, failure(look) ?? "Its driver is trying again.")
    }
    return Verdict(
      .stalled, .error, since: clock,
      failure(look)
        ?? (description.isOnlyWatched
          ? "Its checkpoint does not move, though there are events to store."
          : "It makes no progress, and its driver reports no error: the sink may be stuck."))
  }

  /// The error that stands, and what the driver does about it by itself.
  private func failure(_ look: Look) -> String? {
    guard let error = look.driver?.lastError else { return nil }
    guard look.runningDriver?.phase == .backingOff else { return error }
    return Self.sentence(
      error,
      "The driver keeps trying. To try now: hydra-sinks retry \(description.argument)")
  }

  /// `error`, which has no period after a command or a program's words, and what follows it.
  static func sentence(_ error: String, _ next: String) -> String {
    error.hasSuffix(".")
      ? "\(error) \(next)" : "\(error); \(next.prefix(1).lowercased())\(next.dropFirst())"
  }

  private func isBeyondPatience(_ unmoved: Duration?, _ look: Look, _ facts: Facts) -> Bool {
    guard let unmoved, unmoved > facts.patience else { return false }
    // A first attempt within its time is progress that does not show yet.
    if let driver = look.runningDriver, driver.phase == .storing, driver.attempts <= 1,
      look.moment.at.seconds(since: driver.phaseSince) <= facts.patience.inSeconds
    {
      return false
    }
    return true
  }

  // MARK: - falling-behind, catching-up, lagging

  private func moving(_ look: Look, _ facts: Facts) -> Verdict {
    // Whoever has not looked for long enough takes the driver's word.
    let isNoted =
      window.span < LagWindow.trendSpanMin && look.runningDriver != nil
      && look.lastStateChange?.stateNoted == .fallingBehind
    if isNoted || growth.map({ $0.count >= 2 }) ?? false {
      return raised(
        Verdict(
          .fallingBehind, .warning,
          look.runningDriver?.lastError != nil && facts.rateOut ?? 0 == 0
            ? "Events come, and none are stored." : "Events come faster than they are stored."),
        look, facts)
    }
    if let rateIn = facts.rateIn, let rateOut = facts.rateOut, rateOut > rateIn,
      window.rateOut == nil || window.isShrinking
    {
      return raised(Verdict(.catchingUp, .info), look, facts)
    }
    return raised(Verdict(.lagging, .info), look, facts)
  }

  /// The verdict, raised to a warning or an error if the configured limits are exceeded.
  private func raised(_ verdict: Verdict, _ look: Look, _ facts: Facts) -> Verdict {
    var verdict = verdict
    for (limits, severity) in [(description.error, Severity.error), (description.warn, .warning)] {
      var passed: [String] = []
      if let lag = facts.lagEvents, let limit = limits.events, lag > limit {
        passed.append("\(limit) events")
      }
      if let seconds = facts.lagSeconds, let limit = limits.seconds,
        seconds - interval(look.driver).inSeconds > limit
      {
        passed.append("\(limit) s")
      }
      guard !passed.isEmpty else { continue }
      if severity > verdict.severity { verdict.severity = severity }
      let sentence = "Its lag is beyond the limit of \(passed.joined(separator: " and "))."
      verdict.explanation = verdict.explanation.map { "\(sentence) \($0)" } ?? sentence
      return verdict
    }
    return verdict
  }
}
