package import EventPersistence
internal import Foundation

/// One instant on two clocks: the first measures durations, the second is shown to people.
package struct Moment: Sendable, Hashable {
  /// Since some fixed instant; never goes back, even if the wall clock is set.
  package var instant: Duration

  /// The wall clock.
  package var at: EventTime

  package static var now: Moment {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Moment(
      instant: .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec), at: .now)
  }
}

extension Duration {
  var inSeconds: Double {
    Double(components.seconds) + Double(components.attoseconds) / 1e18
  }
}
