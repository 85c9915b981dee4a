public import EventPersistence

/// What came of comparing a secondary with the primary, event by event.
///
/// As JSON it is the document of `verify --json`; what is not known is null.
public struct VerifyReport: Sendable, Encodable {
  public enum Verdict: String, Sendable, Encodable {
    /// Everything that was expected is there, once, in order, and the same.
    case whole
    /// Something is missing, too much, damaged or different.
    case differs
    /// Nothing is wrong as far as it can be told, and a part of it cannot be.
    case unproven
    /// It was stopped before the end, and nothing was wrong as far as it came.
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
    /// As its name says; null where that is not known.
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
  /// Whether the same bytes were asked for.
  public var bytes = false

  /// Events of the primary that were looked for.
  public var expected: UInt64 = 0
  /// Events that were met in the secondary.
  public var held: UInt64 = 0
  /// Events that both have, the same.
  public var same: UInt64 = 0

  /// Expected, and not held where a reader would find them.
  public var missing = IdRanges()
  /// Held, and not in the primary.
  public var extra = IdRanges()
  /// Held once more.
  public var twice = IdRanges()
  /// Held after an event of a higher id, and not before it: readers leave them out.
  public var outOfOrder = IdRanges()
  /// Held with another content.
  public var differing = IdRanges()
  /// The first hundred of them.
  public var differences: [Difference] = []
  public var undecodable: UInt64 = 0
  /// The first hundred objects that cannot be read whole.
  public var damages: [Damage] = []

  /// Held from where the primary has nothing any more: only doubles and their order could be looked at.
  public var unproven = IdRanges()
  /// The same but for ledger values that the primary has in CBOR by now and the secondary in JSON.
  public var incomparable = IdRanges()
  /// Held although the selection leaves them out by now: no fault.
  public var unselected: UInt64 = 0
  /// Objects that a longer one has taken the place of and that are still there: no fault.
  public var shorter: UInt64 = 0
  /// Objects that were set aside: no part of this.
  @Nullable public var setAside: Int?
  /// What `retain` let go of, through this id: not expected.
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

  /// The ids of a replay that would mend what can be mended: those that the primary has, through the
  /// checkpoint. Nil where nothing is wrong, or where the primary cannot help.
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
    // An event more at either end: only between two events of the log is it certain what must not be there.
    let from = max(primaryFirst, low > 0 ? low - 1 : 0)
    return from...max(from, min(checkpoint, high < .max ? high + 1 : high))
  }
}
