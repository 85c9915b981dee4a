/// The bytes of a Cardano address: of one in Bech32 (CIP-19), or of a Byron one in Base58.
struct CardanoAddress {
  let bytes: [UInt8]

  /// Nil if `text` is neither.
  init?(_ text: UnsafeRawBufferPointer) {
    guard let bytes = Self.bech32(text) ?? Self.base58(text) else { return nil }
    self.bytes = bytes
  }

  // MARK: - Bech32 (BIP 173)

  private static let bech32Digits = Array("qpzry9x8gf2tvdw0s3jn54khce6mua7l".utf8)

  private static func bech32(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
    guard let end = text.lastIndex(of: UInt8(ascii: "1")) else { return nil }
    let prefix = text[..<end]
    guard prefix.elementsEqual("addr".utf8) || prefix.elementsEqual("addr_test".utf8) else {
      return nil
    }
    var values: [UInt8] = []
    for digit in text[(end + 1)...] {
      guard let value = bech32Digits.firstIndex(of: digit) else { return nil }
      values.append(UInt8(value))
    }
    let expanded = prefix.map { $0 >> 5 } + [0] + prefix.map { $0 & 31 } + values
    guard values.count > 6, checksum(expanded) == 1 else { return nil }
    var bytes: [UInt8] = []
    var bits = 0
    var rest: UInt32 = 0
    for value in values.dropLast(6) {
      rest = rest << 5 | UInt32(value)
      bits += 5
      if bits >= 8 {
        bits -= 8
        bytes.append(UInt8(truncatingIfNeeded: rest >> UInt32(bits)))
        rest &= (1 << UInt32(bits)) - 1
      }
    }
    return bits < 5 && rest == 0 ? bytes : nil
  }

  private static func checksum(_ values: [UInt8]) -> UInt32 {
    let generator: [UInt32] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3]
    return values.reduce(1) { sum, value in
      let top = sum >> 25
      let next = (sum & 0x1ff_ffff) << 5 ^ UInt32(value)
      return generator.enumerated().reduce(next) {
        top >> UInt32($1.offset) & 1 == 1 ? $0 ^ $1.element : $0
      }
    }
  }

  // MARK: - Base58

  private static let base58Digits = Array(
    "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz".utf8)
  /// The longest Byron addresses have about 120 digits.
  private static let base58Max = 512

  private static func base58(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
    guard text.count <= base58Max else { return nil }
    // The lowest byte first.
    var bytes: [UInt8] = []
    for digit in text {
      guard let value = base58Digits.firstIndex(of: digit) else { return nil }
      var carry = value
      for index in bytes.indices {
        carry += Int(bytes[index]) * 58
        bytes[index] = UInt8(truncatingIfNeeded: carry)
        carry >>= 8
      }
      while carry > 0 {
        bytes.append(UInt8(truncatingIfNeeded: carry))
        carry >>= 8
      }
    }
    bytes.reverse()
    // `[its content in a byte string, the checksum of that]`
    let isByron = bytes.withUnsafeBytes { bytes in
      var cursor = CBORCursor(bytes)
      guard case .array(2) = try? cursor.next(), case .tag(24) = try? cursor.next(),
        case .bytes = try? cursor.next(), case .unsigned = try? cursor.next()
      else { return false }
      return cursor.isAtEnd
    }
    return isByron ? bytes : nil
  }
}
