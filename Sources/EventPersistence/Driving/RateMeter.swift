/// Events a second over the last ten seconds.
struct RateMeter: Sendable {
  private static let window = Duration.seconds(10)
  private var samples: [(at: Duration, events: Int)] = []
  private var total = 0
  private let startedAt: Duration
  /// The delivery since the last wait, if it has not waited since.
  private var stretch: (began: Duration, events: Int)?

  /// The highest pace of the sink, measured while the driver waited for nothing: one that is at the
  /// head is only as fast as its node. Nil if no stretch was long enough to measure it.
  private(set) var peak: Double?

  /// What makes a stretch long enough: the cost of its first batch no longer counts.
  static let stretchEventsMin = 100
  private static let stretchMin = Duration.seconds(1)

  init(at now: Duration) {
    startedAt = now
    stretch = (now, 0)
  }

  /// Notes that the driver works, or that it waits.
  mutating func note(isWaiting: Bool, at now: Duration) {
    stretch = isWaiting ? nil : stretch ?? (now, 0)
  }

  mutating func count(_ events: Int, at now: Duration) {
    // One sample per tenth of a second: at most a hundred.
    if let last = samples.last, now - last.at < .milliseconds(100) {
      samples[samples.count - 1].events += events
    } else {
      samples.append((now, events))
    }
    total += events
    measure(events, at: now)
  }

  private mutating func measure(_ events: Int, at now: Duration) {
    guard var measured = stretch else { return }
    measured.events += events
    let time = now - measured.began
    if time > .zero, Self.isMeasured(measured.events, time) {
      peak = max(peak ?? 0, Double(measured.events) / (time / .seconds(1)))
    }
    stretch = time < Self.window ? measured : (now, 0)
  }

  /// Whether so many events in so long tell a pace.
  static func isMeasured(_ events: some BinaryInteger, _ time: Duration) -> Bool {
    events >= stretchEventsMin || events > 0 && time >= stretchMin
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
