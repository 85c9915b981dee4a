/// Finds where a rewind begins that delivers the events which reused ids that a secondary had
/// stored.
struct RewindPoint {
  struct Found {
    var from: Position
    /// The last event that the sink and the primary agree on; nil if the sink cannot report it.
    var agreed: Position?
    var note: String

    var stored: ReplayPlanner.Stored { agreed.map { .through($0) } ?? .unknown }
  }

  let sink: any EventSink
  let source: any EventSource

  /// The event after the last one that the sink and the primary agree on, if the sink can report
  /// it; otherwise after the last landmark that agrees; without one, 2,000 events back. Nil if the
  /// primary is empty. The search doubles its steps back and then halves them, so that it takes a
  /// few dozen looks at most.
  func find(
    _ checkpoint: Position, _ agreement: LogAgreement, _ survey: Survey
  ) async throws -> Found? {
    guard let first = survey.first, let head = survey.head else { return nil }
    if let agreed = try await lastAgreed(notBefore: first.eventId) {
      let next = try await source.status(of: agreed).next ?? head
      return Found(
        from: try await source.locate(.id(next.eventId)) ?? next, agreed: agreed,
        note: "begins after \(agreed), the last event that the sink and the primary agree on")
    }
    if case .through(let landmark) = agreement,
      let next = try await source.status(of: landmark).next
    {
      return Found(
        from: try await source.locate(.id(next.eventId)) ?? next, agreed: nil,
        note: "begins after \(landmark), the last known event on which both agree: the sink cannot "
          + "tell more exactly")
    }
    let eventsBack = LogComparison.unwrittenMax
    let last = min(checkpoint.eventId, head.eventId)
    let id = last > eventsBack ? last - eventsBack : 0
    guard let from = try await source.locate(.id(max(id, first.eventId))) else { return nil }
    return Found(
      from: from,
      note: from.eventId > id
        ? "begins with the first event that the log still has: nothing tells where both agree"
        : "begins \(eventsBack) events back: the sink cannot tell where both still agree")
  }

  private func lastAgreed(notBefore firstId: UInt64) async throws -> Position? {
    var step: UInt64 = 1
    var differing: UInt64?
    var held = try await sink.position(before: .max)
    while let candidate = held {
      if try await agrees(candidate) {
        return try await halve(candidate, differing ?? candidate.eventId)
      }
      guard candidate.eventId > firstId else { return nil }
      differing = candidate.eventId
      held = try await sink.position(
        before: candidate.eventId - min(step - 1, candidate.eventId - firstId))
      step *= 2
    }
    return nil
  }

  /// The last event that both agree on, between `agreed`, which is such an event, and the id
  /// `differing`, which has none.
  private func halve(_ agreed: Position, _ differing: UInt64) async throws -> Position {
    var (agreed, low, high) = (agreed, agreed.eventId, differing)
    while high > low, high - low > 1 {
      let middle = low + (high - low) / 2
      if let held = try await sink.position(before: middle + 1), held.eventId > low {
        if try await agrees(held) {
          (agreed, low) = (held, middle)
        } else {
          high = held.eventId
        }
      } else {
        // Up to there, the sink holds only events that both agree on.
        low = middle
      }
    }
    return agreed
  }

  private func agrees(_ position: Position) async throws -> Bool {
    try await source.status(of: position).match == .found
  }
}
