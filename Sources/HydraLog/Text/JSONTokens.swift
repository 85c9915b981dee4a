internal import EventPersistence

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
    let start = at
    while bytes[at] != UInt8(ascii: "\"") { at += bytes[at] == UInt8(ascii: "\\") ? 2 : 1 }
    defer { at += 1 }
    let text = UnsafeRawBufferPointer(rebasing: bytes[start..<at])
    return String(decoding: JSONText.unescaped(text) ?? Array(text), as: UTF8.self)
  }
}
