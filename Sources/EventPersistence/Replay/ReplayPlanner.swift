/// Turns a request into a plan: where both ends are, and whether it is allowed.
struct ReplayPlanner {
  let request: ReplayRequest
  let configuration: SecondaryConfiguration
  /// The log, with its history if there is one.
  let source: any EventSource
  /// The archive that is its history, by its name.
  var history: String?
  let folder: SecondaryFolder

  // Reads files: on the caller's executor.
  nonisolated(nonsending) func plan() async throws(ReplayError) -> ReplayPlan {
    let state = try readState()
    do {
      var (plan, stored) = try await draft(state.checkpoint?.position)
      plan.id = ReplayPlan.id(
        plan, lastReplay: state.journal.last?.id, history: request.history)
      plan.standingError = state.driver.flatMap(Self.standingError)
      if let pause = state.pause, !pause.isOver(at: .now) {
        plan.refused =
          plan.refused
          ?? "\(pause.by) paused \(folder.name). Resume it first: hydra-sinks resume \(folder.argument)"
      }
      if let other = state.replay {
        plan.refused = other.busySentence(of: folder.argument)
        plan.isBusy = true
      }
      plan.isRepeatHarmless = configuration.sink.kind.isArchive
      if let from = plan.from, let through = plan.through {
        try await measure(&plan, from, through, stored, rate: state.rate)
        if let note = state.noteOfFaults(from.eventId, through.eventId) { plan.notes.append(note) }
      }
      return plan
    } catch let error as SourceError {
      throw .source(error)
    } catch let error as SinkError {
      throw .sink(error)
    } catch let error as StateError {
      throw .state(error)
    } catch {
      throw .none("\(error)")
    }
  }

  // MARK: - Both ends

  struct Ends {
    var kind: ReplayRecord.Kind
    var from: Position?
    var through: Position?
    var generation: Int?
    var lost: String?
    var stored: Stored
    var notes: [String] = []
  }

  /// What the sink has stored of the events that the log has now.
  enum Stored {
    /// Everything through this event; nil: nothing.
    case through(Position?)
    case unknown
  }

  struct Refused: Error { var sentence: String }

  private func draft(_ checkpoint: Position?) async throws -> (ReplayPlan, Stored) {
    var plan = ReplayPlan(
      id: "", secondary: folder.name, kind: request.kind, checkpoint: checkpoint)
    var stored = Stored.through(nil)
    do {
      let survey = await source.survey()
      switch survey.state {
      case .live, .silent: break
      // A range ends at the checkpoint at the latest: the log's end does not concern it.
      case .unreadable where request.kind == .range && survey.first != nil: break
      case .missing: throw SourceError(.missing, survey.sentence ?? "there is no log")
      case .ambiguous: throw SourceError(.ambiguous, survey.sentence ?? "there are two logs")
      case .unreadable: throw SourceError(.unreadable, survey.sentence ?? "the log is unreadable")
      }
      try await checkHistory()
      let (status, loss) = try await status(of: checkpoint)
      var ends: Ends
      if request.beginsNewLog {
        ends = try ordered(checkpoint, status, await source.nodeLog.survey())
      } else if status.match.isDivergence,
        try await folder.agreement(of: checkpoint, with: source) == .none
      {
        ends = try newLog(await source.nodeLog.survey())
      } else {
        ends = try await self.ends(request.kind, checkpoint, status, loss, survey)
      }
      plan.kind = ends.kind
      plan.from = ends.from
      plan.through = ends.through
      plan.generation = ends.generation
      plan.lost = ends.lost
      plan.notes = ends.notes
      stored = ends.stored
    } catch let refusal as Refused {
      plan.refused = refusal.sentence
    }
    return (plan, stored)
  }

  /// A history that cannot be read is not part of a survey: what begins elsewhere than at the
  /// checkpoint needs it.
  private func checkHistory() async throws(SourceError) {
    guard history != nil, request.kind != .redrive else { return }
    _ = try await source.locate(.first)
  }

  /// Events after the checkpoint that are lost or cannot be read.
  private struct Loss {
    var what: String
    /// Why nothing after the checkpoint is delivered, and what to do.
    var sentence: String
  }

  private func status(of checkpoint: Position?) async throws -> (PositionStatus, Loss?) {
    do throws(SourceError) {
      let status = try await source.status(of: checkpoint)
      guard case .gap(let ids) = status.match else { return (status, nil) }
      return (
        status,
        Loss(
          what: lost(ids),
          sentence: Divergence.sentence(of: folder.argument, lost: ids, history: history))
      )
    } catch {
      guard case .damaged(let found) = error.kind else { throw error }
      guard let next = found else {
        guard request.kind == .range, checkpoint != nil else { throw error }
        return (
          PositionStatus(match: .found, next: nil),
          Loss(what: "the end of the log, which cannot be read", sentence: error.message)
        )
      }
      let first = checkpoint.map { $0.eventId + 1 } ?? 0
      let count =
        first < next.eventId
        ? Divergence.events(first...next.eventId - 1) : "an unknown number of events"
      return (
        PositionStatus(match: .found, next: next),
        Loss(
          what: "\(count), which cannot be read (\(error.message))",
          sentence: error.offering(folder.argument).message)
      )
    }
  }

