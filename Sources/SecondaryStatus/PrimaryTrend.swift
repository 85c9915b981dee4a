package import EventPersistence

/// How a primary grows, computed from the looks at it: rates and forecasts.
///
/// A pure value on any clock; it keeps one look per second, for at most an hour.
package struct PrimaryTrend: Sendable {
  private struct Look {
    package var at: Double
    package var head: UInt64?
    package var bytes: UInt64?
  }

  /// The window of the rate: short enough to follow changes, long enough not to jump.
  private static let rateSeconds = 10.0
  private static let keptSeconds = 3600.0
  /// The growth in bytes, and its forecast, need at least this long.
  private static let growthSecondsMin = 60.0

  private var looks: [Look] = []

  package init() {}

  /// Takes a look; `at` in seconds on a clock that never goes back.
  package mutating func observe(_ survey: Survey, at: Double) {
    if let last = looks.last, at - last.at < 1, looks.count > 1 { return }
    let before = looks.last { $0.head != nil }?.head
    if let before, let now = survey.head?.eventId, now < before {
      // The log was replaced: the old looks say nothing about the new one.
      looks.removeAll()
    }
    looks.append(Look(at: at, head: survey.head?.eventId, bytes: survey.bytes))
    if let first = looks.first, at - first.at > Self.keptSeconds + 60 {
      looks.removeAll { at - $0.at > Self.keptSeconds }
    }
  }

  /// Events a second over the last seconds; nil before there are two looks to compare.
  package var ratePerSecond: Double? {
    guard let last = looks.last, let head = last.head,
      let first = looks.first(where: { last.at - $0.at <= Self.rateSeconds && $0.head != nil }),
      last.at - first.at >= 0.9, let before = first.head
    else { return nil }
    return Double(head - before) / (last.at - first.at)
  }

  /// Bytes an hour; nil if the log was watched for less than a minute, or shrank.
  package var bytesPerHour: Double? {
    guard let last = looks.last, let first = looks.first,
      last.at - first.at >= Self.growthSecondsMin, let now = last.bytes, let before = first.bytes,
      now >= before
    else { return nil }
    return Double(now - before) / (last.at - first.at) * 3600
  }

  /// In how many seconds the disk is full, if the log goes on growing as it does; nil if it does not
  /// grow, or was not watched for long enough.
  package func secondsUntilFull(freeBytes: UInt64?) -> Double? {
    guard let freeBytes, let bytesPerHour, bytesPerHour > 0 else { return nil }
    return Double(freeBytes) / bytesPerHour * 3600
  }

  /// "disk full in 19 d", if the log grows and the disk would be full within a year.
  package func diskForecast(freeBytes: UInt64?) -> String? {
    guard let seconds = secondsUntilFull(freeBytes: freeBytes) else { return nil }
    let hours = seconds / 3600
    guard hours < 365 * 24 else { return nil }
    return "disk full in " + (hours < 48 ? "\(Int(hours)) h" : "\(Int(hours / 24)) d")
  }
}
