/// How many events are due at a rate that holds over the whole run, not from one event to the next.
struct Pace {
  /// The most events that it catches up on at once: what a node would hold in memory.
  static let batchMax = 2000

  var perSecond: Double
  private(set) var written = 0

  init(perSecond: Double) { self.perSecond = perSecond }

  /// How many events are due at `elapsed` after the first.
  func due(after elapsed: Duration) -> Int {
    let total = (elapsed / .seconds(1) * perSecond).rounded(.down) + 1
    return max(0, min(Self.batchMax, Int(total) - written))
  }

  mutating func wrote(_ count: Int) { written += count }

  /// The time from `elapsed` to the next event.
  func wait(after elapsed: Duration) -> Duration {
    max(.zero, .seconds(Double(written) / perSecond) - elapsed)
  }
}
