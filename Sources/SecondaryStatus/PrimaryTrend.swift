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
  /// So long is enough to forecast a disk of whose free space a hundredth was taken meanwhile.
  private static let rapidSecondsMin = 10.0

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
    guard let growth, growth.seconds >= Self.growthSecondsMin else { return nil }
    return growth.bytes / growth.seconds * 3600
  }

  /// By how much the log grew since the oldest look, and in how long; nil if it shrank.
  private var growth: (bytes: Double, seconds: Double)? {
    guard let last = looks.last, let first = looks.first, last.at > first.at,
      let now = last.bytes, let before = first.bytes, now >= before
    else { return nil }
    return (Double(now - before), last.at - first.at)
  }

  /// In how many seconds the disk is full, if the log goes on growing as it does; nil if it does not
  /// grow, or was not watched for long enough: a minute, or ten seconds if that took a hundredth of
  /// the free space.
  package func secondsUntilFull(freeBytes: UInt64?) -> Double? {
    guard let freeBytes, let growth, growth.bytes > 0 else { return nil }
    let isRapid = growth.bytes * 100 >= Double(freeBytes)
    guard growth.seconds >= (isRapid ? Self.rapidSecondsMin : Self.growthSecondsMin) else {
      return nil
    }
    return Double(freeBytes) / growth.bytes * growth.seconds
  }

  /// "disk full in 19 d", "in 30 h" or "in 90 min", if the log grows and the disk would be full within a year.
  package func diskForecast(freeBytes: UInt64?) -> String? {
    guard let seconds = secondsUntilFull(freeBytes: freeBytes) else { return nil }
    let hours = seconds / 3600
    switch hours {
    case ..<2: return "disk full in \(Int(seconds / 60)) min"
    case ..<48: return "disk full in \(Int(hours)) h"
    case ..<(365 * 24): return "disk full in \(Int(hours / 24)) d"
    default: return nil
    }
  }
}
