/// A growing buffer, with the few operations that build a payload. It is emptied and refilled, so
/// that making an event allocates nothing.
struct PayloadWriter: ~Copyable {
  private var base: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  private(set) var count = 0

  init(capacity: Int = 4096) {
    self.capacity = capacity
    base = .allocate(capacity: capacity)
  }

  deinit { base.deallocate() }

  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

  mutating func removeAll() { count = 0 }

  private mutating func reserve(_ more: Int) {
    guard count + more > capacity else { return }
    let larger = max(capacity * 2, count + more)
    let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
    moved.update(from: base, count: count)
    base.deallocate()
    base = moved
    capacity = larger
  }

  mutating func append(byte: UInt8) {
    reserve(1)
    base[count] = byte
    count += 1
  }

  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress else { return }
    reserve(bytes.count)
    UnsafeMutableRawPointer(base + count).copyMemory(from: source, byteCount: bytes.count)
    count += bytes.count
  }

  mutating func append(_ text: StaticString) {
    append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  mutating func append(text: String) {
    var text = text
    text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
  }

  mutating func append(decimal value: UInt64) {
    reserve(20)
    var value = value
    var digits = 0
    repeat {
      base[count + digits] = UInt8(truncatingIfNeeded: 0x30 + value % 10)
      value /= 10
      digits += 1
    } while value > 0
    var written = UnsafeMutableBufferPointer(start: base + count, count: digits)
    written.reverse()
    count += digits
  }

  /// `byteCount` bytes that follow from `seed`.
  mutating func append(noise seed: UInt64, _ byteCount: Int) {
    reserve(byteCount)
    var noise = Noise(seed)
    var written = 0
    while written < byteCount {
      var word = noise.next()
      for _ in 0..<min(8, byteCount - written) {
        base[count + written] = UInt8(truncatingIfNeeded: word)
        word >>= 8
        written += 1
      }
    }
    count += byteCount
  }

  /// The same bytes in hexadecimal.
  mutating func append(noiseHex seed: UInt64, _ byteCount: Int) {
    let start = count
    append(noise: seed, byteCount)
    turnIntoHex(from: start)
  }

  /// Writes the bytes from `start` on in hexadecimal.
  mutating func turnIntoHex(from start: Int) {
    let byteCount = count - start
    reserve(byteCount)
    // Backwards, so that no byte is overwritten before it is read.
    for index in stride(from: byteCount - 1, through: 0, by: -1) {
      let byte = base[start + index]
      base[start + index * 2] = Self.hexDigit(byte >> 4)
      base[start + index * 2 + 1] = Self.hexDigit(byte & 15)
    }
    count += byteCount
  }

  /// Discards the bytes from `start` on.
  mutating func removeAll(from start: Int) { count = start }

  private static func hexDigit(_ nibble: UInt8) -> UInt8 {
    nibble < 10 ? 0x30 + nibble : 0x57 + nibble
  }
}