  private func ends(
    _ kind: ReplayRecord.Kind, _ checkpoint: Position?, _ status: PositionStatus, _ loss: Loss?,
    _ survey: Survey
  ) async throws -> Ends {
    if kind == .redrive { return try await redrive(checkpoint, status, loss, survey) }
    var ends = Ends(kind: kind, through: survey.head, stored: .through(checkpoint))
    var target = try await beginning(checkpoint, status, survey, &ends.notes)
    if loss != nil, kind == .rewind, let next = status.next, target == next {
      // A batch that reaches back into what is lost cannot be widened.
      return try await redrive(checkpoint, status, loss, survey)
    }
    var end = kind == .range ? try await ending(checkpoint, status, survey) : checkpoint
    if kind == .rewind, status.match.isDivergence {
      let latest = try await wayOut(checkpoint!, status, survey)
      ends.stored = latest.stored
      end = latest.from
      if target.map({ $0.eventId > latest.from.eventId }) ?? true {
        guard request.clamp else {
          throw Refused(
            sentence: "beginning at \(request.from!) could skip events that the node wrote in "
              + "place of lost ones: the latest beginning is \(latest.from); --clamp begins there")
        }
        (target, ends.notes) = (latest.from, [latest.note])
      }
    }
    if let found = target, let end {
      target = try await beyondHoles(from: found, before: end, survey, &ends.notes)
    }
    let asked = target
    if let found = target { target = try await widened(found, survey, &ends.notes) }
    guard let from = target else {
      throw Refused(sentence: absence(of: request.from ?? .checkpoint, status))
    }
    let isNext = status.next.map { from == $0 } ?? false
    let isStored = checkpoint.map { from.eventId <= $0.eventId } ?? false
    guard isStored || isNext else {
      throw Refused(
        sentence: "beginning at \(from) would skip events: "
          + (checkpoint.map { "the checkpoint is \($0), " } ?? "nothing is stored yet, ")
          + latestBeginning(status) + clampNote)
    }
    ends.from = from
    if kind == .range, let through = end {
      if let asked, through.eventId < asked.eventId {
        throw Refused(sentence: "the range ends at \(through), before it begins at \(asked)")
      }
      ends.through = try await widened(through: through, checkpoint, &ends.notes)
    } else if isNext, !isStored {
      // The events before the next one may be lost.
      var redrive = try await redrive(checkpoint, status, loss, survey)
      redrive.notes = ends.notes + redrive.notes
      return redrive
    } else if let loss {
      throw Refused(sentence: "a rewind cannot reach the head. \(loss.sentence)")
    } else {
      noteEnd(at: survey, after: from, &ends.notes)
    }
    return ends
  }

  private func redrive(
    _ checkpoint: Position?, _ status: PositionStatus, _ loss: Loss?, _ survey: Survey
  ) async throws -> Ends {
    if let loss {
      guard request.clamp, let next = status.next else { throw Refused(sentence: loss.sentence) }
      var ends = Ends(
        kind: .redrive, from: next, through: survey.head, lost: loss.what,
        stored: .through(checkpoint), notes: ["passes over \(loss.what)"])
      noteEnd(at: survey, after: next, &ends.notes)
      return ends
    }
    switch status.match {
    case .found, .before, .gap:
      var ends = Ends(
        kind: .redrive, from: status.next, through: status.next == nil ? nil : survey.head,
        stored: .through(checkpoint))
      noteEnd(at: survey, after: status.next, &ends.notes)
      return ends
    case .differs, .absent, .ahead:
      let found = try await wayOut(checkpoint!, status, survey)
      return Ends(
        kind: .rewind, from: found.from, through: survey.head, stored: found.stored,
        notes: [found.note])
    }
  }

  /// Where a rewind out of a divergence begins at the latest.
  private func wayOut(
    _ checkpoint: Position, _ status: PositionStatus, _ survey: Survey
  ) async throws -> RewindPoint.Found {
    let agreement = try await folder.agreement(of: checkpoint, with: source)
    let point = RewindPoint(sink: try makeSink(), source: source)
    guard let found = try await point.find(checkpoint, agreement, survey) else {
      throw Refused(sentence: Divergence.sentence(of: folder.argument, checkpoint, status.match))
    }
    return found
  }

  func makeSink() throws(StateError) -> any EventSink {
    configuration.makeSink(try folder.readBinding()?.generation ?? 1)
  }

