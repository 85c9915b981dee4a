/// `STATE/NAME/verified.json`: what comparisons of a secondary with the log have found.
///
/// `verify` writes it without the lock. A later comparison replaces what it covers; faults that it
/// does not cover stay.
public struct VerifiedRecord: Sendable, Hashable, Codable {
  public enum Verdict: String, Sendable, Hashable, Codable {
    case whole, differs, unproven
  }

  public struct Ids: Sendable, Hashable, Codable {
    @Bounded public var from: UInt64
    @Bounded public var through: UInt64

    public init(_ ids: ClosedRange<UInt64>) {
      from = ids.lowerBound
      through = ids.upperBound
    }
  }

  /// When the comparison began, and when it ended.
  public var startedAt: EventTime
  public var at: EventTime
  /// user@host
  public var by: String
  public var verdict: Verdict
  /// What was compared, both inclusive; null: from the first event; with nothing stored, no event.
  @Nullable public var from: UInt64?
  @Nullable public var through: UInt64?

  @Bounded public var missing: UInt64 = 0
  @Bounded public var extra: UInt64 = 0
  @Bounded public var twice: UInt64 = 0
  @Bounded public var outOfOrder: UInt64 = 0
  @Bounded public var differing: UInt64 = 0
  /// Objects or segments that are damaged.
  @Bounded public var damaged: UInt64 = 0
  /// Events of which the comparison could not tell.
  @Bounded public var unknown: UInt64 = 0

  /// The lowest and the highest id at fault; null if there is no fault, or if a fault has no id.
  @Nullable public var faults: Ids?
  /// The replay that mends what can be mended; null if none can.
  @Nullable public var repair: Ids?

  public init(
    startedAt: EventTime, at: EventTime, by: String, verdict: Verdict, from: UInt64?,
    through: UInt64?
  ) {
    self.startedAt = startedAt
    self.at = at
    self.by = by
    self.verdict = verdict
    self.from = from
    self.through = through
    faults = nil
    repair = nil
  }

  public var isFaulty: Bool { verdict == .differs }
}

extension VerifiedRecord {
  /// The record that stands after this comparison, if `earlier` stood before it; nil if `earlier`
  /// stays as it is.
  ///
  /// - Parameters:
  ///   - isComplete: whether the comparison reached its end and could read everything.
  ///   - holes: the ids that the primary does not have, so that nothing was compared there.
  package func following(
    _ earlier: VerifiedRecord?, isComplete: Bool, holes: [Ids] = []
  ) -> VerifiedRecord? {
    guard let earlier, earlier.isFaulty, !(isComplete && covers(earlier, but: holes)) else {
      return isComplete || isFaulty || earlier == nil ? self : nil
    }
    guard isFaulty else { return nil }
    var joined = self
    // Faults in a stretch of its own add to the earlier ones; in a common one they may be the same.
    let areApart = faults.flatMap { own in earlier.faults.map { !own.overlaps($0) } } ?? false
    let counts: [WritableKeyPath<VerifiedRecord, UInt64>] = [
      \.missing, \.extra, \.twice, \.outOfOrder, \.differing, \.damaged, \.unknown,
    ]
    for count in counts {
      let (own, other) = (self[keyPath: count], earlier[keyPath: count])
      joined[keyPath: count] = areApart ? own + other : max(own, other)
    }
    joined.faults = faults.flatMap { own in earlier.faults.map { own.joined(with: $0) } }
    joined.repair =
      repair.flatMap { own in earlier.repair.map { own.joined(with: $0) } } ?? repair
      ?? earlier.repair
    return joined
  }

  /// Whether it compared everything that `earlier` found at fault.
  private func covers(_ earlier: VerifiedRecord, but holes: [Ids]) -> Bool {
    guard let faults = earlier.faults else {
      return from.map { $0 <= earlier.from ?? 0 } ?? true
        && (through ?? 0) >= (earlier.through ?? 0) && holes.isEmpty
    }
    return (from ?? 0) <= faults.from && (through ?? 0) >= faults.through
      && !holes.contains { $0.overlaps(faults) }
  }

  /// When the replays that began after the comparison had delivered all of `repair` again; nil if
  /// they have not.
  package func replayed(by replays: [ReplayRecord]) -> EventTime? {
    guard isFaulty, let repair else { return nil }
    var next = repair.from
    var end: EventTime?
    let stretches = replays.compactMap {
      replay -> (from: UInt64, through: UInt64, at: EventTime)? in
      guard replay.state == .done, let began = replay.startedAt, began >= startedAt,
        let from = replay.from?.eventId, let through = replay.through?.eventId
      else { return nil }
      return (from, through, replay.endedAt ?? began)
    }
    for stretch in stretches.sorted(by: { $0.from < $1.from }) where next <= repair.through {
      guard stretch.from <= next else { return nil }
      guard stretch.through >= next else { continue }
      next = stretch.through + 1
      end = max(end ?? stretch.at, stretch.at)
    }
    return next > repair.through ? end : nil
  }
}

extension VerifiedRecord.Ids {
  func overlaps(_ other: Self) -> Bool { from <= other.through && other.from <= through }

  func joined(with other: Self) -> Self {
    Self(min(from, other.from)...max(through, other.through))
  }
}

extension SecondaryFolder {
  public func readVerified() throws(StateError) -> VerifiedRecord? {
    try JSONFile.read(VerifiedRecord.self, from: file("verified.json"))
  }

  /// Keeps the result of a comparison. Where no driver made the folder, it keeps nothing.
  package func keep(
    _ record: VerifiedRecord, isComplete: Bool, holes: [VerifiedRecord.Ids] = []
  ) throws(StateError) {
    guard exists,
      let next = record.following(try readVerified(), isComplete: isComplete, holes: holes)
    else { return }
    try replace(file("verified.json"), with: next, durability: .crash)
  }

  /// The replays among which those are that followed the last comparison.
  package func readReplaysSinceVerify() throws(StateError) -> [ReplayRecord] {
    try readReplays(last: 1000)
  }
}
