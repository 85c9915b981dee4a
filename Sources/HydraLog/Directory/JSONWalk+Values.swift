import EventPersistence
import Foundation

/// One value of a kind; false if another one is there.
extension JSONWalk {
  mutating func read<Number: FixedWidthInteger>(_ number: inout Number?) -> Bool {
    number = self.number().flatMap { Number(exactly: $0) }
    return number != nil
  }

  mutating func read(_ number: inout Int) -> Bool {
    guard let read = self.number().flatMap({ Int(exactly: $0) }) else { return false }
    number = read
    return true
  }

  mutating func read(_ text: inout String?) -> Bool {
    text = string().flatMap { withText($0) { String(decoding: $0, as: UTF8.self) } }
    return text != nil
  }

  mutating func read(_ time: inout EventTime?) -> Bool {
    time = string().flatMap { withText($0) { EventTime(utf8: $0) } ?? nil }
    return time != nil
  }

  mutating func read(_ position: inout Position?) -> Bool {
    var eventId: UInt64?
    var tag: String?
    var time: EventTime?
    let isWhole = object { walk, key in
      if walk.text(key, is: "eventId") { return walk.read(&eventId) }
      if walk.text(key, is: "tag") { return walk.read(&tag) }
      guard walk.text(key, is: "time") else { return walk.skip() }
      return walk.read(&time)
    }
    guard isWhole, let eventId, eventId <= Position.idMax else { return false }
    position = Position(eventId: eventId, tag: tag, time: time)
    return true
  }

  mutating func read<Value>(
    _ value: inout Value?, by make: (inout JSONWalk) -> Value?
  ) -> Bool {
    value = make(&self)
    return value != nil
  }

  /// A value that is seldom there, or seldom long.
  mutating func decode<Value: Decodable>(
    _ value: inout Value?, ifEmpty empty: Value? = nil
  ) -> Bool {
    guard let range = self.value() else { return false }
    if let empty, range.count == 2 {
      value = empty
    } else {
      value = try? JSONDecoder().decode(Value.self, from: Data(text(of: range)))
    }
    return value != nil
  }

  mutating func read(_ bool: inout Bool?) -> Bool {
    guard let value = value() else { return false }
    bool = hasText(value, "true") ? true : hasText(value, "false") ? false : nil
    return bool != nil
  }

  mutating func read(_ number: inout Double?) -> Bool {
    number = value().flatMap { Double(String(decoding: text(of: $0), as: UTF8.self)) }
    return number != nil
  }

  /// Goes past a null, if one is next.
  mutating func null() -> Bool {
    var ahead = self
    guard let value = ahead.value(), hasText(value, "null") else { return false }
    self = ahead
    return true
  }

  private func hasText(_ value: Range<Int>, _ word: StaticString) -> Bool {
    text(of: value).elementsEqual(
      UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
  }
}
