/// What an operator requests: deliver again, from one place through another.
///
/// Without `from` it is a *re-drive*, from the checkpoint to the head. With `from` alone it is a
/// *rewind*: the checkpoint goes back first. With both it is a *range*: the checkpoint stays.
public struct ReplayRequest: Sendable, Hashable {
  /// One end, as a person names it.
  public enum Target: Sendable, Hashable {
    /// As `from`: the event after the checkpoint. As `through`: the checkpoint's own.
    case checkpoint
    /// The first event that is left.
    case start
    /// The event of this id, its twin included. If the log has no such id: as `from`, the first one
    /// after it; as `through`, the last one before it.
    case id(UInt64)
    /// As `from`: the first event of this time or later; as `through`: the last one before the first
    /// of a later time.
    case time(EventTime)

    var isTime: Bool {
      if case .time = self { true } else { false }
    }
  }

  public var from: Target?
  public var through: Target?
  /// Takes the first event that is left if the target is before it, the first one after lost events
  /// or damage that the replay would come upon, and the last place to begin out of a divergence if
  /// the target is after it; otherwise such a request is refused.
  public var clamp: Bool
  /// Begins the next generation, also where nothing proves that the primary is another log.
  public var beginsNewLog = false
  /// Events per second at most; nil: as fast as the sink stores.
  public var maxRate: Double?
  /// The archive that has what the log no longer has, by its secondary's name; nil: that of the
  /// configuration.
  public var history: String?
  /// For the journal.
  public var reason: String?

  /// What such a request is.
  public var kind: ReplayRecord.Kind {
    if beginsNewLog { return .newLog }
    if through != nil { return .range }
    return from == nil || from == .checkpoint ? .redrive : .rewind
  }

  public init(
    from: Target? = nil, through: Target? = nil, clamp: Bool = false, maxRate: Double? = nil,
    history: String? = nil, reason: String? = nil
  ) {
    self.from = from
    self.through = through
    self.clamp = clamp
    self.maxRate = maxRate
    self.history = history
    self.reason = reason
  }
}

extension ReplayRequest.Target: LosslessStringConvertible {
  /// `checkpoint`, `start`, an id in decimal, or a time in the node's form.
  public init?(_ text: String) {
    switch text {
    case "checkpoint": self = .checkpoint
    case "start": self = .start
    default:
      if let id = Position.id(text) {
        self = .id(id)
      } else if let time = EventTime(text) {
        self = .time(time)
      } else {
        return nil
      }
    }
  }

  public var description: String {
    switch self {
    case .checkpoint: "checkpoint"
    case .start: "start"
    case .id(let id): String(id)
    case .time(let time): time.description
    }
  }
}
