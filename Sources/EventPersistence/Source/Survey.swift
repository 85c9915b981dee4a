/// One look at a primary: everything that is known without reading through it.
///
/// What is not known is nil, never 0.
public struct Survey: Sendable, Hashable {
  /// `live`; `silent` is decided by a caller that knows the operator's `silent-after`.
  public enum State: String, Sendable, Hashable, Codable {
    case live, silent, missing, ambiguous, unreadable
  }

  public struct Archive: Sendable, Hashable, Codable {
    /// Relative to the persistence directory.
    public var path: String
    public var firstEventId: UInt64?
    public var lastEventId: UInt64?
    public var bytes: UInt64
    /// Whether it is of a log that the node had before it began anew: no event of it is read.
    public var isFormer = false

    public init(path: String, firstEventId: UInt64?, lastEventId: UInt64?, bytes: UInt64) {
      self.path = path
      self.firstEventId = firstEventId
      self.lastEventId = lastEventId
      self.bytes = bytes
    }
  }

  public struct Missing: Sendable, Hashable, Codable {
    @Bounded public var from: UInt64
    @Bounded public var through: UInt64

    public init(from: UInt64, through: UInt64) {
      self.from = from
      self.through = through
    }
  }

  public var state: State
  /// Why the state is not `live`, and what to do about it: a sentence for a person.
  public var sentence: String?
  /// How the newest part of the log stores its events.
  public var format: LogFormat?
  /// The first event that is left, archives included.
  public var first: Position?
  /// The last whole event.
  public var head: Position?
  /// Of all files of the log, archives included.
  public var bytes: UInt64?
  public var tornLines: Int?
  public var archives: [Archive]
  /// Ids that no log of the node has any longer, provably.
  public var missing: [Missing]
  /// Ids that two events have, rising.
  public var sharedIds: [UInt64]
  /// The state of the Hydra Head, from the log's tail.
  public var hydraHead: HydraHead?

  public init(
    state: State, sentence: String? = nil, format: LogFormat? = nil, first: Position? = nil,
    head: Position? = nil, bytes: UInt64? = nil, tornLines: Int? = nil, archives: [Archive] = [],
    missing: [Missing] = [], sharedIds: [UInt64] = []
  ) {
    self.state = state
    self.sentence = sentence
    self.format = format
    self.first = first
    self.head = head
    self.bytes = bytes
    self.tornLines = tornLines
    self.archives = archives
    self.missing = missing
    self.sharedIds = sharedIds
  }

  /// The events after `checkpoint` (with nil, all that are left) through the head: differences of
  /// ids plus known twins. Nil if the head is not known.
  public func lag(behind checkpoint: Position?) -> UInt64? {
    guard let head else { return state == .live && first == nil ? 0 : nil }
    guard let checkpoint else {
      // Ids rise in a log; if they do not, there is nothing to subtract.
      guard let first, first.eventId <= head.eventId else { return nil }
      return head.eventId - first.eventId + 1 + sharedIdCount(first.eventId...head.eventId)
    }
    guard checkpoint.eventId <= head.eventId else { return 0 }
    if checkpoint.eventId == head.eventId {
      // Of twins at the head, the earlier one is still one event behind.
      let isEarlierOfId =
        sharedIds.contains(head.eventId) && !checkpoint.isIdOnly && !checkpoint.agrees(with: head)
      return isEarlierOfId ? 1 : 0
    }
    return head.eventId - checkpoint.eventId
      + sharedIdCount((checkpoint.eventId + 1)...head.eventId)
  }

  private func sharedIdCount(_ ids: ClosedRange<UInt64>) -> UInt64 {
    UInt64(sharedIds.lazy.filter(ids.contains).count)
  }
}
