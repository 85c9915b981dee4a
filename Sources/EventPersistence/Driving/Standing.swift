/// The place of a delivery in the log: after the last event that the sink stored.
struct Standing: Sendable {
  /// What the log's answer means.
  enum Verdict: Sendable {
    /// They agree, and this event follows. With `isFirst`, it is the first of the log.
    case goesOn(Position?, isFirst: Bool)
    case asksAgain(after: Duration)
    case halts(Halt)
  }

  /// How long a position may be ahead of the head before it counts as diverged: a sink inside a
  /// node sees an event before it is on disk.
  static let aheadAtMost = Duration.seconds(5)

  /// The last event stored; nil: none.
  private(set) var position: Position?
  /// Where to begin if neither the state nor the sink has a position; nil once that is located.
  private(set) var start: Start?
  private var contested: ContestedCheckpoint?
  private var aheadSince: Duration?
  private var notes: [String] = []

  init(after position: Position?, start: Start?) {
    self.position = position
    self.start = start
  }

  mutating func takeNotes() -> [String] {
    defer { notes = [] }
    return notes
  }

  // MARK: - Where it begins

  /// The earlier of the sink's holdings and the checkpoint counts; without a checkpoint, the sink's
  /// alone. Returns whether the delivery went back.
  mutating func begin(
    with held: Position?, _ selection: Selection, _ trail: inout CheckpointTrail
  ) -> Bool {
    if start != nil {
      guard let held else { return false }
      begin(after: held, &trail)
      notes.append("no checkpoint: the sink reports everything through \(held) as stored")
      return false
    }
    guard let checkpoint = position, held.map({ $0.eventId < checkpoint.eventId }) ?? true else {
      return false
    }
    position = held
    if held != nil, selection == .all {
      trail.goBack(to: held)
      noteThatTheSinkLacks(checkpoint)
    } else if contested == nil {
      contested = ContestedCheckpoint(position: checkpoint)
    }
    return true
  }

  /// The start is located: after `previous`.
  mutating func begin(after previous: Position?, _ trail: inout CheckpointTrail) {
    start = nil
    position = previous
    if let previous { trail.begin(after: previous) }
  }

  private mutating func noteThatTheSinkLacks(_ checkpoint: Position) {
    notes.append(
      "the sink holds \(position.map { "events only through \($0)" } ?? "nothing"), but the "
        + "checkpoint is \(checkpoint): delivering "
        + (position.map { "the events after \($0)" } ?? "everything") + " again")
  }

  // MARK: - What the log says

  mutating func judge(
    _ status: PositionStatus, of stretch: Stretch, at now: Duration
  ) -> Verdict {
    let lost = lostBeginning(status, stretch)
    if let contested, let lost, stretch.selection == .all {
      position = contested.position
      self.contested = nil
      return .halts(.stopped(.emptied(stretch, lost, stored: contested.position)))
    }
    if let contested, !contested.isRefuted, lost != nil || status.match.isBeyondTheLog {
      notes.append(
        "the sink reports \(position.map(\.description) ?? "no event") as its last event, but the "
          + "log no longer has the events after it: delivering from the checkpoint, "
          + "\(contested.position)")
      position = contested.position
      self.contested = nil
      return .asksAgain(after: .zero)
    }
    switch status.match {
    case .found: break
    case .before:
      notes.append(
        "the log begins at \(status.next.map(\.description) ?? "nothing"), after the checkpoint "
          + "\(position.map(\.description) ?? "(none)"); no rotation proves that events were lost")
    case .ahead:
      let since = aheadSince ?? now
      aheadSince = since
      if now - since < Self.aheadAtMost { return .asksAgain(after: .milliseconds(100)) }
      aheadSince = nil
      fallthrough
    case .differs, .absent:
      return .halts(.diverged(Divergence.sentence(of: stretch.name, position, status.match)))
    case .gap(let ids): return .halts(.gap(ids, stretch.sentence(ofLost: ids)))
    }
    aheadSince = nil
    return .goesOn(status.next, isFirst: position == nil || status.match == .before)
  }

  /// The events from the first one that this secondary received on that the log no longer has, if a
  /// sink that holds nothing is to receive everything again.
  private func lostBeginning(
    _ status: PositionStatus, _ stretch: Stretch
  ) -> ClosedRange<UInt64>? {
    guard let contested, !contested.isRefuted, position == nil, let first = stretch.first,
      let next = status.next, first.eventId < next.eventId
    else { return nil }
    return first.eventId...next.eventId - 1
  }

  /// Whether the log may still grow to the position.
  var isAhead: Bool { aheadSince != nil }

  // MARK: - What is stored

  /// `batch` is about to be put.
  mutating func meet(_ batch: EventBatch, _ selection: Selection) {
    guard let contested, contested.isRefuted(by: batch, after: position, selection) else { return }
    self.contested!.isRefuted = true
    noteThatTheSinkLacks(contested.position)
  }

  /// The sink stored `batch`, which follows; the checkpoint moves along, unless `stays`.
  mutating func store(
    _ batch: EventBatch, checkpointStays stays: Bool, _ trail: inout CheckpointTrail
  ) {
    if stays {
      trail.storeAgain()
    } else if contested.map({ $0.isRefuted || batch.last.eventId >= $0.position.eventId }) ?? true {
      if contested != nil { trail.goBack(to: position) }
      contested = nil
      trail.store(after: position, through: batch.last)
    }
    position = batch.last
  }
}

/// The checkpoint, if the sink names an earlier event as its last, or none.
///
/// A sink knows no event that was not selected for it. So the checkpoint stays, while the delivery
/// continues after the event that the sink names, until an event between the two comes that the
/// sink should hold. And a sink that holds nothing may have been moved away: the checkpoint stays
/// until the log shows that it still has everything from the first event on.
private struct ContestedCheckpoint: Sendable {
  let position: Position
  /// Whether such an event came.
  var isRefuted = false

  func isRefuted(by batch: EventBatch, after last: Position?, _ selection: Selection) -> Bool {
    guard !isRefuted else { return false }
    return batch.entries.contains { entry in
      selection.selects(entry.position) && entry.position.eventId <= position.eventId
        && last.map { $0.eventId < entry.position.eventId } ?? true
    }
  }
}

extension SinkError {
  /// The sink held everything through `stored`, holds nothing, and the log no longer has `lost`.
  fileprivate static func emptied(
    _ stretch: Stretch, _ lost: ClosedRange<UInt64>, stored: Position
  ) -> SinkError {
    let replay = "hydra-sinks replay \(stretch.name) --from start"
    return SinkError(
      .stop, code: Self.emptiedCode,
      "The sink holds nothing, though everything through \(stored) was stored there, and "
        + "\(Divergence.holders(stretch.history)) \(Divergence.events(lost)) any more. Bring back what "
        + "the sink held. To deliver what the log still has: \(replay); to deliver the rest out of "
        + "another archive, too: \(replay) --history NAME.")
  }
}

extension PositionStatus.Match {
  /// Whether the log no longer shows what followed the position.
  fileprivate var isBeyondTheLog: Bool {
    switch self {
    case .gap, .before: true
    case .found, .absent, .differs, .ahead: false
    }
  }
}
