/// The lag of a secondary at one look.
public struct LagSample: Sendable, Hashable {
  /// On the clock of `Moment.instant`.
  public var instant: Duration
  public var checkpointId: UInt64?
  public var headId: UInt64?
  /// Events behind the head.
  public var lagEvents: UInt64
}
