internal import Foundation

/// A pass over JSON text that parses only what it is asked for.
package struct JSONWalk {
  private let bytes: UnsafeRawBufferPointer
  private var index = 0

  package init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
    skipSpace()
  }

  package var isAtObject: Bool { index < bytes.count && bytes[index] == 0x7B }
  package var isAtString: Bool { index < bytes.count && bytes[index] == 0x22 }

  package var isAtEnd: Bool {
    mutating get {
      skipSpace()
      return index == bytes.count
    }
  }

  /// Whether the text of a string is `text`, in which no backslash is.
  package func text(_ range: Range<Int>, is text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    // An escape is longer than what it means.
    guard range.count > count else {
      return range.count == count
        && memcmp(bytes.baseAddress! + range.lowerBound, text.utf8Start, count) == 0
    }
    return withText(range) {
      $0.count == text.utf8CodeUnitCount && memcmp($0.baseAddress!, text.utf8Start, $0.count) == 0
    } ?? false
  }

  /// The result of `body` for the text of a string, its escapes resolved; nil if one is not valid.
  package func withText<R>(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) -> R) -> R? {
    let raw = UnsafeRawBufferPointer(rebasing: bytes[range])
    guard memchr(bytes.baseAddress! + range.lowerBound, 0x5C, range.count) != nil else {
      return body(raw)
    }
    return JSONText.unescaped(raw)?.withUnsafeBytes(body)
  }

  /// Walks an object; `member` must walk each value, and returns whether it could.
  package mutating func object(_ member: (inout JSONWalk, Range<Int>) -> Bool) -> Bool {
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

  /// Walks an array; `element` must walk each element, and returns whether it could.
  package mutating func array(_ element: (inout JSONWalk) -> Bool) -> Bool {
    guard take(0x5B) else { return false }
    skipSpace()
    if take(0x5D) { return true }
    repeat {
      skipSpace()
      guard element(&self) else { return false }
      skipSpace()
    } while take(0x2C)
    return take(0x5D)
  }

  /// The text of a value, as it is written.
  package func text(of range: Range<Int>) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: bytes[range])
  }

  /// The range of a string's text, with its escapes unresolved.
  package mutating func string() -> Range<Int>? {
    guard take(0x22) else { return nil }
    let start = index
    while true {
      skipPlain()
      guard index < bytes.count else { return nil }
      switch bytes[index] {
      case 0x22:
        index += 1
        return start..<index - 1
      case 0x5C: index += 2
      default: return nil
      }
    }
  }

  /// Skips text up to a quote, a backslash or a control character, eight bytes at a time, because
  /// most of an event is text.
  private mutating func skipPlain() {
    while index + 8 <= bytes.count {
      let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
      let found =
        Self.bytes(of: word ^ Self.each(0x22), below: 1)
        | Self.bytes(of: word ^ Self.each(0x5C), below: 1) | Self.bytes(of: word, below: 0x20)
      guard found == 0 else {
        index += found.trailingZeroBitCount / 8
        return
      }
      index += 8
    }
    while index < bytes.count, bytes[index] >= 0x20, bytes[index] != 0x22, bytes[index] != 0x5C {
      index += 1
    }
  }

  private static func each(_ byte: UInt64) -> UInt64 { byte &* 0x0101_0101_0101_0101 }

  /// The top bit of each byte of `word` that is below `limit` (128 at most). Above the lowest such
  /// byte, other bits may be set wrongly.
  private static func bytes(of word: UInt64, below limit: UInt64) -> UInt64 {
    (word &- each(limit)) & ~word & each(0x80)
  }

  package mutating func number() -> UInt64? {
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

  /// The range of one value of any kind, quotes and brackets included.
  package mutating func value() -> Range<Int>? {
    let start = index
    return skip() && index > start ? start..<index : nil
  }

  /// Skips one value of any kind.
  package mutating func skip() -> Bool {
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
        // What follows a scalar ends it and does not belong to it.
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
    while index < bytes.count, bytes[index] <= 0x20,
      [0x20, 0x09, 0x0A, 0x0D].contains(bytes[index])
    { index += 1 }
  }
}
