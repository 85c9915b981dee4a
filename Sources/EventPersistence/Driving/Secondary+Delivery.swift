extension Secondary {
  /// Why a delivery was left: the rest of it goes on later, if it does.
  enum Interruption {
    case signal, orders, finished
    case halted(Halt)
  }

  /// Does the steps of `delivery` until it ends, an order comes that is in `watched`, or the drive is to end.
  func carry(_ delivery: inout Delivery, watching watched: StandingOrders) async -> Interruption {
    while true {
      let clock = options.clock
      show(delivery)
      if isOpen, heartbeat.takeFactsAreDue(at: clock.now) { report.sink = await sink.facts() }
      await lookIfDue()
      let orders = StandingOrders(in: folder)
      if orders.contains(.retry), takeRetry() { delivery.resume() }
      if signal.isStopped || !orders.isDisjoint(with: watched) {
        if delivery.isUnsaved { save(&delivery) }
        return signal.isStopped ? .signal : .orders
      }
      switch delivery.next(at: clock.now) {
      case .open:
        enter(.reading)
        let sink = sink
        if isOpen { await sink.close() }
        let result = await attended { () async -> Result<Holdings, SinkError> in
          do throws(SinkError) { return .success(try await sink.open()) } catch {
            return .failure(error)
          }
        }
        await noteSink()
        if case .success = result { isOpen = true }
        delivery.opened(result, at: clock.now, retry: retry)
        if delivery.isUnsaved { unsaved = .some(delivery.position) }
      case .locate(let start):
        await locate(start, &delivery)
      case .verify(let position):
        enter(.reading)
        delivery.verified(await status(of: position), at: clock.now, retry: retry)
      case .anchor(let position, let rule):
        enter(.reading)
        delivery.anchored(await runStart(of: position, rule), at: clock.now, retry: retry)
      case .read(let limits, let through, let fresh):
        enter(.reading)
        if let fresh { reader = source.reader(from: fresh) }
        token = await source.changeToken()
        let result = await Self.read(reader!, limits, through)
        delivery.read(result, at: clock.now, retry: retry)
      case .put(let batch, let ahead, let through):
        await put(batch, ahead: ahead, through: through, &delivery)
      case .save: save(&delivery)
      case .wait(let duration, let why):
        await wait(duration, why, &delivery)
      case .halted(let halt): return .halted(halt)
      case .finished: return .finished
      }
      for text in delivery.takeNotes() { note(.driver, text) }
    }
  }

  var retry: Delivery.Retry {
    Delivery.Retry(jitter: options.jitter(), date: options.clock.date)
  }

  // MARK: - Source

  static func read(
    _ reader: any EventReader, _ limits: BatchLimits, _ through: Position?
  ) async -> Result<EventBatch?, SourceError> {
    do throws(SourceError) {
      return .success(try await reader.next(limits, through: through))
    } catch {
      return .failure(error)
    }
  }

  func status(of position: Position?) async -> Result<PositionStatus, SourceError> {
    token = await source.changeToken()
    do throws(SourceError) {
      return .success(try await source.status(of: position))
    } catch {
      return .failure(error)
    }
  }

  private func runStart(
    of position: Position, _ rule: BatchRule
  ) async -> Result<Position, SourceError> {
    do throws(SourceError) { return .success(try await source.runStart(of: position, rule)) } catch
    {
      return .failure(error)
    }
  }

  private func locate(_ start: Start, _ delivery: inout Delivery) async {
    enter(.reading)
    token = await source.changeToken()
    var result: Result<Position?, SourceError>
    var previous: Position?
    do throws(SourceError) {
      switch start {
      case .head:
        let survey = await source.survey()
        if survey.state != .live, survey.state != .silent {
          throw SourceError(.missing, survey.sentence ?? "no log is there")
        }
        // Only what comes from now on: the checkpoint stands at the head, as if it were stored.
        previous = survey.head
        result = .success(survey.head ?? Position(eventId: 0))
      case .after(let position):
        previous = position
        result = .success(position)
      default:
        let found = try await source.locate(start)
        if let found, start != .first { previous = try await source.predecessor(of: found) }
        result = .success(found)
      }
    } catch {
      result = .failure(error)
    }
    delivery.located(result, after: previous, at: options.clock.now, retry: retry)
    if delivery.isUnsaved { unsaved = .some(delivery.position) }
  }

  // MARK: - Sink

  private func put(
    _ batch: EventBatch, ahead: BatchLimits?, through: Position?, _ delivery: inout Delivery
  ) async {
    if checkpoint == nil {
      do throws(StateError) { try bind(first: batch.first) } catch { complain(error) }
    }
    delivery.putting()
    show(delivery)
    enter(.storing)
    let sink = sink
    let reader = reader!
    let before = ahead == nil ? token : await source.changeToken()
    // The next batch is read while the sink stores this one: one batch ahead, no more.
    async let next: Result<EventBatch?, SourceError>? =
      if let ahead { await Self.read(reader, ahead, through) } else { nil }
    let result = await attended { () async -> Result<Void, SinkError> in
      do throws(SinkError) { return .success(try await sink.put(batch)) } catch {
        return .failure(error)
      }
    }
    await noteSink()
    if let next = await next {
      token = before
      delivery.readAhead(next)
    }
    if unsaved == nil, delivery.isUnsaved { delivery.saved(at: options.clock.now) }
    let known = delivery.trouble
    delivery.stored(result, at: options.clock.now, retry: retry)
    if case .success = result {
      // The sink went first; the checkpoint comes behind it, a few batches later at most.
      if delivery.isUnsaved { unsaved = .some(batch.last) }
      rate.count(batch.spanCount, at: options.clock.now)
      if replay != nil {
        replay!.delivered += UInt64(batch.spanCount)
        replay!.batches = replay!.batches.map { $0 + 1 }
        replay!.position = batch.last
        onProgress?(replay!)
      }
    } else if let trouble = delivery.trouble {
      let isKnown = delivery.isWaitingForSomebody && trouble.code == known?.code
      if !isKnown { note(.error, "\(trouble.code): \(trouble.message)") }
    } else {
      // It goes on: the patience with it begins anew.
      report.phaseSince = options.clock.date
    }
  }

  // MARK: - Checkpoint

  private func save(_ delivery: inout Delivery) {
    do throws(StateError) {
      if unsaved != nil { try saveUnsaved() }
      delivery.saved(at: options.clock.now)
    } catch {
      complain(error)
      delivery.saveFailed(error, at: options.clock.now, retry: retry)
    }
  }

  /// Writes the checkpoint of what is stored, and how far the replay is.
  func saveUnsaved() throws(StateError) {
    guard let position = unsaved else { return }
    if let replay { try saveProgress(replay) }
    if replay?.kind != .range {
      let highest = [checkpoint?.highest, position?.eventId].compactMap(\.self).max()
      let next = Checkpoint(position: position, at: options.clock.date, highest: highest)
      try folder.write(next)
      checkpoint = next
    }
    unsaved = nil
  }

  // MARK: - Waiting

  private func wait(
    _ duration: Duration, _ why: Delivery.Waiting, _ delivery: inout Delivery
  ) async {
    enter(why == .backingOff ? .backingOff : .waiting)
    await options.clock.sleep(for: min(duration, options.interval))
    guard why == .atHead || why == .openBatch else { return }
    if await source.changeToken() != token {
      delivery.logChanged()
    } else {
      delivery.waited(at: options.clock.now)
      await rest(&delivery)
    }
  }

  /// A sink that went away is not found out only when something comes for it.
  private func rest(_ delivery: inout Delivery) async {
    guard isOpen, delivery.isAtRest else { return }
    do throws(SinkError) {
      try await sink.rest()
    } catch {
      delivery.failedAtRest(error, at: options.clock.now, retry: retry)
      note(.error, "\(error.code): \(error.message)")
    }
  }

  /// Awaits `call`, with heartbeats and overdue checkpoints meanwhile.
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
        // Either the call is done, or it had its time to end and is asked to.
        group.cancelAll()
      }
      return value!
    }
  }

  /// Returns when it is cancelled, or once the drive is to end and the call had the sink's timeout for it.
  private func attend() async {
    let clock = options.clock
    await clock.sleep(for: Delivery.trailingAtMost)
    var stopping: Duration?
    while !Task.isCancelled {
      do throws(StateError) { try saveUnsaved() } catch { complain(error) }
      beat()
      await lookIfDue()
      if signal.isStopped {
        let since = stopping ?? clock.now
        stopping = since
        if clock.now - since > sink.batching.timeout { return }
      }
      await clock.sleep(for: .seconds(1))
    }
  }
}
