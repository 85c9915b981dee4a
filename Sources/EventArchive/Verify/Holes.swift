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
    /// Whether a reader passes it without an order.
    var isPassed = false
    var reason: String
  }

  private var holes: [Hole] = []
  /// What follows the log's last event, at the last look: it can be an event that is being written.
  private var tail: Hole?

  /// The most that are kept apart; the last of them then covers the rest.
  static let holesMax = 10_000

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
    add(Self.hole(after: last, before: next, reason))
  }

  private mutating func add(_ hole: Hole) {
    if holes.count < Self.holesMax {
      holes.append(hole)
    } else {
      let end = hole.around.upperBound
      let begin = holes[holes.count - 1].around.lowerBound
      holes[holes.count - 1].around = begin...max(begin, end)
      holes[holes.count - 1].ids = begin...max(begin, hole.ids?.upperBound ?? end)
      holes[holes.count - 1].isPassed = false
    }
  }

  /// Between these events of the log there is something else.
  mutating func add(_ stretch: TornStretch) {
    tail = nil
    var hole = Self.hole(after: stretch.after, before: stretch.before, stretch.place)
    hole.isPassed = true
    if stretch.before == nil { tail = hole } else { add(hole) }
  }

  private static func hole(after last: UInt64?, before next: UInt64?, _ reason: String) -> Hole {
    let low = last.map { $0 == .max ? $0 : $0 + 1 } ?? 0
    let high = next.map { $0 == 0 ? 0 : $0 - 1 } ?? .max
    return Hole(
      ids: low <= high ? low...high : nil, around: (last ?? 0)...max(last ?? 0, next ?? .max),
      isLost: false, reason: reason)
  }

  private var all: [Hole] { holes + (tail.map { [$0] } ?? []) }

  /// Whether the event that a held one with `id` equals may be in a hole.
  ///
  /// - Parameter isLeft: whether the primary has an event with this id.
  func contains(_ id: UInt64, orAtBorder isAtBorder: Bool, isLeft: Bool) -> Bool {
    func contains(_ hole: Hole) -> Bool {
      if isAtBorder { return hole.around.contains(id) }
      guard let ids = hole.ids, ids.contains(id) else { return false }
      return id < ids.upperBound || !isLeft
    }
    return holes.contains(where: contains) || tail.map(contains) ?? false
  }

  /// The holes among the expected events, the first hundred.
  func list(in scope: Comparison.Scope, _ report: VerifyReport) -> [VerifyReport.Hole] {
    guard let checkpoint = scope.checkpoint else { return [] }
    let high = min(checkpoint.eventId, scope.through ?? .max)
    var list: [VerifyReport.Hole] = []
    for hole in all + beginning(of: scope, report) {
      let ids = hole.ids ?? hole.around
      let from = max(ids.lowerBound, begin(of: hole, scope, report))
      let through = min(ids.upperBound, high)
      guard from <= through else { continue }
      list.append(VerifyReport.Hole(from: from, through: through, reason: hole.reason))
    }
    list.sort { ($0.from, $0.through) < ($1.from, $1.through) }
    return Array(list.prefix(VerifyReport.listMax))
  }

  /// The stretches of the log, through the checkpoint, that a replay can deliver without an order to
  /// pass what is lost or cannot be read, in order.
  func readable(_ report: VerifyReport) -> [ClosedRange<UInt64>] {
    guard let first = report.primaryFirst, let checkpoint = report.checkpoint,
      first <= checkpoint
    else { return [] }
    var stretches: [ClosedRange<UInt64>] = []
    var from = first
    let stops = holes.filter { !$0.isPassed }.sorted {
      $0.around.lowerBound < $1.around.lowerBound
    }
    for hole in stops where hole.around.upperBound > from || hole.around.upperBound == .max {
      // It begins after the event before it; of lost events, their last id is that of a `Checkpoint`
      // that is left.
      let last = hole.ids.map { $0.lowerBound > 0 ? $0.lowerBound - 1 : 0 }
      let end = min(last ?? hole.around.lowerBound, checkpoint)
      if from <= end, hole.ids?.lowerBound != 0 { stretches.append(from...end) }
      guard hole.around.upperBound <= checkpoint else { return stretches }
      from = max(from, hole.around.upperBound)
    }
    if from <= checkpoint { stretches.append(from...checkpoint) }
    return stretches
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
    guard !all.contains(where: { $0.around.overlaps(first...through) }) else { return [] }
    return [
      Hole(
        ids: first...through, around: first...through, isLost: true,
        reason: report.primaryFirst == nil
          ? "there is no log to compare with" : "the log begins after them now")
    ]
  }
}
