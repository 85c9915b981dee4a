/// The lag of a secondary at one look.
package struct LagSample: Sendable, Hashable {
  /// On the clock of `Moment.instant`.
  package var instant: Duration
  package var checkpointId: UInt64?
  package var headId: UInt64?
  /// Events behind the head.
  package var lagEvents: UInt64
}
