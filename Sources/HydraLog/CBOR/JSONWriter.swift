/// Writes JSON as a node does, to a growing buffer.
struct JSONWriter: ~Copyable {
  private var base: UnsafeMutableRawPointer
  private var capacity: Int
  private(set) var count = 0

  init(capacity: Int) {
    self.capacity = max(64, capacity)
    base = .allocate(byteCount: self.capacity, alignment: 16)
  }

  deinit { base.deallocate() }

  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

  /// Discards all but the first `count` bytes.
  mutating func truncate(to count: Int) {
    precondition(count <= self.count)
    self.count = count
  }

  private mutating func reserve(_ more: Int) {
    guard count + more > capacity else { return }
    let larger = max(capacity * 2, count + more)
    let moved = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
    moved.copyMemory(from: base, byteCount: count)
    base.deallocate()
    base = moved
    capacity = larger
  }

  mutating func byte(_ byte: UInt8) {
    reserve(1)
    base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
    count += 1
  }

  /// Text that needs no escapes.
  mutating func raw(_ text: StaticString) {
    raw(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  mutating func raw(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress else { return }
    reserve(bytes.count)
    (base + count).copyMemory(from: source, byteCount: bytes.count)
    count += bytes.count
  }

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

  /// A quoted string, escaped as RFC 8259 section 7 demands.
  mutating func string(_ text: String) {
    byte(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { for unit in $0 { character(unit) } }
    byte(UInt8(ascii: "\""))
  }

  private mutating func character(_ unit: UInt8) {
    switch unit {
    case UInt8(ascii: "\""): raw(#"\""#)
    case UInt8(ascii: "\\"): raw(#"\\"#)
    case UInt8(ascii: "\n"): raw(#"\n"#)
    case UInt8(ascii: "\r"): raw(#"\r"#)
    case UInt8(ascii: "\t"): raw(#"\t"#)
    case 0..<0x20:
      raw(#"\u00"#)
      byte(Self.digit(unit >> 4))
      byte(Self.digit(unit & 0xF))
    default: byte(unit)
    }
  }

  /// A quoted string of hexadecimal digits.
  mutating func hexString(_ bytes: UnsafeRawBufferPointer) {
    byte(UInt8(ascii: "\""))
    reserve(bytes.count * 2)
    var target = base + count
    for unit in bytes {
      target.storeBytes(of: Self.digit(unit >> 4), as: UInt8.self)
      target.storeBytes(of: Self.digit(unit & 0xF), toByteOffset: 1, as: UInt8.self)
      target += 2
    }
    count += bytes.count * 2
    byte(UInt8(ascii: "\""))
  }

  private static func digit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value
  }
}
