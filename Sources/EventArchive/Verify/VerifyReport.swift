public import EventPersistence

/// The result of comparing a secondary with the primary, event by event.
///
/// As JSON it is the document of `verify --json`; unknown values are null.
public struct VerifyReport: Sendable, Encodable {
  public enum Verdict: String, Sendable, Encodable {
    /// Everything expected is held, once, in order, and the same.
    case whole
    /// Something is missing, extra, damaged or different.
    case differs
    /// No fault was found, but a part cannot be proven.
    case unproven
    /// It was stopped before the end, and had found no fault.
    case interrupted
  }

  public struct Difference: Sendable, Hashable, Encodable {
    public var eventId: UInt64
    @Nullable public var tag: String?
    public var object: String
    /// The first member that differs.
    public var at: String
  }

  public struct Damage: Sendable, Hashable, Encodable {
    public var object: String
    public var reason: String
    /// According to its name; null if that does not have it.
    @Nullable public var from: UInt64?
    @Nullable public var through: UInt64?
  }

  public var version = 1
  /// Both inclusive, as asked for; null: from the first, through the checkpoint.
  @Nullable public var from: UInt64?
  @Nullable public var through: UInt64?
  /// Nothing after it is expected.
  @Nullable public var checkpoint: UInt64?
  /// The primary's first event that is left: what is held before it cannot be compared.
  @Nullable public var primaryFirst: UInt64?
  @Nullable public var primaryLast: UInt64?
  /// Whether equal bytes were required.
  public var bytes = false

  /// Events of the primary that were looked for.
  public var expected: UInt64 = 0
  /// Events that the secondary holds.
  public var held: UInt64 = 0
  /// Events that both have, the same.
  public var same: UInt64 = 0

  /// Expected, and not held where a reader would find them.
  public var missing = IdRanges()
  /// Held, and not in the primary.
  public var extra = IdRanges()
  /// Held again.
  public var twice = IdRanges()
  /// Held only after an event with a higher id: readers leave them out.
  public var outOfOrder = IdRanges()
  /// Held with a different content.
  public var differing = IdRanges()
  /// The first hundred of them.
  public var differences: [Difference] = []
  public var undecodable: UInt64 = 0
  /// The first hundred objects that cannot be read whole.
  public var damages: [Damage] = []

  /// Held, but the primary no longer has them: only their order and duplicates could be checked.
  public var unproven = IdRanges()
  /// The same except for ledger values that the primary now has in CBOR and the secondary in JSON.
  public var incomparable = IdRanges()
  /// Held although the selection now leaves them out: not a fault.
  public var unselected: UInt64 = 0
  /// Objects that still exist although a longer one replaced them: not a fault.
  public var shorter: UInt64 = 0
  /// Objects that were set aside: not part of this.
  @Nullable public var setAside: Int?
  /// What `retain` deleted, through this id: not expected.
  @Nullable public var retiredThrough: UInt64?

  public var isInterrupted = false

  static let listMax = 100

  public init() {}

  public var isFaulty: Bool {
    ![missing, extra, twice, outOfOrder, differing].allSatisfy(\.isEmpty) || undecodable > 0
  }

  public var verdict: Verdict {
    if isFaulty { return .differs }
    if isInterrupted { return .interrupted }
    return unproven.isEmpty && incomparable.isEmpty ? .whole : .unproven
  }

  /// The ids of a replay that would repair what can be repaired: those that the primary has,
  /// through the checkpoint. Nil if there is no fault, or if the primary cannot help.
  public var repair: ClosedRange<UInt64>? {
    var low: UInt64?
    var high: UInt64?
    func add(_ from: UInt64?, _ through: UInt64?) {
      guard let from, let through, let primaryFirst, let checkpoint,
        through >= primaryFirst, from <= checkpoint
      else { return }
      low = min(low ?? .max, max(from, primaryFirst))
      high = max(high ?? 0, min(through, checkpoint))
    }
    for found in [missing, extra, twice, outOfOrder, differing] { add(found.lowest, found.highest) }
    for damage in damages { add(damage.from, damage.through) }
    guard let low, let high, let primaryFirst, let checkpoint else { return nil }
    // One more event at either end: only between two events of the log is it certain which events
    // must not exist.
    let from = max(primaryFirst, low > 0 ? low - 1 : 0)
    return from...max(from, min(checkpoint, high < .max ? high + 1 : high))
  }
}
