internal import Foundation

extension Position {
  /// The position that an event's JSON names: its `eventId`, the `tag` of its `stateChanged`, its `time`.
  ///
  /// One pass over the bytes, at some hundred megabytes a second, without an allocation but for a long tag.
  /// Keys may come in any order. What is read over is not checked beyond this: quotes and brackets close,
  /// and no control character stands in a string.
  ///
  /// - Returns: Nil where the bytes are not one whole JSON object with an `eventId`.
  public init?(json bytes: UnsafeRawBufferPointer) {
    var walk = JSONWalk(bytes)
    var eventId: UInt64?
    var tag: String?
    var time: EventTime?
    let isWhole = walk.object { walk, key in
      if walk.text(key, is: "eventId") {
        eventId = walk.number()
        return eventId != nil
      }
      if walk.text(key, is: "time"), let range = walk.string() {
        time = EventTime(utf8: UnsafeRawBufferPointer(rebasing: bytes[range]))
        return true
      }
      if walk.text(key, is: "stateChanged"), walk.isAtObject {
        return walk.object { walk, key in
          guard walk.text(key, is: "tag"), let range = walk.string() else { return walk.skip() }
          tag = String(decoding: bytes[range], as: UTF8.self)
          return true
        }
      }
      return walk.skip()
    }
    guard isWhole, walk.isAtEnd, let eventId else { return nil }
    self.init(eventId: eventId, tag: tag, time: time)
  }
}

/// A pass over JSON text that looks at what it is asked for and reads over the rest.
private struct JSONWalk {
  private let bytes: UnsafeRawBufferPointer
  private var index = 0

  init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
    skipSpace()
  }

  var isAtObject: Bool { index < bytes.count && bytes[index] == 0x7B }

  var isAtEnd: Bool {
    mutating get {
      skipSpace()
      return index == bytes.count
    }
  }

  func text(_ range: Range<Int>, is text: StaticString) -> Bool {
    range.count == text.utf8CodeUnitCount
      && memcmp(bytes.baseAddress! + range.lowerBound, text.utf8Start, range.count) == 0
  }

  /// Walks an object; `member` is asked to walk each value, and says whether it could.
  mutating func object(_ member: (inout JSONWalk, Range<Int>) -> Bool) -> Bool {
    guard take(0x7B) else { return false }
    skipSpace()
    if take(0x7D) { return true }
    repeat {
      skipSpace()
      guard let key = string() else { return false }
      skipSpace()
      guard take(0x3A) else { return false }
      skipSpace()
      guard member(&self, key) else { return false }
      skipSpace()
    } while take(0x2C)
    return take(0x7D)
  }

  /// The range of a string's text, its escapes left as they are.
  mutating func string() -> Range<Int>? {
    guard take(0x22) else { return nil }
    let start = index
    while index < bytes.count {
      let byte = bytes[index]
      if byte == 0x22 {
        index += 1
        return start..<index - 1
      }
      if byte < 0x20 { return nil }
      index += byte == 0x5C ? 2 : 1
    }
    return nil
  }

  mutating func number() -> UInt64? {
    var value: UInt64 = 0
    let start = index
    while index < bytes.count {
      let digit = bytes[index] &- 0x30
      guard digit <= 9 else { break }
      let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = shifted.addingReportingOverflow(UInt64(digit))
      if overflow || carry { return nil }
      value = sum
      index += 1
    }
    return index > start ? value : nil
  }

  /// Reads over one value of any kind.
  mutating func skip() -> Bool {
    var depth = 0
    while index < bytes.count {
      switch bytes[index] {
      case 0x22:
        guard string() != nil else { return false }
        if depth == 0 { return true }
      case 0x7B, 0x5B:
        depth += 1
        index += 1
      case 0x7D, 0x5D:
        // The end of what stands around a scalar is not its own.
        if depth == 0 { return true }
        depth -= 1
        index += 1
        if depth == 0 { return true }
      case 0x2C where depth == 0: return true
      case 0..<0x20 where ![0x09, 0x0A, 0x0D].contains(bytes[index]): return false
      default: index += 1
      }
    }
    return depth == 0
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard index < bytes.count, bytes[index] == byte else { return false }
    index += 1
    return true
  }

  private mutating func skipSpace() {
    while index < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[index]) { index += 1 }
  }
}
