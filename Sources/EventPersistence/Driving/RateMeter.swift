/// Events a second over the last ten seconds.
struct RateMeter: Sendable {
  private static let window = Duration.seconds(10)
  private var samples: [(at: Duration, events: Int)] = []
  private var total = 0
  private let startedAt: Duration
  private var everCounted = 0

  /// The highest rate over a second or more; for a shorter drive, the rate of all of it. Nil if
  /// nothing was counted.
  private(set) var peak: Double?
  private var isPeakOfWindow = false

  init(at now: Duration) { startedAt = now }

  mutating func count(_ events: Int, at now: Duration) {
    // One sample per tenth of a second: at most a hundred.
    if let last = samples.last, now - last.at < .milliseconds(100) {
      samples[samples.count - 1].events += events
    } else {
      samples.append((now, events))
    }
    total += events
    everCounted += events
    if let rate = rate(at: now) {
      peak = isPeakOfWindow ? max(peak ?? 0, rate) : rate
      isPeakOfWindow = true
    } else if now > startedAt {
      peak = Double(everCounted) / ((now - startedAt) / .seconds(1))
    }
  }

  /// Nil in the first second: the rate is not known yet.
  mutating func rate(at now: Duration) -> Double? {
    expire(at: now)
    let span = min(Self.window, now - startedAt)
    guard span >= .seconds(1) else { return nil }
    return Double(total) / (span / .seconds(1))
  }

  private mutating func expire(at now: Duration) {
    let count = samples.prefix { now - $0.at > Self.window }.count
    for sample in samples.prefix(count) { total -= sample.events }
    samples.removeFirst(count)
  }
}