  private func beginning(
    _ checkpoint: Position?, _ status: PositionStatus, _ survey: Survey, _ notes: inout [String]
  ) async throws -> Position? {
    guard let first = survey.first else { return nil }
    let isTooEarly: Bool
    let start: Start
    switch request.from ?? .checkpoint {
    case .checkpoint: return status.next
    case .start: return first
    case .id(let id):
      isTooEarly = id < first.eventId
      start = .id(id)
    case .time(let time):
      // A log that begins with event 0 has lost nothing before it.
      isTooEarly = first.eventId > 0 && (first.time.map { time < $0 } ?? false)
      start = .time(time)
    }
    guard isTooEarly else { return try await source.locate(start) }
    guard request.clamp else {
      throw Refused(
        sentence: "\(request.from!) is before the first event that still exists, \(first)"
          + (first.time.map { " of \($0)" } ?? "") + ". To begin there, add --clamp")
    }
    notes.append(
      "begins at \(first), the first event that still exists, instead of \(request.from!)")
    return first
  }

  private func ending(
    _ checkpoint: Position?, _ status: PositionStatus, _ survey: Survey
  ) async throws -> Position {
    guard let checkpoint else {
      throw Refused(sentence: "a range covers stored events only, and nothing is stored yet")
    }
    guard status.match == .found else {
      throw Refused(sentence: Divergence.sentence(of: folder.argument, checkpoint, status.match))
    }
    let after: Start
    switch request.through! {
    case .checkpoint: return checkpoint
    case .start: after = .id((survey.first?.eventId ?? 0) + 1)
    case .id(let id):
      guard id < checkpoint.eventId else {
        if id == checkpoint.eventId { return checkpoint }
        throw Refused(
          sentence: "a range cannot end at \(id), after the checkpoint \(checkpoint)")
      }
      after = .id(id + 1)
    case .time(let time): after = .time(time.advanced(bySeconds: 1e-6))
    }
    guard let next = try await source.locate(after), next.eventId <= checkpoint.eventId else {
      throw Refused(
        sentence:
          "a range cannot end at \(request.through!), after the checkpoint \(checkpoint)")
    }
    guard let last = try await source.predecessor(of: next) else {
      throw Refused(sentence: "there is no event at \(request.through!) or before it")
    }
    return last
  }

  // MARK: - The folder

  private struct State {
    var checkpoint: Checkpoint?
    var driver: DriverReport?
    var pause: PauseOrder?
    var replay: ReplayRecord?
    var journal: [ReplayRecord]
    /// What `verify` found and no replay has delivered since.
    var open: [VerifiedRecord.Finding]

    /// What a delivery of these ids means for `open`; nil if that is nothing.
    func noteOfFaults(_ from: UInt64, _ through: UInt64) -> String? {
      guard from <= through else { return nil }
      let left = open.flatMap { $0.minus([VerifiedRecord.Ids(from...through)]) }
      if left.isEmpty {
        return open.isEmpty ? nil : "delivers again what the last verify found wrong"
      }
      let places = left.prefix(3).map { finding in
        finding.from == finding.through
          ? "\(finding.from)" : "\(finding.from) to \(finding.through)"
      }
      let more = left.count > 3 ? ", and \(left.count - 3) others" : ""
      return "what the last verify found wrong stays open at "
        + places.joined(separator: ", ") + more
    }

    /// Events per second: the driver's highest pace or that of the last replay that measured one,
    /// whichever is higher. Nil if none was measured.
    var rate: Double? {
      let ofReplay = journal.compactMap { record -> Double? in
        guard record.maxRate == nil, let began = record.startedAt, let ended = record.endedAt
        else { return nil }
        let seconds = ended.seconds(since: began)
        guard seconds > 0, RateMeter.isMeasured(record.delivered, .bounded(seconds: seconds)) else {
          return nil
        }
        return Double(record.delivered) / seconds
      }.last
      return [ofReplay, driver?.peakPerSecond].compactMap(\.self).filter { $0 > 0 }.max()
    }
  }

  private func readState() throws(ReplayError) -> State {
    do throws(StateError) {
      _ = try Secondary.checkBinding(of: configuration, in: folder)
      let verified = try folder.readVerified()
      let since = verified?.isFaulty == true ? try folder.readReplaysSinceVerify() : []
      let open = verified?.open(after: since)
      return State(
        checkpoint: try folder.readCheckpoint(), driver: try folder.readDriver(),
        pause: try folder.readPause(), replay: try folder.readReplay(),
        journal: try folder.readReplays(last: 20),
        open: open?.replayedAt == nil ? open?.record.findings ?? [] : [])
    } catch {
      throw .state(error)
    }
  }

  private static func standingError(_ driver: DriverReport) -> String? {
    guard let error = driver.lastError else { return nil }
    guard let since = driver.errorSince?.text(fractionDigits: 0) else { return error }
    let times = driver.errorCount == 1 ? "" : "\(driver.errorCount) times "
    return "\(error) (\(times)since \(since))"
  }
}
