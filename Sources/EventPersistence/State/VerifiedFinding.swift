extension VerifiedRecord {
  public enum Fault: String, Sendable, Hashable, Codable, CaseIterable {
    case missing, extra, twice, outOfOrder, differing
    /// Of these, objects or segments are counted, not events.
    case damaged
  }

  public struct Ids: Sendable, Hashable, Codable {
    @Bounded public var from: UInt64
    @Bounded public var through: UInt64

    public init(_ ids: ClosedRange<UInt64>) {
      from = min(ids.lowerBound, Position.idMax)
      through = min(ids.upperBound, Position.idMax)
    }
  }

  /// Faults of one kind, and the ids among which they are.
  public struct Finding: Sendable, Hashable, Codable {
    public var fault: Fault
    @Bounded public var from: UInt64
    @Bounded public var through: UInt64
    @Bounded public var events: UInt64
    /// When the comparison began that found it.
    public var startedAt: EventTime

    public init(_ fault: Fault, _ ids: Ids, events: UInt64, startedAt: EventTime) {
      self.fault = fault
      from = ids.from
      through = ids.through
      self.events = events
      self.startedAt = startedAt
    }

    package var ids: Ids { Ids(from...max(from, through)) }
  }

  /// A replay that mends faults.
  public struct Repair: Sendable, Hashable, Codable {
    @Bounded public var from: UInt64
    @Bounded public var through: UInt64
    /// When the comparison began that found them: only a replay that began later mends them.
    public var startedAt: EventTime

    public init(_ ids: Ids, startedAt: EventTime) {
      from = ids.from
      through = ids.through
      self.startedAt = startedAt
    }

    package var ids: Ids { Ids(from...max(from, through)) }
  }
}

extension VerifiedRecord.Ids {
  func overlaps(_ other: Self) -> Bool { from <= other.through && other.from <= through }

  /// Whether no id lies between them.
  func touches(_ other: Self) -> Bool {
    from <= other.through + 1 && other.from <= through + 1
  }

  func joined(with other: Self) -> Self {
    Self(min(from, other.from)...max(through, other.through))
  }

  /// The parts of it that are in none of `others`.
  func minus(_ others: [Self]) -> [Self] {
    others.reduce([self]) { parts, other in
      parts.flatMap { part -> [Self] in
        guard part.overlaps(other) else { return [part] }
        let before = part.from < other.from ? [Self(part.from...(other.from - 1))] : []
        let after = part.through > other.through ? [Self((other.through + 1)...part.through)] : []
        return before + after
      }
    }
  }
}

extension VerifiedRecord.Finding {
  /// The parts of it outside of `others`. How many of its events each has is not known: at most one
  /// for each id.
  func minus(_ others: [VerifiedRecord.Ids]) -> [Self] {
    let parts = ids.minus(others)
    if parts == [ids] { return [self] }
    return parts.map { part in
      Self(fault, part, events: min(events, part.through - part.from + 1), startedAt: startedAt)
    }
  }

  func joined(with other: Self) -> Self {
    let isSame = ids.overlaps(other.ids)
    return Self(
      fault, ids.joined(with: other.ids),
      events: isSame ? max(events, other.events) : min(events + other.events, Position.idMax),
      startedAt: max(startedAt, other.startedAt))
  }
}

extension [VerifiedRecord.Finding] {
  /// The most that a record keeps apart. Beyond that, those of one kind that are nearest to each
  /// other become one, with all ids between them.
  package static var countMax: Int { 100 }

  /// In order, each id once in a kind, and at most `countMax`.
  package var bounded: Self {
    var kinds: [Self] = VerifiedRecord.Fault.allCases.map { fault in
      var joined: Self = []
      for finding in filter({ $0.fault == fault }).sorted(by: { $0.from < $1.from }) {
        if let last = joined.last, last.ids.overlaps(finding.ids) {
          joined[joined.count - 1] = last.joined(with: finding)
        } else {
          joined.append(finding)
        }
      }
      return joined
    }
    while kinds.reduce(0, { $0 + $1.count }) > Self.countMax {
      var nearest: (kind: Int, index: Int, distance: UInt64)?
      for (kind, found) in kinds.enumerated() {
        for index in found.indices.dropFirst() {
          let distance = found[index].from - found[index - 1].through
          if distance < nearest?.distance ?? .max { nearest = (kind, index, distance) }
        }
      }
      guard let nearest else { break }
      let after = kinds[nearest.kind].remove(at: nearest.index)
      let before = kinds[nearest.kind][nearest.index - 1]
      kinds[nearest.kind][nearest.index - 1] = before.joined(with: after)
    }
    return kinds.flatMap { $0 }
  }
}

extension [VerifiedRecord.Repair] {
  /// In order, each id once.
  var merged: Self {
    var merged: Self = []
    for repair in sorted(by: { $0.from < $1.from }) {
      if let last = merged.last, last.ids.overlaps(repair.ids) {
        merged[merged.count - 1] = .init(
          last.ids.joined(with: repair.ids), startedAt: Swift.max(last.startedAt, repair.startedAt))
      } else {
        merged.append(repair)
      }
    }
    return merged
  }
}
