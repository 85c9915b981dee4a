/// What an operator asks for: deliver again, from where through where.
///
/// Without `from` it is a *re-drive*, from the checkpoint to the head. With `from` alone it is a *rewind*:
/// the checkpoint goes back first. With both it is a *range*: the checkpoint stays.
public struct ReplayRequest: Sendable, Hashable {
  /// One end, as a person names it.
  public enum Target: Sendable, Hashable {
    /// As `from`: the event after the checkpoint. As `through`: the checkpoint's own.
    case checkpoint
    /// The first event that is still there.
    case start
    /// The event of this id, its twin included. As `from`: or the first one after it, where the log has
    /// no such id; as `through`: or the last one before it.
    case id(UInt64)
    /// As `from`: the first event of this time or later; as `through`: the last one before or at it.
    case time(EventTime)
  }

  public var from: Target?
  public var through: Target?
  /// Takes the first event that is left where the target is before it; refused otherwise.
  public var clamp: Bool
  /// Events a second at most; nil: as fast as the sink stores.
  public var maxRate: Double?
  /// For the journal.
  public var reason: String?

  public init(
    from: Target? = nil, through: Target? = nil, clamp: Bool = false, maxRate: Double? = nil,
    reason: String? = nil
  ) {
    self.from = from
    self.through = through
    self.clamp = clamp
    self.maxRate = maxRate
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
      if let id = UInt64(text) {
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
