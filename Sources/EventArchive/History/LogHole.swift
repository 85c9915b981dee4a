import EventPersistence

/// Events that a node's log no longer has, before its first event or between two others.
struct LogHole: Sendable, Hashable {
  /// The ids of these events. The last one can be that of `next`, too: a rotation's `Checkpoint`
  /// has the id of the event before it.
  var ids: ClosedRange<UInt64>
  /// The first event that the log has after them.
  var next: Position
  /// Whether they are before the log's first event.
  var isLeading: Bool

  /// Whether `position`, an event of the same log, comes before `next`.
  func precedesNext(_ position: Position) -> Bool {
    if position.eventId < next.eventId { return true }
    return position.eventId == next.eventId && ids.contains(position.eventId)
      && !position.agrees(with: next)
  }
}

extension EventSource {
  /// What the log lacks, according to `survey`, in log order.
  ///
  /// Only a rotation's `Checkpoint` proves a loss. But if the log begins with any other event than
  /// the node's first, those before it are elsewhere, too.
  func holes(_ survey: Survey) async throws(SourceError) -> [LogHole] {
    guard let first = survey.first else { return [] }
    var holes: [LogHole] = []
    for missing in survey.missing {
      guard let next = try await locate(.id(missing.from)) else { continue }
      let isLeading = next == first
      holes.append(
        LogHole(
          ids: (isLeading ? 0 : missing.from)...missing.through, next: next, isLeading: isLeading))
    }
    if first.eventId > 0, !holes.contains(where: \.isLeading) {
      holes.insert(LogHole(ids: 0...first.eventId - 1, next: first, isLeading: true), at: 0)
    }
    return holes
  }
}
