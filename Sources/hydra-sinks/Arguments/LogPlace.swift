import ArgumentParser
import EventPersistence
import Foundation

/// A place in a log as a person names it: an id, or a time.
///
/// A time is UTC in the node's form, a day (`2026-07-15`), a minute (`2026-07-15T10:00`), or how long ago
/// (`10m`, `2h`).
enum LogPlace: Sendable, Hashable {
  case id(UInt64)
  case time(EventTime)

  static let expectation =
    "an id, a UTC time like 2026-07-15T10:00:00Z or 2026-07-15, or how long ago like 10m"

  static func parse(_ text: String, now: EventTime = .now) -> LogPlace? {
    if let id = UInt64(text) { return .id(id) }
    return time(text, now: now).map(LogPlace.time)
  }

  static func time(_ text: String, now: EventTime = .now) -> EventTime? {
    if let time = EventTime(text) { return time }
    if let ago = DurationText.parse(text) { return now.advanced(bySeconds: -ago.inSeconds) }
    let bare = text.hasSuffix("Z") ? String(text.dropLast()) : text
    return switch bare.count {
    case 10: EventTime("\(bare)T00:00:00Z")
    case 16: EventTime("\(bare):00Z")
    case 19...: EventTime("\(bare)Z")
    default: nil
    }
  }
}
