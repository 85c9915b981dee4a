/// `STATE/NAME/verified.json`: what comparisons of a secondary with the log have found.
///
/// `verify` writes it without the lock. A later comparison replaces what it covers; faults that it
/// does not cover stay.
public struct VerifiedRecord: Sendable, Hashable, Codable {
  public enum Verdict: String, Sendable, Hashable, Codable {
    case whole, differs, unproven
  }

  /// When the last comparison began, and when it ended.
  public var startedAt: EventTime
  public var at: EventTime
  /// user@host
  public var by: String
  public var verdict: Verdict
  /// What was compared, both inclusive; null: from the first event; with nothing stored, no event.
  @Nullable public var from: UInt64?
  @Nullable public var through: UInt64?

  /// The sums of `findings`.
  @Bounded public private(set) var missing: UInt64 = 0
  @Bounded public private(set) var extra: UInt64 = 0
  @Bounded public private(set) var twice: UInt64 = 0
  @Bounded public private(set) var outOfOrder: UInt64 = 0
  @Bounded public private(set) var differing: UInt64 = 0
  /// Objects or segments that are damaged.
  @Bounded public private(set) var damaged: UInt64 = 0
  /// Events of which the comparison could not tell.
  @Bounded public var unknown: UInt64 = 0

  /// Where the faults are, at most `[Finding].countMax` stretches. A fault without ids is anywhere
  /// in what was compared.
  public private(set) var findings: [Finding] = []
  /// The replays that mend what can be mended, in order.
  public private(set) var repairs: [Repair] = []

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
  }

  public var isFaulty: Bool { verdict == .differs }

  /// Replaces what was found.
  package mutating func take(_ found: [Finding], repairs: [Repair]) {
    findings = found.bounded
    self.repairs = Array(repairs.merged.prefix([Finding].countMax))
    func sum(_ fault: Fault) -> UInt64 {
      findings.reduce(0) { $1.fault == fault ? min($0 + $1.events, Position.idMax) : $0 }
    }
    missing = sum(.missing)
    extra = sum(.extra)
    twice = sum(.twice)
    outOfOrder = sum(.outOfOrder)
    differing = sum(.differing)
    damaged = sum(.damaged)
  }

  private var compared: Ids { Ids((from ?? 0)...max(from ?? 0, through ?? from ?? 0)) }
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
    guard let earlier else { return self }
    let isBounded = through != nil && earlier.through != nil
    let covered = isComplete && isBounded ? compared.minus(holes) : []
    let left = earlier.findings.flatMap { $0.minus(covered) }
    let isNews = isComplete && (earlier.findings.isEmpty || left != earlier.findings)
    guard isFaulty || isNews else { return nil }
    var next = self
    next.take(findings + left, repairs: repairs + earlier.repairs(of: left) { _ in covered })
    if !next.findings.isEmpty { next.verdict = .differs }
    guard isBounded, compared.touches(earlier.compared) else { return next }
    let all = compared.joined(with: earlier.compared)
    next.from = from == nil || earlier.from == nil ? nil : all.from
    next.through = all.through
    if !earlier.compared.minus([compared]).isEmpty, earlier.unknown > 0 {
      // Of what this one did not compare, the earlier one tells.
      next.unknown = max(unknown, earlier.unknown)
      if next.verdict == .whole { next.verdict = .unproven }
    }
    return next
  }

  /// The repairs without the ids that `done` returns for each, as far as they mend one of `findings`.
  private func repairs(of findings: [Finding], but done: (Repair) -> [Ids]) -> [Repair] {
    repairs.flatMap { repair in
      repair.ids.minus(done(repair)).compactMap { part -> Repair? in
        let mended = findings.filter { $0.ids.overlaps(part) }
        guard let low = mended.map(\.from).min(), let high = mended.map(\.through).max() else {
          return nil
        }
        // With an event more at either end, as `verify` has it.
        let from = max(part.from, low > 0 ? low - 1 : 0)
        return Repair(Ids(from...min(part.through, high + 1)), startedAt: repair.startedAt)
      }
    }
  }

  /// This record without what replays have delivered again since it was found; and, if that is
  /// everything, the record as it is and when it was delivered.
  package func open(after replays: [ReplayRecord]) -> (record: Self, replayedAt: EventTime?) {
    guard isFaulty else { return (self, nil) }
    let done = replays.compactMap { replay -> (ids: Ids, began: EventTime, ended: EventTime)? in
      guard replay.state == .done, let began = replay.startedAt, let from = replay.from?.eventId,
        let through = replay.through?.eventId, from <= through
      else { return nil }
      return (Ids(from...through), began, replay.endedAt ?? began)
    }
    func since(_ time: EventTime) -> [Ids] { done.filter { $0.began >= time }.map(\.ids) }
    let left = findings.flatMap { finding -> [Finding] in
      // A replay can mend only what is in a repair.
      let mended = since(finding.startedAt).flatMap { $0.within(repairs.map(\.ids)) }
      return finding.minus(mended)
    }
    if left.isEmpty, !findings.isEmpty {
      return (self, done.filter { $0.began >= startedAt }.map(\.ended).max() ?? at)
    }
    var open = self
    open.take(left, repairs: repairs(of: left) { since($0.startedAt) })
    return (open, nil)
  }
}

extension VerifiedRecord.Ids {
  /// The parts of it that are in one of `others`.
  fileprivate func within(_ others: [Self]) -> [Self] {
    others.filter(overlaps).map { Self(Swift.max(from, $0.from)...Swift.min(through, $0.through)) }
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
