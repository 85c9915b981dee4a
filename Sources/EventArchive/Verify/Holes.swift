internal import EventPersistence

/// The parts of the primary that cannot be compared: their events are lost, or cannot be read.
struct Holes: Sendable {
  private struct Hole: Sendable {
    /// The ids that only its events can have; nil if every id is left.
    var ids: ClosedRange<UInt64>?
    /// These, and the ids at its borders: two events can share an id.
    var around: ClosedRange<UInt64>
    /// Whether a rotation proves that there were such events.
    var isLost: Bool
    var reason: String
  }

  private var holes: [Hole] = []

  /// No log of the node has events with these ids, except a rotation's `Checkpoint` with the last.
  mutating func add(lost ids: ClosedRange<UInt64>) {
    let isKnown = holes.contains { hole in
      hole.ids.map { $0.contains(ids.lowerBound) && $0.contains(ids.upperBound) } ?? false
    }
    guard !isKnown else { return }
    let before = ids.lowerBound > 0 ? ids.lowerBound - 1 : 0
    holes.append(
      Hole(
        ids: ids, around: before...ids.upperBound, isLost: true,
        reason: "no log of the node has them"))
  }

  /// The events between those with the ids `last` and `next` cannot be read.
  mutating func add(after last: UInt64?, before next: UInt64?, _ reason: String) {
    let low = last.map { $0 == .max ? $0 : $0 + 1 } ?? 0
    let high = next.map { $0 == 0 ? 0 : $0 - 1 } ?? .max
    holes.append(
      Hole(
        ids: low <= high ? low...high : nil, around: (last ?? 0)...max(last ?? 0, next ?? .max),
        isLost: false, reason: reason))
  }

  /// Whether the event that a held one with `id` equals may be in a hole.
  ///
  /// - Parameter isLeft: whether the primary has an event with this id.
  func contains(_ id: UInt64, orAtBorder isAtBorder: Bool, isLeft: Bool) -> Bool {
    holes.contains { hole in
      if isAtBorder { return hole.around.contains(id) }
      guard let ids = hole.ids, ids.contains(id) else { return false }
      return id < ids.upperBound || !isLeft
    }
  }

  /// The holes among the expected events, the first hundred.
  func list(in scope: Comparison.Scope, _ report: VerifyReport) -> [VerifyReport.Hole] {
    guard let checkpoint = scope.checkpoint else { return [] }
    let high = min(checkpoint.eventId, scope.through ?? .max)
    var list: [VerifyReport.Hole] = []
    for hole in holes + beginning(of: scope, report) {
      let ids = hole.ids ?? hole.around
      let from = max(ids.lowerBound, begin(of: hole, scope, report))
      let through = min(ids.upperBound, high)
      guard from <= through else { continue }
      list.append(VerifyReport.Hole(from: from, through: through, reason: hole.reason))
    }
    list.sort { ($0.from, $0.through) < ($1.from, $1.through) }
    return Array(list.prefix(VerifyReport.listMax))
  }

  /// The first id at which a hole matters.
  private func begin(
    of hole: Hole, _ scope: Comparison.Scope, _ report: VerifyReport
  ) -> UInt64 {
    let kept = report.retiredThrough.map { $0 == .max ? $0 : $0 + 1 } ?? 0
    let first = scope.first?.eventId
    let begin: UInt64
    if hole.isLost {
      // A secondary that is not known to have begun earlier began at the primary's first event.
      begin = first ?? report.primaryFirst ?? scope.checkpoint?.eventId ?? 0
      // One that began with a rotation's `Checkpoint` does not lack the event before it, which has
      // the same id.
      if scope.first?.tag == "Checkpoint" { return max(scope.from, kept, begin + 1) }
    } else if let first, hole.around.upperBound != first {
      begin = first
    } else {
      // It may have begun after the damage only because that could not be read.
      begin = 0
    }
    return max(scope.from, kept, begin)
  }

  /// What the primary had when the secondary began, before its present first event.
  private func beginning(of scope: Comparison.Scope, _ report: VerifyReport) -> [Hole] {
    let first = scope.first?.eventId ?? report.primaryFirst ?? scope.checkpoint?.eventId ?? 0
    guard report.primaryFirst.map({ $0 > first }) ?? true else { return [] }
    let through = report.primaryFirst.map { $0 - 1 } ?? .max
    guard !holes.contains(where: { $0.around.overlaps(first...through) }) else { return [] }
    return [
      Hole(
        ids: first...through, around: first...through, isLost: true,
        reason: report.primaryFirst == nil
          ? "there is no log to compare with" : "the log begins after them now")
    ]
  }
}
