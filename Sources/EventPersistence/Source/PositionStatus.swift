/// How a position relates to a log.
public struct PositionStatus: Sendable, Hashable {
  public enum Match: Sendable, Hashable {
    /// The log has this event (with no position asked for: before the first event).
    case found
    /// The log has its id with another tag or time: the sink has stored an event that the node
    /// lost.
    case differs(Position)
    /// Between two events of the log: the log never had it, or no longer has it.
    case absent
    /// Beyond the head.
    case ahead
    /// Before the first event that is left, archives included; or the last event of a missing
    /// archive, and what follows it is left.
    case before
    /// The events that follow it, with these ids, are provably lost.
    case gap(ClosedRange<UInt64>)

    /// Whether the node lost the event at the position.
    package var isDivergence: Bool {
      switch self {
      case .differs, .absent, .ahead: true
      case .found, .before, .gap: false
      }
    }
  }

  public var match: Match

  /// The event that follows, in log order; nil at the head.
  public var next: Position?

  public init(match: Match, next: Position?) {
    self.match = match
    self.next = next
  }
}
