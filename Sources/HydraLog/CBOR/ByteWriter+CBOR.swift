/// CBOR as a node writes it: each head as short as it can be (RFC 8949 section 4.2.1).
extension ByteWriter {
  enum Major: UInt8 {
    case unsigned = 0x00
    case negative = 0x20
    case bytes = 0x40
    case text = 0x60
    case array = 0x80
    case map = 0xA0
    case tag = 0xC0
  }

  mutating func head(_ major: Major, _ argument: UInt64) {
    let high = major.rawValue
    switch argument {
    case 0..<24: byte(high | UInt8(argument))
    case ...0xFF:
      byte(high | 24)
      byte(UInt8(argument))
    case ...0xFFFF: head(high | 25, argument, byteCount: 2)
    case ...0xFFFF_FFFF: head(high | 26, argument, byteCount: 4)
    default: head(high | 27, argument, byteCount: 8)
    }
  }

  private mutating func head(_ head: UInt8, _ argument: UInt64, byteCount: Int) {
    byte(head)
    for index in (0..<byteCount).reversed() {
      byte(UInt8(truncatingIfNeeded: argument >> UInt64(index * 8)))
    }
  }

  /// The head of a list whose length only its break tells.
  mutating func openList() { byte(0x9F) }

  mutating func closeList() { byte(0xFF) }

  mutating func byteString(_ bytes: UnsafeRawBufferPointer) {
    head(.bytes, UInt64(bytes.count))
    raw(bytes)
  }

  mutating func textString(_ bytes: UnsafeRawBufferPointer) {
    head(.text, UInt64(bytes.count))
    raw(bytes)
  }

  /// Appends the bytes that `digits`, lower-case hexadecimal, stand for; nothing, and returns false,
  /// if they are anything else.
  mutating func bytes(ofHex digits: UnsafeRawBufferPointer) -> Bool {
    guard digits.count % 2 == 0 else { return false }
    let target = free(digits.count / 2)
    var faults: UInt8 = 0
    for index in 0..<digits.count / 2 {
      let high = Self.value(ofDigit: digits[index * 2])
      let low = Self.value(ofDigit: digits[index * 2 + 1])
      faults |= high | low
      target.storeBytes(of: high << 4 | low, toByteOffset: index, as: UInt8.self)
    }
    guard faults < 16 else { return false }
    fill(digits.count / 2)
    return true
  }

  /// 0 to 15; more if it is not a digit, or in upper case.
  private static func value(ofDigit digit: UInt8) -> UInt8 {
    let number = digit &- UInt8(ascii: "0")
    let letter = digit &- UInt8(ascii: "a")
    return number < 10 ? number : letter < 6 ? letter + 10 : 0x80
  }
}
