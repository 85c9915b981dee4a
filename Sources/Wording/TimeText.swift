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
