extension Secondary {
  /// Why a delivery was interrupted; a later one may deliver the rest.
  enum Interruption {
    case signal, orders, finished
    case halted(Halt)
  }

  /// Does the steps of `delivery` until it ends, an order in `watched` comes, or the drive must
  /// end.
  func carry(_ delivery: inout Delivery, watching watched: StandingOrders) async -> Interruption {
    while true {
      show(delivery)
      if isOpen, heartbeat.takeFactsAreDue(at: options.clock.now) {
        await noteFacts()
      }
      await lookIfDue()
      let orders = orderBoard.orders(in: folder)
      if orders.contains(.retry), takeRetry() { delivery.resume() }
      if signal.isStopped || !orders.isDisjoint(with: watched) {
        if !delivery.begun.isEmpty { await settle(&delivery) }
        save()
        return signal.isStopped ? .signal : .orders
      }
      switch delivery.next(trail, at: options.clock.now) {
      case .open: tell(await open(), &delivery)
      case .locate(let start):
        await ask(&delivery) { () async throws(SourceError) in .located(try await locate(start)) }
      case .verify(let position):
        await ask(&delivery) { () async throws(SourceError) in
          .verified(try await source.status(of: position))
        }
      case .compare(let position):
        await ask(&delivery) { () async throws(SourceError) in
          .compared(try await compare(position))
        }
      case .anchor(let position, let rule):
        await ask(&delivery) { () async throws(SourceError) in
          .anchored(try await source.runStart(of: position, rule))
        }
      case .read(let limits, let through, let fresh):
        if let fresh { reader = source.reader(from: fresh) }
        await ask(&delivery) { () async throws(SourceError) in
          let batch = try await reader!.next(limits, through: through)
          noteHistory(batch)
          return .read(batch)
        }
      case .put(let batch, let waits, let ahead, let through):
        await put(batch, waits: waits, ahead: ahead, through: through, &delivery)
      case .settle: await settle(&delivery)
      case .save: save()
      case .wait(let duration, let why): await wait(duration, why, &delivery)
      case .halted(let halt): return .halted(halt)
      case .finished: return .finished
      }
      for text in delivery.takeNotes() { note(.driver, text) }
    }
  }

  /// Journals the trouble of a sink or of the log, too, unless it halts the delivery, which is noted
  /// there; once, as long as it is the same.
  private func tell(_ outcome: Delivery.Outcome, _ delivery: inout Delivery) {
    let known = delivery.recovery.trouble
    delivery.take(outcome, &trail, at: turn)
    switch outcome {
    case .sinkFailed(let error, _):
      switch error.remedy {
      case .again: break
      // Its code names consumers: of these, there is no end.
      case .wait: meter?.failed("no consumer")
      case .retry, .stop, .held: meter?.failed(error.code)
      }
    case .sourceFailed: meter?.failed(Trouble.Origin.primary.rawValue)
    case .opened:
      meter?.settle()
      return
    default: return
    }
    meter?.settle()
    guard let trouble = delivery.recovery.trouble else { return }
    if case .halted = delivery.state { return }
    if trouble.isStill(known) { return }
    note(.error, "\(trouble.code): \(trouble.message)")
  }

  private var turn: Turn {
    Turn(now: options.clock.now, date: options.clock.date, jitter: options.jitter())
  }

  // MARK: - Source

  private func ask(
    _ delivery: inout Delivery, _ question: () async throws(SourceError) -> Delivery.Outcome
  ) async {
    enter(.reading)
    token = await source.changeToken()
    let outcome: Delivery.Outcome
    do throws(SourceError) { outcome = try await question() } catch {
      outcome = .sourceFailed(error)
    }
    tell(outcome, &delivery)
  }

