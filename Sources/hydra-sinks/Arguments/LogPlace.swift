import ArgumentParser
import Dashboard
import EventPersistence
import Wording

/// A place in a log as a user types it: an id, or a time.
///
/// A time is one that `TimeText` reads.
enum LogPlace: Sendable, Hashable {
  case id(UInt64)
  case time(EventTime)

  static let expectation = "an id, \(timeExpectation)"
  static let timeExpectation =
    "a UTC time such as 2026-07-15T10:00:00Z or 2026-07-15, or how long ago, such as 10m"

  /// An option's id.
  static func id(_ text: String) throws -> UInt64 {
    guard let id = Position.id(text) else {
      throw ValidationError("Expected an id from 0 to \(Position.idMax), found \"\(text)\".")
    }
    return id
  }

  /// An option's generation.
  static func generation(_ text: String) throws -> Int {
    guard let generation = Int(text), generation > 0 else {
      throw ValidationError("Expected a generation, a number from 1 on, found \"\(text)\".")
    }
    return generation
  }

  static func parse(_ text: String, now: EventTime = .now) -> LogPlace? {
    if let id = Position.id(text) { return .id(id) }
    return time(text, now: now).map(LogPlace.time)
  }

  static func time(_ text: String, now: EventTime = .now) -> EventTime? {
    TimeText.read(text, now: now) ?? EventTime("\(text)Z")
  }
}
