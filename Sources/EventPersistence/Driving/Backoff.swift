/// How long to wait before the next attempt: exponentially longer, with jitter, 60 s at most.
///
/// The n-th wait (from 0) is a random one between half of and all of min(60 s, 0.25 s · 2ⁿ), so that
/// secondaries that failed together do not come back together.
struct Backoff: Sendable {
  static let longest = Duration.seconds(60)
  private static let shortest = Duration.milliseconds(250)

  private var failures = 0

  /// - Parameter jitter: from 0 to 1.
  mutating func next(jitter: Double) -> Duration {
    // 2⁸ quarters of a second are more than a minute already.
    let whole = min(Self.longest, Self.shortest * (1 << min(failures, 8)))
    failures += 1
    return whole / 2 + whole / 2 * min(1, max(0, jitter))
  }

  mutating func reset() { failures = 0 }
}