  private func locate(_ start: Start) async throws(SourceError) -> Delivery.Location {
    switch start {
    case .head:
      let survey = await source.survey()
      if survey.state != .live, survey.state != .silent {
        throw SourceError(.missing, survey.sentence ?? "there is no log")
      }
      // Deliver only events from now on: the checkpoint is the head, as if everything before were
      // stored.
      return .after(survey.head)
    case .after(let position): return .after(position)
    case .first, .id, .time, .last:
      guard let found = try await source.locate(start) else { return .notThere }
      if case .id(let id) = start, found.eventId > id {
        note(
          .driver,
          "no log of the node has the event \(id) that \"start\" names: delivery begins at \(found)"
        )
      }
      return .after(start == .first ? nil : try await source.predecessor(of: found))
    }
  }

  // MARK: - Sink

  private func open() async -> Delivery.Outcome {
    enter(.reading)
    if isOpen { await sink.close() }
    isOpen = false
    let sink = sink
    let outcome = await attended { () async -> Delivery.Outcome in
      do throws(SinkError) { return .opened(try await sink.open()) } catch {
        return .sinkFailed(error)
      }
    }
    await noteSink()
    guard case .opened = outcome else { return outcome }
    isOpen = true
    do throws(SinkError) {
      return try await settlesOnNewerGeneration() ? await open() : outcome
    } catch {
      return .sinkFailed(error)
    }
  }

  private func put(
    _ batch: EventBatch, waits: Bool, ahead: BatchLimits?, through: Position?,
    _ delivery: inout Delivery
  ) async {
    if trail.checkpoint?.eventId == nil {
      do throws(StateError) { try bind(first: batch.first) } catch { complain(error) }
    }
    delivery.putting(at: options.clock.now)
    show(delivery)
    enter(.storing)
    if delivery.hand?.attempts ?? 0 > 1 { meter?.retried() }
    let sink = sink
    let reader = reader!
    let before = ahead == nil ? token : await source.changeToken()
    // Read the next batch while the sink stores this one: one batch ahead, no more.
    async let next: Result<EventBatch?, SourceError>? =
      if let ahead { await Self.next(reader, ahead, through) } else { nil }
    let result = await attended { () async -> Result<Int, SinkError> in
      do throws(SinkError) {
        if !waits { return .success(try await sink.begin(batch)) }
        try await sink.put(batch)
        return .success(0)
      } catch {
        return .failure(error)
      }
    }
    await noteSink()
    token = before
    let read = await next
    if case .success(let batch)? = read { noteHistory(batch) }
    switch result {
    case .success(let pending): tell(.stored(pending: pending, ahead: read), &delivery)
    case .failure(let error): tell(.sinkFailed(error, ahead: read), &delivery)
    }
    countStored(&delivery)
    // It makes progress, so its patience starts again.
    if case .failure(let error) = result, error.remedy == .again {
      heartbeat.report.phaseSince = options.clock.date
    }
  }

  /// Waits until the sink has stored what it has begun to.
  private func settle(_ delivery: inout Delivery) async {
    enter(.storing)
    let sink = sink
    let failure = await attended { () async -> SinkError? in
      do throws(SinkError) { try await sink.settle() } catch { return error }
      return nil
    }
    await noteSink()
    tell(failure.map { .sinkFailed($0) } ?? .settled, &delivery)
    countStored(&delivery)
  }

  private func countStored(_ delivery: inout Delivery) {
    let now = options.clock.now
    for stored in delivery.takeStored() {
      heartbeat.count(stored.batch.spanCount, at: now)
      meter?.stored(stored.batch, seconds: stored.putAt.map { (now - $0) / .seconds(1) })
      replay?.count(stored.batch, isWhole: stored.putAt != nil)
      if delivery.stretch.movesCheckpoint { landmarks.note(stored.batch) }
    }
  }

  private static func next(
    _ reader: any EventReader, _ limits: BatchLimits, _ through: Position?
  ) async -> Result<EventBatch?, SourceError> {
    do throws(SourceError) {
      return .success(try await reader.next(limits, through: through))
    } catch {
      return .failure(error)
    }
  }

