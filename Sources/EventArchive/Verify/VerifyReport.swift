package import EventPersistence

/// The result of comparing a secondary with the primary, event by event.
///
/// As JSON it is the document of `verify --json`; unknown values are null.
package struct VerifyReport: Sendable, Encodable {
  package enum Verdict: String, Sendable, Encodable {
    /// Everything expected is held, once, in order, and the same.
    case whole
    /// Something is missing, extra, damaged or different.
    case differs
    /// No fault was found, but a part cannot be proven, or could not be read.
    case unproven
    /// It was stopped before the end, and had found no fault.
    case interrupted
  }

  package struct Difference: Sendable, Hashable, Encodable {
    package var eventId: UInt64
    @Nullable package var tag: String?
    package var object: String
    /// The first member that differs.
    package var at: String
  }

  package struct Damage: Sendable, Hashable, Encodable {
    package var object: String
    package var reason: String
    /// According to its name, or to the next object's; null if neither has it.
    @Nullable package var from: UInt64?
    @Nullable package var through: UInt64?
  }

  /// Ids of which the primary has lost the events, or cannot read them.
  package struct Hole: Sendable, Hashable, Encodable {
    package var from: UInt64
    package var through: UInt64
    package var reason: String
  }

  package var version = 1
  /// Which of the node's logs it is about.
  package var generation = 1
  /// The others that the archive holds.
  package var otherGenerations: [Int] = []
  /// Whether the node no longer has that log: what is held cannot be compared with it.
  package var isFormer = false
  /// Both inclusive, as asked for; null: from the first, through the checkpoint.
  @Nullable package var from: UInt64?
  @Nullable package var through: UInt64?
  /// Nothing after it is expected.
  @Nullable package var checkpoint: UInt64?
  /// The primary's first event that is left: what is held before it cannot be compared.
  @Nullable package var primaryFirst: UInt64?
  @Nullable package var primaryLast: UInt64?
  /// Whether equal bytes were required.
  package var bytes = false

  /// Events of the primary that were looked for.
  package var expected: UInt64 = 0
  /// Events through the checkpoint that the secondary holds.
  package var held: UInt64 = 0
  /// Events that both have, the same.
  package var same: UInt64 = 0

  /// Expected, and not held where a reader would find them.
  package var missing = IdRanges()
  /// Held, and not in the primary.
  package var extra = IdRanges()
  /// Held again.
  package var twice = IdRanges()
  /// Held only after an event with a higher id: readers leave them out.
  package var outOfOrder = IdRanges()
  /// Held with a different content.
  package var differing = IdRanges()
  /// The first hundred of them.
  package var differences: [Difference] = []
  package var undecodable: UInt64 = 0
  /// The first hundred objects that cannot be read whole.
  package var damages: [Damage] = []

  /// Objects that could not be read: what they hold is not known.
  package var unread: UInt64 = 0
  /// The first hundred of them.
  package var failures: [Damage] = []
  /// Expected in those objects: neither held nor missing.
  package var unexamined = IdRanges()

  /// Held, but the primary no longer has them: only their order and duplicates could be checked.
  package var unproven = IdRanges()
  /// The first hundred holes of the primary among the expected events: whether the secondary holds
  /// what it should of these ids is not known.
  package var holes: [Hole] = []
  /// The same except for ledger values that the primary now has in CBOR and the secondary in JSON.
  package var incomparable = IdRanges()
  /// Held although the selection now leaves them out: not a fault.
  package var unselected: UInt64 = 0
  /// Objects that still exist although a longer one replaced them: not a fault.
  package var shorter: UInt64 = 0
  /// Objects that were set aside: not part of this.
  @Nullable package var setAside: Int?
  /// What `retain` deleted, through this id: not expected.
  @Nullable package var retiredThrough: UInt64?

  package var isInterrupted = false

  /// The replays that repair what can be repaired, in order, the first hundred: each is within a
  /// stretch of the log that can be read whole.
  package var repairs: [Repair] = []

  package struct Repair: Sendable, Hashable, Encodable {
    /// Both inclusive.
    package var from: UInt64
    package var through: UInt64
  }

  package static let listMax = 100

  package init() {}

  package var isFaulty: Bool {
    ![missing, extra, twice, outOfOrder, differing].allSatisfy(\.isEmpty) || undecodable > 0
  }

  package var verdict: Verdict {
    if isFaulty { return .differs }
    if isInterrupted { return .interrupted }
    let isProven =
      unread == 0 && (isFormer || unproven.isEmpty) && incomparable.isEmpty && holes.isEmpty
    return isProven ? .whole : .unproven
  }

  /// Where the faults are, as far as they have ids, in order.
  private var faultyRanges: [ClosedRange<UInt64>] {
    var ranges: [ClosedRange<UInt64>] = []
    for found in [missing, extra, twice, outOfOrder, differing] { ranges += found.spans }
    for damage in damages {
      guard let from = damage.from, let through = damage.through else { continue }
      ranges.append(from...max(from, through))
    }
    return ranges.sorted { $0.lowerBound < $1.lowerBound }
  }

  /// The replays that would repair the faults in these stretches of the log, which are in order.
  func repairs(within stretches: [ClosedRange<UInt64>]) -> [Repair] {
    let ranges = faultyRanges
    var repairs: [Repair] = []
    for stretch in stretches where repairs.count < Self.listMax {
      let found = ranges.filter { $0.overlaps(stretch) }
      guard let low = found.first?.lowerBound, let high = found.map(\.upperBound).max() else {
        continue
      }
      // One more event at either end: only between two events of the log is it certain which events
      // must not exist.
      let from = max(stretch.lowerBound, low > 0 ? low - 1 : 0)
      let through = min(stretch.upperBound, high < .max ? high + 1 : high)
      repairs.append(Repair(from: from, through: max(from, through)))
    }
    return repairs
  }
}
