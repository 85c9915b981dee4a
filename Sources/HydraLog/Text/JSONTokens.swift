/// A part of a JSON text, for a view that indents and colours it.
package struct JSONToken: Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    case objectStart, objectEnd, arrayStart, arrayEnd, key, string, number, bool, null
  }

  package var kind: Kind

  /// How many objects and arrays enclose it; a bracket is outside its own.
  package var depth: Int

  /// A key or string without its quotes and escapes, a number exactly as written, `true`, `false`
  /// and `null`; empty for brackets.
  package var text: String
}

/// The tokens of a JSON text in order.
package enum JSONTokens {
  /// The first `limit` tokens of `json`; nil if it is not valid JSON.
  ///
  /// simdjson validates it; the walk over it is our own, so that numbers of any size are shown as
  /// written.
  package static func of(_ json: UnsafeRawBufferPointer, limit: Int = .max) -> [JSONToken]? {
    guard JSONDocument.withParsed(json, { _ in }) != nil else { return nil }
    var walk = JSONWalk(json)
    var tokens: [JSONToken] = []
    while tokens.count < limit, let token = walk.next() { tokens.append(token) }
    return tokens
  }
}

/// A walk over a JSON text that is known to be valid.
private struct JSONWalk {
  private let bytes: UnsafeRawBufferPointer
  private var at = 0
  /// For each enclosing object and array: whether it is an object.
  private var objects: [Bool] = []
  private var expectsKey = false

  init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
  }

  mutating func next() -> JSONToken? {
    while at < bytes.count {
      let byte = bytes[at]
      switch byte {
      case UInt8(ascii: ","):
        expectsKey = objects.last ?? false
        at += 1
      case UInt8(ascii: ":"), 0x20, 0x09, 0x0A, 0x0D:
        at += 1
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        return open(isObject: byte == UInt8(ascii: "{"))
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        return close(isObject: byte == UInt8(ascii: "}"))
      case UInt8(ascii: "\""):
        let isKey = expectsKey
        expectsKey = false
        return JSONToken(kind: isKey ? .key : .string, depth: objects.count, text: string())
      default:
        return scalar()
      }
    }
    return nil
  }

  private mutating func open(isObject: Bool) -> JSONToken {
    at += 1
    let token = JSONToken(
      kind: isObject ? .objectStart : .arrayStart, depth: objects.count, text: "")
    objects.append(isObject)
    expectsKey = isObject
    return token
  }

  private mutating func close(isObject: Bool) -> JSONToken {
    at += 1
    objects.removeLast()
    expectsKey = false
    return JSONToken(kind: isObject ? .objectEnd : .arrayEnd, depth: objects.count, text: "")
  }

  private mutating func scalar() -> JSONToken {
    let start = at
    while at < bytes.count, !",]} \t\r\n".utf8.contains(bytes[at]) { at += 1 }
    let text = String(decoding: bytes[start..<at], as: UTF8.self)
    let kind: JSONToken.Kind =
      switch text {
      case "true", "false": .bool
      case "null": .null
      default: .number
      }
    return JSONToken(kind: kind, depth: objects.count, text: text)
  }

  /// The string at the quote, unescaped.
  private mutating func string() -> String {
    at += 1
    var text: [UInt8] = []
    var start = at
    while bytes[at] != UInt8(ascii: "\"") {
      guard bytes[at] == UInt8(ascii: "\\") else {
        at += 1
        continue
      }
      text += bytes[start..<at]
      let escape = bytes[at + 1]
      at += 2
      switch escape {
      case UInt8(ascii: "n"): text.append(0x0A)
      case UInt8(ascii: "t"): text.append(0x09)
      case UInt8(ascii: "r"): text.append(0x0D)
      case UInt8(ascii: "b"): text.append(0x08)
      case UInt8(ascii: "f"): text.append(0x0C)
      case UInt8(ascii: "u"): text += Array(String(unicodeEscape()).utf8)
      default: text.append(escape)
      }
      start = at
    }
    text += bytes[start..<at]
    at += 1
    return String(decoding: text, as: UTF8.self)
  }

  /// The scalar of the next four digits, and of a second escape if they are half of a pair.
  private mutating func unicodeEscape() -> Unicode.Scalar {
    let first = hexDigits()
    guard (0xD800..<0xDC00).contains(first), at + 5 < bytes.count,
      bytes[at] == UInt8(ascii: "\\"), bytes[at + 1] == UInt8(ascii: "u")
    else { return Unicode.Scalar(first) ?? "\u{FFFD}" }
    at += 2
    let second = hexDigits()
    let code = 0x10000 &+ ((first - 0xD800) << 10) &+ (second &- 0xDC00)
    return Unicode.Scalar(code) ?? "\u{FFFD}"
  }

  private mutating func hexDigits() -> UInt32 {
    defer { at += 4 }
    return UInt32(String(decoding: bytes[at..<at + 4], as: UTF8.self), radix: 16) ?? 0xFFFD
  }
}
