internal import EventPersistence

/// The looks of the last 60 seconds, thinned to two a second, and the rates that follow from them.
///
/// A rate is that of the last ten seconds, so that what happened before does not show for a minute; of what moves in
/// longer steps, that of as many looks as show two of them.
struct LagWindow: Sendable {
  static let length = Duration.seconds(60)
  static let spacing = Duration.milliseconds(500)

  /// Below this, one poll more or less decides what a rate is.
  static let rateSpanMin = Duration.seconds(1)

  static let rateSpan = Duration.seconds(10)

  /// Below this, a burst looks like a trend.
  static let trendSpanMin = Duration.seconds(10)

  /// Oldest first, at most 122.
  private(set) var samples: [LagSample] = []

  mutating func append(_ sample: LagSample) {
    // A checkpoint or a head that went back starts the window again: rates across it mean nothing.
    if let last = samples.last,
      (sample.checkpointId.map { $0 + 1 } ?? 0) < (last.checkpointId.map { $0 + 1 } ?? 0)
        || (sample.headId ?? 0) < (last.headId ?? 0)
    {
      samples = []
    }
    // The newest is always kept; the one before it only if it is far enough from its predecessor.
    if samples.count >= 2,
      samples[samples.count - 1].instant - samples[samples.count - 2].instant < Self.spacing
    {
      samples.removeLast()
    }
    samples.append(sample)
    let begin = sample.instant - Self.length
    if let kept = samples.firstIndex(where: { $0.instant >= begin }), kept > 0 {
      samples.removeFirst(kept)
    }
  }

  mutating func removeAll() { samples = [] }

  var span: Duration {
    guard let first = samples.first, let last = samples.last else { return .zero }
    return last.instant - first.instant
  }

  /// Events per second by which the head advanced; nil if that is not known yet.
  var rateIn: Double? { rate(\.headId) }

  /// Events per second by which the checkpoint advanced; nil if that is not known yet.
  var rateOut: Double? { rate(\.checkpointId) }

  private func rate(_ id: KeyPath<LagSample, UInt64?>) -> Double? {
    guard let first = recent(id).first(where: { $0[keyPath: id] != nil }), let last = samples.last,
      let from = first[keyPath: id], let to = last[keyPath: id],
      last.instant - first.instant >= Self.rateSpanMin
    else { return nil }
    return (Double(to) - Double(from)) / (last.instant - first.instant).inSeconds
  }

  /// The looks of the last `rateSpan`, or of as long as shows two moves of what `id` counts.
  private func recent(_ id: KeyPath<LagSample, UInt64?>) -> ArraySlice<LagSample> {
    guard let last = samples.last else { return [] }
    var start = samples.endIndex - 1
    var moves = 0
    while start > 0, moves < 2 || last.instant - samples[start].instant < Self.rateSpan {
      if samples[start][keyPath: id] != samples[start - 1][keyPath: id] { moves += 1 }
      start -= 1
    }
    return samples[start...]
  }

  /// Whether the lag has shrunk of late, by more than comes between two polls.
  var isShrinking: Bool { Self.trend(of: recent(\.checkpointId), rateIn) == .down }

  /// Whether the lag was never zero and has grown, while the head is faster than the checkpoint.
  var isGrowing: Bool {
    guard span >= Self.trendSpanMin, samples.allSatisfy({ $0.lagEvents > 0 }),
      Self.trend(of: samples[...], rateIn) == .up, let rateIn,
      let rateOut = rateOut ?? (samples.last?.checkpointId == nil ? 0 : nil)
    else { return false }
    return rateOut < rateIn
  }

  private enum Trend { case up, down, level }

  /// Whether the lag changed by more than it moved the other way meanwhile, and by more than comes
  /// between two polls, theirs and ours.
  ///
  /// The lag of a sink that stores in steps rises and falls all the time: where a window begins and
  /// ends on such a course says nothing. Looks that keep step with it do not even show it.
  private static func trend(of samples: ArraySlice<LagSample>, _ rateIn: Double?) -> Trend {
    guard let first = samples.first?.lagEvents, let last = samples.last?.lagEvents else {
      return .level
    }
    var (lowest, highest) = (first, first)
    var (rise, fall): (UInt64, UInt64) = (0, 0)
    for sample in samples {
      lowest = min(lowest, sample.lagEvents)
      highest = max(highest, sample.lagEvents)
      rise = max(rise, sample.lagEvents - lowest)
      fall = max(fall, highest - sample.lagEvents)
    }
    let polled = (rateIn ?? 0) * (LagMachine.trail * 2).inSeconds
    if last > first { return Double(last - first) > max(Double(fall), polled) ? .up : .level }
    return Double(first - last) > max(Double(rise), polled) ? .down : .level
  }

  /// When the head was first seen at `id` or beyond; nil if it was there when the window began.
  func appearance(ofEvent id: UInt64) -> Duration? {
    guard let index = samples.firstIndex(where: { ($0.headId ?? 0) >= id && $0.headId != nil }),
      index > 0
    else { return nil }
    return samples[index].instant
  }
}
