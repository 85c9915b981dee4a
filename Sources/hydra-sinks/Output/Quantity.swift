import EventPersistence
import Foundation

/// Numbers, sizes, durations and times of day for people.
enum Quantity {
  /// `1 284 331`
  static func count(_ value: UInt64) -> String {
    let digits = String(value)
    var grouped = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { grouped.append(" ") }
      grouped.append(digit)
    }
    return grouped
  }

  /// `402 B`, `11.2 kB`, `3.2 GB`: powers of 1000.
  static func bytes(_ value: UInt64) -> String {
    guard value >= 1000 else { return "\(value) B" }
    var scaled = Double(value)
    for unit in ["kB", "MB", "GB", "TB", "PB"] {
      scaled /= 1000
      if scaled < 999.95 || unit == "PB" { return "\(decimal(scaled)) \(unit)" }
    }
    return "\(value) B"
  }

  /// `0.4 s`, `31 s`, `5 h 58 m`, `3 d 4 h`: two units at most.
  static func duration(seconds: Double) -> String {
    let seconds = max(0, seconds)
    if seconds < 10 { return "\(decimal(seconds)) s" }
    let whole = Int64(min(seconds, 1e12))
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return pair(whole / 60, "m", whole % 60, "s") }
    if whole < 86_400 { return pair(whole / 3600, "h", whole / 60 % 60, "m") }
    return pair(whole / 86_400, "d", whole / 3600 % 24, "h")
  }

  /// `42/s`, `0.3/s`, `52 000/s`
  static func rate(_ perSecond: Double) -> String {
    let rate = max(0, perSecond)
    return rate >= 10 || rate == 0
      ? "\(count(UInt64(min(rate, 1e18).rounded())))/s" : "\(decimal(rate))/s"
  }

  /// The time of day here, with the day where it is not today's: `03:02:11`, `11-23 03:02:11`.
  static func timeOfDay(_ time: EventTime, now: EventTime) -> String {
    func parts(_ time: EventTime) -> tm {
      var seconds = time_t(time.seconds)
      var parts = tm()
      localtime_r(&seconds, &parts)
      return parts
    }
    func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
    let at = parts(time)
    let today = parts(now)
    let clock = "\(two(at.tm_hour)):\(two(at.tm_min)):\(two(at.tm_sec))"
    if at.tm_year == today.tm_year, at.tm_yday == today.tm_yday { return clock }
    let day = "\(two(at.tm_mon + 1))-\(two(at.tm_mday)) \(clock)"
    return at.tm_year == today.tm_year ? day : "\(at.tm_year + 1900)-\(day)"
  }

  /// Both: `5 h 58 m, since 03:02:11`.
  static func since(_ time: EventTime, now: EventTime) -> String {
    "\(duration(seconds: now.seconds(since: time))), since \(timeOfDay(time, now: now))"
  }

  private static func pair(
    _ first: Int64, _ firstUnit: String, _ second: Int64, _ secondUnit: String
  ) -> String {
    second == 0 ? "\(first) \(firstUnit)" : "\(first) \(firstUnit) \(second) \(secondUnit)"
  }

  private static func decimal(_ value: Double) -> String {
    let tenths = Int64((value * 10).rounded())
    return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
  }
}
