internal import Logging

extension Secondary {
  /// Delivers until `goal` is reached: live events, and each replay requested meanwhile.
  func deliver(until goal: DriveGoal) async throws(StateError) -> DriveEnd {
    var live: Delivery?
    while !signal.isStopped {
      let orders = orderBoard.orders(in: folder)
      let pauseStamp = FileStamp(folder.file("pause.json"))
      if orders.contains(.pause), let order = try folder.readPause() {
        if try resumeIfOver(order) { continue }
        guard goal == .cancelled else { return .paused(order) }
        await waitWhilePaused(order, as: pauseStamp)
        continue
      }
      if orders.contains(.replay), let record = try folder.readReplay() {
        live = nil
        if let end = try await driveReplay(record, goal: goal) { return end }
        continue
      }
      if case .replay(let id) = goal { return try outcome(of: id) }
      if orders.contains(.cancel) { try folder.removeCancel() }
      if live == nil {
        do throws(Ended) { live = try await makeLive(until: goal) } catch {
          if case .source(let error) = error.end { halted(.source(error)) }
          return error.end
        }
      }
      switch await carry(&live!, watching: [.pause, .replay]) {
      case .signal: return .cancelled
      case .orders: continue
      case .finished: return .reachedHead
      case .halted(let halt):
        halted(halt)
        let isHeld = if case .held = halt { true } else { false }
        if case .newLog = halt, try await beginNewLog() { continue }
        if isHeld ? !options.waitsForLock : goal != .cancelled { return halt.end }
        if await waitForRetry(halt, watching: [.pause, .replay]) { live!.resume() }
      }
    }
    return .cancelled
  }

  private func makeLive(until goal: DriveGoal) async throws(Ended) -> Delivery {
    Delivery(
      Stretch(
        name: folder.argument, bound: goal == .head ? .through(try await head()) : .none,
        batching: sink.batching, selection: configuration.selection,
        history: configuration.history?.name, first: firstReceived, generation: generation),
      after: trail.stored, start: trail.isNew ? configuration.start : nil, isOpen: isOpen)
  }

  /// The head, from the first look at the log that shows one.
  private func head() async throws(Ended) -> Position? {
    var known: String?
    while true {
      let survey = await source.survey()
      switch survey.state {
      case .live, .silent:
        // In a log without ids, the lines are not counted yet: it has a head, but its id is not
        // known yet.
        if survey.head != nil || survey.first == nil { return survey.head }
      case .missing:
        throw Ended(
          .noLog(SourceError(.missing, survey.sentence ?? "there is no log")))
      case .ambiguous:
        throw Ended(
          .source(SourceError(.ambiguous, survey.sentence ?? "there are two logs")))
      case .unreadable:
        do throws(SourceError) {
          // The head cannot be read, but this can: deliver as far as the log can be read.
          if try await source.status(of: trail.stored).next != nil {
            return Position(eventId: Position.idMax)
          }
        } catch {
          guard error.canPass else { throw Ended(.source(error.offering(folder.argument))) }
        }
      }
      let why = survey.sentence ?? "the events of the log are not counted yet"
      if known != why, survey.state == .unreadable { note(.error, "primary: \(why)") }
      known = why
      remind("waiting for the log: \(why)")
      beat()
      await options.clock.sleep(for: options.interval, on: executor)
      if signal.isStopped { throw Ended(.cancelled) }
    }
  }

  /// Ends a pause whose time is over, and journals that; false if it goes on.
  private func resumeIfOver(_ order: PauseOrder) throws(StateError) -> Bool {
    let date = options.clock.date
    guard let end = order.resumeAt, order.isOver(at: date) else { return false }
    let text = "resumed: the pause by \(order.by) was to end at \(end)"
    try folder.note(JournalEntry(.order, text, at: date)) { () throws(StateError) in
      try folder.removePause()
    }
    log.info("\(text)")
    return true
  }

  /// Waits until the pause is over, or another order is in its place.
  private func waitWhilePaused(_ order: PauseOrder, as stamp: FileStamp?) async {
    log.info("paused by \(order.by)\(order.reason.map { ": \($0)" } ?? "")")
    enter(.waiting)
    meter?.settle()
    while !signal.isStopped, !order.isOver(at: options.clock.date),
      FileStamp(folder.file("pause.json")) == stamp
    {
      beat()
      await lookIfDue()
      await options.clock.sleep(for: options.interval, on: executor)
    }
  }

  // MARK: - What waits for an operator

  /// Says what a drive with an end waits for, each minute: whoever started it waits, too.
  func remind(_ sentence: String) {
    guard isBounded, waiting.isDue(sentence, at: options.clock.now) else { return }
    log.warning("\(sentence)")
  }

  func takeRetry() -> Bool {
    do throws(StateError) { return try folder.takeRetry() } catch {
      complain(error)
      return false
    }
  }

  /// Reading a damaged log again may cost as much as its longest line, so not at each change.
  private static let logLookEach = Duration.seconds(5)

  /// Waits for a minute (less for another driver), a `retry`, a change of a file that the sink
  /// names or of a log that cannot be used or lacks events, or an order in `watched`.
  ///
  /// Returns false if the drive must end.
  func waitForRetry(
    _ halt: Halt? = nil, watching watched: StandingOrders = []
  ) async -> Bool {
    let clock = options.clock
    let end = clock.now + (halt?.retryAfter ?? .seconds(60))
    let files = sink.watchedFiles
    let stamps = files.map { FileStamp($0) }
    var logLookAt: Duration?
    switch halt {
    case .source, .diverged, .newLog, .gap: logLookAt = clock.now + Self.logLookEach
    case .stopped, .held, nil: break
    }
    let token = await source.changeToken()
    while clock.now < end, !signal.isStopped {
      let orders = orderBoard.orders(in: folder)
      if orders.contains(.retry), takeRetry() { return true }
      if !orders.isDisjoint(with: watched) || files.map({ FileStamp($0) }) != stamps { return true }
      if let at = logLookAt, clock.now >= at {
        if await source.changeToken() != token { return true }
        logLookAt = at + Self.logLookEach
      }
      beat()
      if let halt { remind("still waiting: \(halt.end.sentence)") }
      await lookIfDue()
      await clock.sleep(for: options.interval, on: executor)
    }
    return !signal.isStopped
  }
}
