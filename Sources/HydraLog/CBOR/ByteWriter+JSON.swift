internal import CardanoLedger

/// JSON as a node writes it.
extension ByteWriter {
  mutating func number(_ number: UInt64) {
    var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)
    withUnsafeMutableBytes(of: &digits) { digits in
      var start = 20
      var rest = number
      repeat {
        start -= 1
        digits[start] = UInt8(ascii: "0") + UInt8(rest % 10)
        rest /= 10
      } while rest > 0
      raw(UnsafeRawBufferPointer(rebasing: digits[start..<20]))
    }
  }

  /// -1 minus `argument`.
  mutating func negative(_ argument: UInt64) {
    byte(UInt8(ascii: "-"))
    // -1 minus the greatest is beyond 64 bits.
    argument == .max ? raw("18446744073709551616") : number(argument + 1)
  }

  /// `value` in `width` digits.
  mutating func digits(_ value: UInt64, width: Int) {
    let target = free(width)
    var rest = value
    for index in (0..<width).reversed() {
      target.storeBytes(
        of: UInt8(ascii: "0") + UInt8(rest % 10), toByteOffset: index, as: UInt8.self)
      rest /= 10
    }
    fill(width)
  }

  /// A point and up to twelve digits, without zeros at their end; nothing for 0.
  mutating func fraction(picoseconds: UInt64) {
    guard picoseconds > 0 else { return }
    byte(UInt8(ascii: "."))
    digits(picoseconds, width: 12)
    while bytes[count - 1] == UInt8(ascii: "0") { truncate(to: count - 1) }
  }

  mutating func seconds(picoseconds: UInt64) {
    number(picoseconds / NodeTime.picosecondsASecond)
    fraction(picoseconds: picoseconds % NodeTime.picosecondsASecond)
  }

  /// A quoted string, escaped as RFC 8259 section 7 demands.
  mutating func string(_ text: UnsafeRawBufferPointer) {
    byte(UInt8(ascii: "\""))
    var rest = text[...]
    while let special = rest.firstIndex(where: Self.needsEscape) {
      raw(UnsafeRawBufferPointer(rebasing: rest[..<special]))
      escaped(rest[special])
      rest = rest[(special + 1)...]
    }
    raw(UnsafeRawBufferPointer(rebasing: rest))
    byte(UInt8(ascii: "\""))
  }

  mutating func string(_ text: String) {
    var text = text
    text.withUTF8 { string(UnsafeRawBufferPointer($0)) }
  }

  private static func needsEscape(_ unit: UInt8) -> Bool {
    unit < 0x20 || unit == UInt8(ascii: "\"") || unit == UInt8(ascii: "\\")
  }

  private mutating func escaped(_ unit: UInt8) {
    switch unit {
    case UInt8(ascii: "\""): raw(#"\""#)
    case UInt8(ascii: "\\"): raw(#"\\"#)
    case UInt8(ascii: "\n"): raw(#"\n"#)
    case UInt8(ascii: "\r"): raw(#"\r"#)
    case UInt8(ascii: "\t"): raw(#"\t"#)
    default:
      raw(#"\u00"#)
      hex(unit)
    }
  }

  /// A quoted string of hexadecimal digits.
  mutating func hexString(_ bytes: UnsafeRawBufferPointer) {
    byte(UInt8(ascii: "\""))
    let target = free(bytes.count * 2)
    var index = 0
    while index + 4 <= bytes.count {
      let four = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt32.self))
      target.storeBytes(
        of: Self.digits(four).littleEndian, toByteOffset: index * 2, as: UInt64.self)
      index += 4
    }
    fill(index * 2)
    while index < bytes.count {
      hex(bytes[index])
      index += 1
    }
    byte(UInt8(ascii: "\""))
  }

  private mutating func hex(_ byte: UInt8) {
    let two = UInt16(truncatingIfNeeded: Self.digits(UInt32(byte))).littleEndian
    free(2).storeBytes(of: two, as: UInt16.self)
    fill(2)
  }

  /// The eight digits of four bytes, all at once.
  private static func digits(_ four: UInt32) -> UInt64 {
    var bytes = UInt64(four)
    bytes = (bytes | bytes << 16) & 0x0000_FFFF_0000_FFFF
    bytes = (bytes | bytes << 8) & 0x00FF_00FF_00FF_00FF
    let halves = (bytes >> 4) & 0x000F_000F_000F_000F | (bytes & 0x000F_000F_000F_000F) << 8
    // A digit of 10 or more is a letter, 39 places after the one that would follow "9".
    let letters = ((halves + 0x0606_0606_0606_0606) >> 4) & 0x0101_0101_0101_0101
    return halves + 0x3030_3030_3030_3030 + letters * 39
  }

  /// A value of the ledger's own CBOR.
  mutating func ledger(_ bytes: UnsafeRawBufferPointer) {
    raw(#"{"cborHex":"#)
    hexString(bytes)
    byte(UInt8(ascii: "}"))
  }

  mutating func transaction(_ bytes: UnsafeRawBufferPointer) {
    raw(#"{"cborHex":"#)
    hexString(bytes)
    raw(#","description":"","txId":"#)
    if let id = TransactionId(of: bytes) {
      id.withBytes { hexString($0) }
    } else {
      raw("null")
    }
    raw(#","type":"Tx ConwayEra"}"#)
  }
}
