/// The instants at which all waits of this process wake up: multiples of their intervals on one
/// clock, so that those with the same interval share each wake-up.
enum WakeGrid {
  private static let origin = ContinuousClock.now

  /// The first multiple of `interval` after `now`.
  static func next(
    after now: ContinuousClock.Instant, each interval: Duration
  ) -> ContinuousClock.Instant {
    multiple(of: interval, upTo: now).advanced(by: interval)
  }

  /// When a wait ends that begins at `now` and takes at most `duration`: from a second on, at a full
  /// second.
  static func end(
    of duration: Duration, from now: ContinuousClock.Instant
  ) -> ContinuousClock.Instant {
    let end = now.advanced(by: duration)
    return duration < .seconds(1) ? end : multiple(of: .seconds(1), upTo: end)
  }

  // In integers: a division of durations is one of floating-point numbers, and takes longer.
  private static func multiple(
    of interval: Duration, upTo instant: ContinuousClock.Instant
  ) -> ContinuousClock.Instant {
    let passed = origin.duration(to: instant).attoseconds
    let count = passed / interval.attoseconds - (passed < 0 ? 1 : 0)
    return origin.advanced(by: Duration(attoseconds: count * interval.attoseconds))
  }
}
