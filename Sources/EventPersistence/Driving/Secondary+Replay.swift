extension Secondary {
  /// Executes or continues the replay in `replay.json`; nil if the drive continues after it.
  func driveReplay(
    _ record: ReplayRecord, goal: DriveGoal
  ) async throws(StateError) -> DriveEnd? {
    switch record.state {
    case .done, .cancelled, .failed:
      // Its driver died after the replay had ended, before that was journaled.
      try journal(record)
      return nil
    case .requested, .running: break
    }
    if let order = try folder.readCancel() {
      if order.id == record.id {
        try await cancelReplay(record, order)
        return nil
      }
      try folder.removeCancel()
    }
    let own = source
    defer { source = own }
    if let name = record.history {
      do throws(SourceError) {
        source = try configuration.historyNamed(name).join(primary)
      } catch {
        try end(record, .failed, error: error.message)
        return nil
      }
    }
    let started: ReplayRecord
    do throws(NotStarted) {
      started = try await start(record)
    } catch {
      switch error {
      case .state(let error): throw error
      case .notYet(let error):
        halted(code: Trouble.Origin.primary.rawValue, error.message)
        await options.clock.sleep(for: .seconds(1))
      case .never(let sentence): try end(record, .failed, error: sentence)
      }
      return nil
    }
    replay = ReplayUnderWay(started, progress: progress)
    defer { replay = nil }
    return try await carryOut(started, goal)
  }

  private func carryOut(
    _ record: ReplayRecord, _ goal: DriveGoal
  ) async throws(StateError) -> DriveEnd? {
    var delivery = Delivery(
      Stretch(
        name: folder.argument, bound: .through(record.through), batching: sink.batching,
        selection: configuration.selection, maxRate: record.maxRate,
        movesCheckpoint: record.kind != .range, accepts: record.loss, leavesOpen: true,
        history: record.history ?? configuration.history?.name,
        stored: record.isDiverged == true ? nil : record.previousCheckpoint?.position,
        first: firstReceived, generation: generation),
      after: await resumePosition(record), isOpen: isOpen)
    if record.kind == .rewind || record.kind == .range {
      await sink.willDeliverAgain(after: delivery.position)
    }
    while true {
      switch await carry(&delivery, watching: [.pause, .cancel]) {
      case .signal:
        try folder.writeReplay(replay!.record)
        return .cancelled
      case .finished:
        // Whoever waits for its end finds no error of before it.
        beat(force: true)
        try end(replay!.record, .done)
        return nil
      case .halted(let halt):
        let isForGood =
          switch halt {
          case .diverged, .newLog, .gap, .source: true
          case .stopped: goal != .cancelled
          case .held: !options.waitsForLock
          }
        if isForGood {
          try fail(replay!.record, halt)
          return nil
        }
        halted(halt)
        if await waitForRetry(halt, watching: [.pause, .cancel]) { delivery.resume() }
      case .orders:
        if StandingOrders(in: folder).contains(.pause) {
          // The replay stays; it continues when an operator resumes the secondary.
          try folder.writeReplay(replay!.record)
          return nil
        }
        guard let order = try folder.readCancel() else { continue }
        if order.id == record.id {
          try await cancelReplay(replay!.record, order)
          return nil
        }
        try folder.removeCancel()
      }
    }
  }

  // MARK: - Its beginning

  enum NotStarted: Error {
    case state(StateError)
    /// The log cannot be read for the moment.
    case notYet(SourceError)
    case never(String)
  }

  /// Fixes the end of `record`, and moves the checkpoint back for a rewind. If the last driver died
  /// before anything was delivered, this runs again, and then changes nothing.
  private func start(_ record: ReplayRecord) async throws(NotStarted) -> ReplayRecord {
    var record = record
    let isResumed = record.state == .running
    record.state = .running
    record.driverPid = report.pid
    record.startedAt = record.startedAt ?? options.clock.date
    do {
      if !isResumed {
        if record.kind != .range { record.through = await source.survey().head ?? record.through }
        record.previousCheckpoint = checkpoint
        if record.kind == .newLog {
          let isOther =
            if record.isOrdered == true { true } else {
              try await compare(trail.stored) == .none
            }
          guard isOther else {
            throw NotStarted.never(
              "the primary is no longer proven to be another log than the one that is stored; plan "
                + "again")
          }
          record.isDiverged = true
        } else if record.kind == .rewind {
          record.isDiverged = try await source.status(of: trail.stored).match.isDivergence
        }
      }
      try folder.writeReplay(record)
      if record.kind == .rewind, record.position == nil { try await rewind(record) }
      if record.kind == .newLog { try await begin(record) }
      note(
        .replay,
        "\(record.kind.word) \(record.id) \(isResumed ? "resumes" : "starts"), asked for by "
          + record.requestedBy + (record.reason.map { ": \($0)" } ?? ""))
      return record
    } catch let error as StateError {
      throw .state(error)
    } catch let error as SourceError {
      throw error.canPass ? .notYet(error) : .never(error.message)
    } catch let error as NotStarted {
      throw error
    } catch {
      throw .never("\(error)")
    }
  }

  private func rewind(_ record: ReplayRecord) async throws {
    guard let from = record.from else { return }
    switch try await source.status(of: from).match {
    case .found, .gap: break
    case .differs, .absent, .ahead, .before:
      throw NotStarted.never(
        "the primary no longer has the event \(from) to begin at; plan again")
    }
    let previous = try await source.predecessor(of: from)
    let next = Checkpoint(
      position: previous, at: options.clock.date, highest: previous?.eventId)
    try folder.write(next, holding: lock!)
    trail.moved(to: next, at: options.clock.now)
    landmarks.note(previous)
    saveLandmarks(force: true)
    // Before the new events come, set aside what the sink holds of the events that the node lost.
    guard record.isDiverged == true else { return }
    if !isOpen {
      _ = try await sink.open()
      isOpen = true
    }
    do {
      // The log may have lost its beginning, and then says nothing of what the sink holds of it.
      let kept = previous ?? (from.eventId > 0 ? Position(eventId: from.eventId - 1) : nil)
      try await sink.supersede(after: kept)
    } catch {
      await noteSink()
      throw error
    }
    await noteSink()
    // Others have nothing to set aside.
    guard sink.kind.isArchive else { return }
    note(.replay, "set aside what the sink held from \(from) on")
  }

  /// The event after which the replay continues.
  private func resumePosition(_ record: ReplayRecord) async -> Position? {
    switch record.kind {
    case .redrive, .rewind, .newLog: return trail.stored
    case .range:
      if let position = record.position { return position }
      guard let from = record.from else { return nil }
      return (try? await source.predecessor(of: from)) ?? nil
    }
  }

  // MARK: - Its end

  /// Ends a replay on which the drive cannot go on. If a rewind cannot read what the sink has stored
  /// already, the checkpoint returns: nothing of that is lost.
  private func fail(_ record: ReplayRecord, _ halt: Halt) throws(StateError) {
    var sentence = halt.end.sentence
    if halt.isLoss {
      let returned = try ReplayJournal.returned(
        from: record, checkpoint: checkpoint, in: folder, holding: lock!, at: options.clock.date)
      if let returned, returned != checkpoint {
        trail.moved(to: returned, at: options.clock.now)
        sentence += " The checkpoint is back at \(returned.eventId.map(String.init) ?? "none")."
      }
    }
    try end(record, .failed, error: sentence)
  }

  private func end(
    _ record: ReplayRecord, _ state: ReplayRecord.State, error: String? = nil
  ) throws(StateError) {
    var record = record
    record.state = state
    record.error = error
    record.endedAt = options.clock.date
    try folder.writeReplay(record)
    try journal(record)
    progress?(record)
  }

  private func journal(_ record: ReplayRecord) throws(StateError) {
    try ReplayJournal.close(record, in: folder)
    note(
      .replay,
      "\(record.kind.word) \(record.id) \(record.state.rawValue), \(record.delivered) events"
        + (record.error.map { ": \($0)" } ?? ""))
  }

  private func cancelReplay(
    _ record: ReplayRecord, _ order: CancelOrder
  ) async throws(StateError) {
    let checkpoint = try ReplayJournal.cancel(
      record, stay: order.stay, by: order.by ?? record.requestedBy, checkpoint: checkpoint,
      in: folder, holding: lock!, at: options.clock.date)
    if checkpoint != trail.checkpoint { trail.moved(to: checkpoint, at: options.clock.now) }
    await use(try folder.readBinding()?.generation ?? 1)
    try loadLandmarks()
    note(.replay, "\(record.kind.word) \(record.id) cancelled, \(record.delivered) events")
    if let ended = try folder.readReplays(last: 1).last { progress?(ended) }
  }

  func outcome(of id: String) throws(StateError) -> DriveEnd {
    guard let record = try folder.readReplays(last: 100).last(where: { $0.id == id }) else {
      return .state(
        StateError(
          .noSuchSecondary, "the replay \(id) of \(name) is neither under way nor journaled"))
    }
    return .replayEnded(record)
  }
}

/// The replay that a driver carries out: its progress.
struct ReplayUnderWay: Sendable {
  private(set) var record: ReplayRecord
  private let progress: (@Sendable (ReplayRecord) -> Void)?

  /// - Parameter progress: called now, and after each batch or part of one.
  init(_ record: ReplayRecord, progress: (@Sendable (ReplayRecord) -> Void)?) {
    self.record = record
    self.progress = progress
    progress?(record)
  }

  /// The sink stored `batch`; unless it `isWhole`, more of it follows.
  mutating func count(_ batch: EventBatch, isWhole: Bool) {
    record.delivered += UInt64(batch.spanCount)
    if isWhole { record.batches = record.batches.map { $0 + 1 } }
    record.position = batch.last
    progress?(record)
  }
}
