/// What is known of the times of a log: among these ids they rise, except at the steps.
package struct KnownTimes: Sendable, Hashable {
  package var ids: ClosedRange<UInt64>
  /// In log order.
  package var steps: [ClockStep]

  package init(ids: ClosedRange<UInt64>, steps: [ClockStep]) {
    self.ids = ids
    self.steps = steps
  }

  /// The id before which the first event of `time` or later is found by bisection: the clock's first
  /// step back from such a time, or the end of what is known.
  package func end(for time: EventTime) -> UInt64 {
    steps.first { $0.from >= time }?.eventId ?? ids.upperBound
  }
}
