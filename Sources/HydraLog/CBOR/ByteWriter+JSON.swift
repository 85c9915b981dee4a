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
    var index = width
    while index > 0 {
      index &-= 1
      let quotient = rest / 10
      let digit = UInt8(truncatingIfNeeded: rest &- quotient &* 10)
      target.storeBytes(of: UInt8(ascii: "0") &+ digit, toByteOffset: index, as: UInt8.self)
      rest = quotient
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
    Self.write(bytes, into: free(bytes.count * 2))
    fill(bytes.count * 2)
    byte(UInt8(ascii: "\""))
  }

  private mutating func hex(_ byte: UInt8) {
    withUnsafeBytes(of: byte) { Self.write($0, into: free(2)) }
    fill(2)
  }

  /// The digits of `bytes`. A loop without a call or a check, which the compiler turns into one over
  /// many bytes at once.
  private static func write(
    _ bytes: UnsafeRawBufferPointer, into target: UnsafeMutableRawPointer
  ) {
    guard let base = bytes.baseAddress else { return }
    let source = base.assumingMemoryBound(to: UInt8.self)
    let digits = target.assumingMemoryBound(to: UInt8.self)
    let count = bytes.count
    // What is added to a digit of 10 or more makes it a letter.
    let (digit, letter) = (UInt8(ascii: "0"), UInt8(ascii: "a") - 10)
    var index = 0
    while index < count {
      let high = source[index] &>> 4
      let low = source[index] & 0x0F
      digits[2 &* index] = high &+ (high > 9 ? letter : digit)
      digits[2 &* index &+ 1] = low &+ (low > 9 ? letter : digit)
      index &+= 1
    }
  }

  /// A value of the ledger's own CBOR.
  mutating func ledger(_ bytes: UnsafeRawBufferPointer) {
    raw(#"{"cborHex":"#)
    hexString(bytes)
    byte(UInt8(ascii: "}"))
  }

  mutating func transaction(_ bytes: UnsafeRawBufferPointer, _ id: TransactionId?) {
    raw(#"{"cborHex":"#)
    hexString(bytes)
    raw(#","description":"","txId":"#)
    if let id {
      id.withBytes { hexString($0) }
    } else {
      raw("null")
    }
    raw(#","type":"Tx ConwayEra"}"#)
  }
}
