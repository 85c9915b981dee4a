/// A text in Bech32 (BIP 173): a prefix, data in digits of five bits, and a checksum.
///
/// Cardano's addresses are longer than the 90 characters that BIP 173 allows (CIP-5 lifts that
/// bound), so the bound is the caller's.
package struct Bech32: Sendable, Hashable {
  /// Why a text is not Bech32.
  package enum Fault: Error, Sendable, Hashable {
    /// Too long, no separator, or nothing in front of it.
    case form
    /// A character that has no place in it, or both cases.
    case character
    /// A digit is missing, superfluous or mistyped.
    case checksum
  }

  /// The part in front of the last `1`, in lower case.
  package let prefix: String
  /// The data, without the checksum: a number below 32 each.
  package let digits: [UInt8]

  /// The longest address has fewer characters.
  package static let lengthMax = 1023
  private static let checksumLength = 6
  private static let alphabet = Array("qpzry9x8gf2tvdw0s3jn54khce6mua7l".utf8)

  package init(_ text: some Collection<UInt8>, lengthMax: Int = lengthMax) throws(Fault) {
    guard text.count <= lengthMax else { throw .form }
    guard text.allSatisfy({ (0x21...0x7E).contains($0) }) else { throw .character }
    let lower = text.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    guard lower.elementsEqual(text) || !text.contains(where: { (0x61...0x7A).contains($0) }) else {
      throw .character
    }
    guard let end = lower.lastIndex(of: UInt8(ascii: "1")), end > 0 else { throw .form }
    let prefix = lower[..<end]
    var digits: [UInt8] = []
    digits.reserveCapacity(lower.count - end)
    for character in lower[(end + 1)...] {
      guard let digit = Self.alphabet.firstIndex(of: character) else { throw .character }
      digits.append(UInt8(digit))
    }
    guard digits.count >= Self.checksumLength else { throw .form }
    let expanded = prefix.map { $0 >> 5 } + [0] + prefix.map { $0 & 31 } + digits
    guard Self.checksum(expanded) == 1 else { throw .checksum }
    self.prefix = String(decoding: prefix, as: UTF8.self)
    self.digits = digits.dropLast(Self.checksumLength)
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

  /// The data in bytes; nil if the bits that are left over are a whole digit or not zero.
  package var bytes: [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(digits.count * 5 / 8)
    var bits = 0
    var rest: UInt32 = 0
    for digit in digits {
      rest = rest << 5 | UInt32(digit)
      bits += 5
      if bits >= 8 {
        bits -= 8
        bytes.append(UInt8(truncatingIfNeeded: rest >> UInt32(bits)))
        rest &= (1 << UInt32(bits)) - 1
      }
    }
    return bits < 5 && rest == 0 ? bytes : nil
  }
}
