package import EventPersistence

/// Numbers, rates, sizes and times as the dashboard and the command line write them: grouped by threes,
/// with at most three digits where more are noise, and with units that do not jump.
package enum Quantity {
  /// The text for a value that is not known, and for one that does not exist.
  package static let unknown = "?"

  /// `1 284 331`
  package static func count(_ value: UInt64) -> String {
    let digits = Array(String(value).utf8)
    guard digits.count > 3 else { return String(value) }
    var grouped: [UInt8] = []
    grouped.reserveCapacity(digits.count + digits.count / 3)
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { grouped.append(0x20) }
      grouped.append(digit)
    }
    return String(decoding: grouped, as: UTF8.self)
  }

  /// `1 event`, `2 402 events`
  package static func count(_ value: UInt64, _ noun: String) -> String {
    "\(count(value)) \(noun)\(value == 1 ? "" : "s")"
  }

  /// Where there is little room: `402`, `2.68 k`, `1.2 M`; powers of 1000.
  package static func short(_ value: UInt64) -> String {
    if value < 1000 { return String(value) }
    var scaled = Double(value) / 1000
    var units = ["k", "M", "G", "T", "P", "E"][...]
    while scaled >= 999.5, units.count > 1 {
      scaled /= 1000
      units.removeFirst()
    }
    return significant(scaled) + " " + units.first!
  }

  /// Events a second: `0/s`, `0.3/s`, `42/s`, `12 345/s`, `1.2 M/s`.
  package static func rate(_ perSecond: Double) -> String {
    guard perSecond.isFinite, perSecond >= 0 else { return unknown }
    if perSecond < 0.05 { return "0/s" }
    if perSecond < 9.95 {
      let text = fixed(perSecond, 1)
      return (text.hasSuffix(".0") ? String(text.dropLast(2)) : text) + "/s"
    }
    if perSecond < 999_999.5 { return count(UInt64(perSecond.rounded())) + "/s" }
    return significant(perSecond / 1e6) + " M/s"
  }

  /// `402 B`, `11.2 kB`, `3.24 GB`: powers of 1000.
  package static func bytes(_ value: UInt64) -> String {
    if value < 1000 { return "\(value) B" }
    var scaled = Double(value)
    var unit = 0
    let units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"]
    while scaled >= 999.5, unit < units.count - 1 {
      scaled /= 1000
      unit += 1
    }
    return significant(scaled) + " " + units[unit]
  }

  /// Two units at most: `0.4 s`, `31 s`, `4 m 05 s`, `1 h 12 m`, `3 d 4 h`.
  package static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite else { return unknown }
    let seconds = max(0, seconds)
    if seconds < 9.95 {
      let text = fixed(seconds, 1)
      return (text.hasSuffix(".0") ? String(text.dropLast(2)) : text) + " s"
    }
    guard seconds < 1e12 else { return unknown }
    let whole = Int(seconds.rounded())
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return "\(whole / 60) m \(padded(whole % 60)) s" }
    if whole < 86_400 { return "\(whole / 3600) h \(padded(whole / 60 % 60)) m" }
    return "\(whole / 86_400) d \(whole / 3600 % 24) h"
  }

  /// The same, but below ten seconds always with one decimal: for values that change in every
  /// frame.
  package static func age(_ seconds: Double) -> String {
    seconds < 9.95 && seconds.isFinite ? fixed(max(0, seconds), 1) + " s" : duration(seconds)
  }

  /// One unit, for where there is little room: `31 s`, `4 m`, `1 h`, `3 d`.
  package static func shortDuration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e12 else { return unknown }
    let whole = Int(max(0, seconds).rounded())
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return "\(whole / 60) m" }
    if whole < 86_400 { return "\(whole / 3600) h" }
    return "\(whole / 86_400) d"
  }

  /// `15:04:05.120`, in UTC, with `fractionDigits` digits of the second.
  package static func timeOfDay(_ time: EventTime, fractionDigits: Int = 0) -> String {
    let text = time.text(fractionDigits: fractionDigits)
    guard text.utf8.count >= 20 else { return text }
    let end = fractionDigits == 0 ? 19 : 20 + fractionDigits
    return String(decoding: Array(text.utf8)[11..<end], as: UTF8.self)
  }

  /// In twelve columns: the time of day if it is `now`'s day, else `Jul 15 15:04`; with `now` years
  /// away, `2026-07-15`.
  package static func moment(_ time: EventTime, now: EventTime?) -> String {
    guard let now else { return timeOfDay(time, fractionDigits: 3) }
    if day(time) == day(now) { return timeOfDay(time, fractionDigits: 3) }
    let text = time.text(fractionDigits: 0)
    if abs(time.seconds(since: now)) > 300 * 86_400 { return String(text.prefix(10)) }
    let month = Int(text.dropFirst(5).prefix(2)) ?? 1
    return "\(months[month - 1]) \(text.dropFirst(8).prefix(2)) \(text.dropFirst(11).prefix(5))"
  }

  /// `03:02`, with the day in front if it is not `now`'s.
  package static func since(_ time: EventTime, now: EventTime?) -> String {
    let text = time.text(fractionDigits: 0)
    let clock = String(text.dropFirst(11).prefix(5))
    guard let now, day(time) != day(now) else { return clock }
    let month = Int(text.dropFirst(5).prefix(2)) ?? 1
    return "\(months[month - 1]) \(text.dropFirst(8).prefix(2)) \(clock)"
  }

  /// When something ends: `03:02:40` within an hour of `now`, else as `since`.
  package static func end(_ time: EventTime, now: EventTime?) -> String {
    guard let now, abs(time.seconds(since: now)) < 3600 else { return since(time, now: now) }
    return timeOfDay(time)
  }

  // MARK: - Reading

  /// `100k`, `1M`, `2G` or plain bytes.
  package static func bytes(in text: Substring) -> Int? {
    let factors: [Character: Double] = ["k": 1e3, "K": 1e3, "M": 1e6, "m": 1e6, "G": 1e9, "g": 1e9]
    let factor = text.last.flatMap { factors[$0] }
    guard let value = Double(factor == nil ? text : text.dropLast()), value >= 0 else { return nil }
    let bytes = value * (factor ?? 1)
    return bytes < 9e18 ? Int(bytes) : nil
  }

  /// `90`, `90s`, `10m`, `2h`, `1d`, `2h30m`; `500ms` too.
  package static func seconds(in text: Substring) -> Double? {
    var total = 0.0
    var rest = text
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && $0.isNumber || $0 == "." }
      guard let value = Double(digits) else { return nil }
      rest = rest.dropFirst(digits.count)
      let unit = rest.prefix { $0.isLetter }
      rest = rest.dropFirst(unit.count)
      switch unit {
      case "ms": total += value / 1000
      case "s", "": total += value
      case "m", "min": total += value * 60
      case "h": total += value * 3600
      case "d": total += value * 86_400
      default: return nil
      }
    }
    return total
  }

  // MARK: - Digits

  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  private static func day(_ time: EventTime) -> Int64 {
    Int64((Double(time.seconds) / 86_400).rounded(.down))
  }

  private static func padded(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }

  /// Three significant digits of a number below 1000.
  private static func significant(_ value: Double) -> String {
    if value < 9.995 { return fixed(value, 2) }
    if value < 99.95 { return fixed(value, 1) }
    return fixed(value, 0)
  }

  private static func fixed(_ value: Double, _ digits: Int) -> String {
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let whole = Int((value * scale).rounded())
    if digits == 0 { return String(whole) }
    let fraction = String(whole % Int(scale))
    return "\(whole / Int(scale))."
      + String(repeating: "0", count: digits - fraction.utf8.count) + fraction
  }
}
