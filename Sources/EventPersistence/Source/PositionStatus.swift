/// How a position stands in a log.
public struct PositionStatus: Sendable, Hashable {
  public enum Match: Sendable, Hashable {
    /// The log has this very event (or nothing was asked for: before the first event).
    case found
    /// The log has its id, with another tag or time: the sink has stored an event that the node gave up.
    case differs(Position)
    /// Between events that are there: the log never had it, or has it no more.
    case absent
    /// Beyond the head.
    case ahead
    /// Before the first event that is left, archives included.
    case before
    /// What follows it is lost, provably: these ids.
    case gap(ClosedRange<UInt64>)
  }

  public var match: Match

  /// The event that follows, in log order; nil at the head.
  public var next: Position?

  public init(match: Match, next: Position?) {
    self.match = match
    self.next = next
  }
}
