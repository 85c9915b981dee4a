internal import EventPersistence
internal import Foundation

/// A JSON value that is compared exactly: numbers by their value to the last digit, not as
/// `Double`s; strings after their escapes are resolved; objects by their members, in any order.
///
/// Of two equal keys in one object, the first counts.
enum ExactJSON: Equatable {
  case null
  case bool(Bool)
  case number(ExactNumber)
  case string([UInt8])
  case array([ExactJSON])
  case object([[UInt8]: ExactJSON])

  /// How deep values may be nested.
  static let depthMax = 512

  /// Nil if the bytes are not exactly one JSON value.
  init?(_ bytes: UnsafeRawBufferPointer) {
    var parser = ExactJSONParser(bytes)
    guard let value = parser.value(depth: 0), parser.isAtEnd else { return nil }
    self = value
  }
}

/// A JSON number: sign, digits without zeros at either end, and the power of ten after them.
package struct ExactNumber: Hashable {
  package var isNegative: Bool
  package var digits: [UInt8]
  package var exponent: Int

  /// The number in `text`; nil if it is not one.
  package init?(_ text: ArraySlice<UInt8>) {
    var rest = text
    func isDigit(_ byte: UInt8?) -> Bool { byte.map { (0x30...0x39).contains($0) } ?? false }
    isNegative = rest.first == 0x2D
    if isNegative { rest.removeFirst() }
    let whole = rest.prefix { isDigit($0) }
    guard !whole.isEmpty, whole.count == 1 || whole.first != 0x30 else { return nil }
    rest = rest.dropFirst(whole.count)
    var fraction = rest.prefix(0)
    if rest.first == 0x2E {
      fraction = rest.dropFirst().prefix { isDigit($0) }
      guard !fraction.isEmpty else { return nil }
      rest = rest.dropFirst(fraction.count + 1)
    }
    var power = 0
    if let mark = rest.first, mark | 0x20 == 0x65 {
      rest.removeFirst()
      let isDown = rest.first == 0x2D
      if isDown || rest.first == 0x2B { rest.removeFirst() }
      guard isDigit(rest.first), rest.allSatisfy({ isDigit($0) }) else { return nil }
      rest = rest.drop { $0 == 0x30 }
      // No real number has a longer exponent.
      guard rest.count <= 15 else { return nil }
      power = rest.reduce(0) { $0 * 10 + Int($1 & 15) } * (isDown ? -1 : 1)
      rest = []
    }
    guard rest.isEmpty else { return nil }
    digits = Array(whole) + fraction
    exponent = power - fraction.count
    while digits.last == 0x30 {
      digits.removeLast()
      exponent += 1
    }
    digits.removeFirst(digits.prefix { $0 == 0x30 }.count)
    if digits.isEmpty {
      isNegative = false
      exponent = 0
    }
  }
}

/// A parser of the whole grammar (RFC 8259), except that strings need not be UTF-8.
private struct ExactJSONParser {
  private let bytes: UnsafeRawBufferPointer
  private var at = 0

  init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
    skipSpace()
  }

  var isAtEnd: Bool { at == bytes.count }

  /// The next value, and the space after it.
  mutating func value(depth: Int) -> ExactJSON? {
    guard depth < ExactJSON.depthMax, at < bytes.count else { return nil }
    defer { skipSpace() }
    switch bytes[at] {
    case 0x7B: return object(depth)
    case 0x5B: return array(depth)
    case 0x22: return string().map(ExactJSON.string)
    case 0x74: return word("true") ? .bool(true) : nil
    case 0x66: return word("false") ? .bool(false) : nil
    case 0x6E: return word("null") ? .null : nil
    default:
      let start = at
      while at < bytes.count, "+-.eE0123456789".utf8.contains(bytes[at]) { at += 1 }
      return ExactNumber(Array(bytes[start..<at])[...]).map(ExactJSON.number)
    }
  }

  private mutating func object(_ depth: Int) -> ExactJSON? {
    at += 1
    skipSpace()
    var members: [[UInt8]: ExactJSON] = [:]
    if take(0x7D) { return .object(members) }
    repeat {
      skipSpace()
      guard let key = string() else { return nil }
      skipSpace()
      guard take(0x3A) else { return nil }
      skipSpace()
      guard let value = value(depth: depth + 1) else { return nil }
      if members[key] == nil { members[key] = value }
    } while take(0x2C)
    return take(0x7D) ? .object(members) : nil
  }

  private mutating func array(_ depth: Int) -> ExactJSON? {
    at += 1
    skipSpace()
    var elements: [ExactJSON] = []
    if take(0x5D) { return .array(elements) }
    repeat {
      skipSpace()
      guard let value = value(depth: depth + 1) else { return nil }
      elements.append(value)
    } while take(0x2C)
    return take(0x5D) ? .array(elements) : nil
  }

  private mutating func string() -> [UInt8]? {
    guard take(0x22) else { return nil }
    let start = at
    while at < bytes.count, bytes[at] != 0x22 {
      guard bytes[at] >= 0x20 else { return nil }
      at += bytes[at] == 0x5C ? 2 : 1
    }
    let end = at
    guard take(0x22) else { return nil }
    return JSONText.unescaped(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
  }

  private mutating func word(_ word: StaticString) -> Bool {
    let count = word.utf8CodeUnitCount
    guard at + count <= bytes.count, memcmp(bytes.baseAddress! + at, word.utf8Start, count) == 0
    else { return false }
    at += count
    return true
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard at < bytes.count, bytes[at] == byte else { return false }
    at += 1
    return true
  }

  private mutating func skipSpace() {
    while at < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[at]) { at += 1 }
  }
}
