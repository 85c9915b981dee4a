/// The text of a JSON string.
package enum JSONText {
  /// The bytes between a string's quotes, with their escapes resolved; nil if an escape is not
  /// valid, as half of a surrogate pair.
  package static func unescaped(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count)
    var rest = bytes[...]
    while let slash = rest.firstIndex(of: 0x5C) {
      text += rest[..<slash]
      rest = rest[(slash + 1)...]
      guard let escape = rest.popFirst() else { return nil }
      switch escape {
      case 0x22, 0x5C, 0x2F: text.append(escape)
      case UInt8(ascii: "b"): text.append(0x08)
      case UInt8(ascii: "f"): text.append(0x0C)
      case UInt8(ascii: "n"): text.append(0x0A)
      case UInt8(ascii: "r"): text.append(0x0D)
      case UInt8(ascii: "t"): text.append(0x09)
      case UInt8(ascii: "u"):
        guard let scalar = scalar(&rest) else { return nil }
        text += UTF8.encode(scalar)!
      default: return nil
      }
    }
    return text + rest
  }

  /// The scalar of the next four digits, and of a second escape if they are half of a pair.
  private static func scalar(_ rest: inout Slice<UnsafeRawBufferPointer>) -> Unicode.Scalar? {
    guard var code = hex(&rest) else { return nil }
    if (0xD800..<0xDC00).contains(code) {
      guard rest.starts(with: "\\u".utf8) else { return nil }
      rest = rest.dropFirst(2)
      guard let low = hex(&rest), (0xDC00..<0xE000).contains(low) else { return nil }
      code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
    }
    return Unicode.Scalar(code)
  }

  private static func hex(_ rest: inout Slice<UnsafeRawBufferPointer>) -> UInt32? {
    guard rest.count >= 4 else { return nil }
    defer { rest = rest.dropFirst(4) }
    var code: UInt32 = 0
    for byte in rest.prefix(4) {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
      code = code << 4 | UInt32(digit)
    }
    return code
  }
}
