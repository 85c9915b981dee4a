package import EventPersistence

/// A time as a user types it, in UTC.
package enum TimeText {
  /// `2026-07-15T10:00:00Z`, `2026-07-15 10:00`, `2026-07-15`; `15:04`, `15:04:05` (the last such
  /// time before `now`); `10m`, `-10m` (so long before `now`).
  package static func read(_ text: String, now: EventTime?) -> EventTime? {
    if let time = EventTime(text) { return time }
    let characters = Array(text)
    let ago = text.hasPrefix("-") ? text.dropFirst() : text[...]
    // A number alone is an id.
    if let now, ago.last?.isLetter == true, let seconds = Quantity.seconds(in: ago) {
      return now.advanced(bySeconds: -seconds)
    }
    if characters.count >= 10, characters[4] == "-" {
      let day = String(characters[..<10])
      if characters.count == 10 { return EventTime(day + "T00:00:00Z") }
      guard characters[10] == " " || characters[10] == "T" else { return nil }
      return clock(String(characters[11...])).flatMap { EventTime("\(day)T\($0)Z") }
    }
    guard let now, let clock = clock(text) else { return nil }
    let today = now.text(fractionDigits: 0).prefix(10)
    guard let time = EventTime("\(today)T\(clock)Z") else { return nil }
    return time > now ? time.advanced(bySeconds: -86_400) : time
  }

  /// Which part of a time that cannot be read does not exist, such as "February 2026 has no day
  /// 30"; nil if `text` is not written as a time.
  package static func fault(in text: String) -> String? {
    var rest = text[...]
    if let day = text.prefixMatch(of: /(\d{4})-(\d{2})-(\d{2})(?:[T ]|$)/) {
      guard let month = Int(day.2), (1...12).contains(month) else { return "no month is \(day.2)" }
      guard EventTime("\(day.1)-\(day.2)-\(day.3)T00:00:00Z") != nil else {
        return "\(months[month - 1]) \(day.1) has no day \(day.3)"
      }
      rest = text[day.range.upperBound...]
    }
    guard let clock = rest.prefixMatch(of: /(\d{2}):(\d{2})(?::(\d{2}))?(?:[.Z]|$)/) else {
      return nil
    }
    if clock.1 > "23" { return "no hour is \(clock.1)" }
    if clock.2 > "59" { return "no minute is \(clock.2)" }
    return clock.3.flatMap { $0 > "60" ? "no second is \($0)" : nil }
  }

  private static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
  ]

  /// `expectation` with the part of `text` that does not exist in front.
  package static func expected(_ expectation: String, found text: String) -> String {
    (fault(in: text).map { "\($0); " } ?? "") + "expected \(expectation)"
  }

  /// `HH:MM` or `HH:MM:SS`, as the latter.
  private static func clock(_ text: String) -> String? {
    let text = text.last == "Z" ? String(text.dropLast()) : text
    switch text.utf8.count {
    case 5: return text + ":00"
    case 8: return text
    default: return nil
    }
  }
}
