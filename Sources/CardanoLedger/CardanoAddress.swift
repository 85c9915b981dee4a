/// The bytes of a Cardano address: of one in Bech32 (CIP-19), or of a Byron one in Base58.
package struct CardanoAddress {
  package let bytes: [UInt8]

  /// Nil if `text` is neither.
  package init?(_ text: UnsafeRawBufferPointer) {
    guard let bytes = Self.bech32(text) ?? Self.base58(text) else { return nil }
    self.bytes = bytes
  }

  /// Only in lower case, as a node writes it.
  private static func bech32(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
    guard let bech32 = try? Bech32(text), ["addr", "addr_test"].contains(bech32.prefix),
      text.first == UInt8(ascii: "a")
    else { return nil }
    return bech32.bytes
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