  /// Awaits `call`, and writes heartbeats and overdue checkpoints meanwhile.
  private func attended<Value: Sendable>(
    _ call: @escaping @Sendable () async -> Value
  ) async -> Value {
    await withTaskGroup(of: Value?.self) { group in
      group.addTask { await call() }
      group.addTask {
        await self.attend()
        return nil
      }
      var value: Value?
      for await result in group {
        if let result { value = result }
        // Either the call is done, or its time is over and it is cancelled.
        group.cancelAll()
      }
      return value!
    }
  }

  /// Returns when it is cancelled, or once the drive must end and the call has had the sink's
  /// timeout.
  private func attend() async {
    let clock = options.clock
    await clock.sleep(for: CheckpointTrail.trailingAtMost, on: executor)
    var stopping: Duration?
    while !Task.isCancelled {
      do throws(StateError) { try writeCheckpoint() } catch { complain(error) }
      beat()
      await lookIfDue()
      if signal.isStopped {
        let since = stopping ?? clock.now
        stopping = since
        if clock.now - since > sink.batching.timeout { return }
      }
      await clock.sleep(for: .seconds(1), on: executor)
    }
  }

  // MARK: - Checkpoint

  private func save() {
    do throws(StateError) { try writeCheckpoint() } catch {
      complain(error)
      trail.saveFailed(error, at: turn)
    }
  }

  /// Saves how far the replay is, and then what is stored: the record counts each event before the
  /// checkpoint says that it need not come again.
  private func writeCheckpoint() throws(StateError) {
    guard trail.isUnsaved else { return }
    if let replay { try folder.writeReplay(replay.record) }
    let checkpoint = trail.checkpointToWrite(at: options.clock.date)
    if let checkpoint {
      try folder.write(checkpoint, holding: lock!)
      saveLandmarks()
    }
    trail.saved(checkpoint, at: options.clock.now)
  }

  // MARK: - Waiting

  private func wait(
    _ duration: Duration, _ why: Delivery.Waiting, _ delivery: inout Delivery
  ) async {
    enter(why == .backingOff ? .backingOff : .waiting)
    if why == .backingOff, let trouble = delivery.recovery.trouble {
      remind("still waiting: \(trouble.code): \(trouble.message)")
    }
    let isAtRest = isOpen && delivery.isAtRest
    guard why == .atHead || why == .openBatch else {
      await pause(for: duration)
      return
    }
    EventBuffer.releaseUnused()
    let atMost = isAtRest ? sink.restInterval.map { min($0, duration) } ?? duration : duration
    if await pause(for: atMost, watching: token), await source.changeToken() != token {
      tell(.logChanged, &delivery)
    } else {
      tell(.waited, &delivery)
      await rest(&delivery)
    }
  }

  /// Waits for `duration`, but not beyond an order, the drive's end, or a change of the log, if
  /// `token` is given: each is seen within the interval. It returns after a second at the latest, as
  /// the heartbeat needs it; false if none of these came.
  @discardableResult
  private func pause(for duration: Duration, watching token: ChangeToken? = nil) async -> Bool {
    // A clock of a test does not pass in real time, and orders that do not show in the folder's stamp
    // are looked for at each interval.
    guard options.clock.isSystem, let stamp = orderBoard.stamp else {
      await options.clock.sleep(for: min(duration, options.interval), on: executor)
      return true
    }
    let (signal, path, source) = (signal, folder.path, source)
    return await options.lookout.wait(
      for: min(duration, Heartbeat.eachAtMost), each: options.interval,
      hearing: token == nil ? [] : source.changeFolders
    ) { instant in
      signal.isStopped || FileStamp(path) != stamp
        || token.map { source.changeToken(at: instant) != $0 } ?? false
    }
  }

  /// Finds out that a sink went away without waiting for the next batch.
  private func rest(_ delivery: inout Delivery) async {
    guard isOpen, delivery.isAtRest else { return }
    do throws(SinkError) {
      try await sink.rest()
    } catch {
      tell(.sinkFailed(error), &delivery)
    }
  }
}
