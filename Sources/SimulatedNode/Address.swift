/// Addresses of the test network, in the text form of BIP 173.
enum Address {
  /// The header byte of a base address (payment and stake key) on a test network, then two key hashes.
  static let byteCount = 57

  /// One of sixteen addresses that all transactions use.
  static func text(_ seed: UInt64) -> String { texts[Int(seed % 16)] }

  static func bytes(_ seed: UInt64) -> [UInt8] { all[Int(seed % 16)] }

  private static let all: [[UInt8]] = (0..<16).map { (index: UInt64) in
    var noise = Noise(Noise.of(0xADD7, index))
    return [0x00] + (0..<byteCount - 1).map { _ in UInt8(truncatingIfNeeded: noise.next()) }
  }

  private static let texts: [String] = all.map { bech32(prefix: "addr_test", $0) }

  static func bech32(prefix: String, _ bytes: [UInt8]) -> String {
    let alphabet = Array("qpzry9x8gf2tvdw0s3jn54khce6mua7l")
    var values: [UInt8] = []
    var accumulator: UInt32 = 0
    var bits: UInt32 = 0
    for byte in bytes {
      accumulator = accumulator << 8 | UInt32(byte)
      bits += 8
      while bits >= 5 {
        bits -= 5
        values.append(UInt8(accumulator >> bits & 31))
      }
    }
    if bits > 0 { values.append(UInt8(accumulator << (5 - bits) & 31)) }
    let scalars = prefix.utf8
    let expanded = scalars.map { $0 >> 5 } + [0] + scalars.map { $0 & 31 }
    let checksum = polymod(expanded + values + [0, 0, 0, 0, 0, 0]) ^ 1
    let check = (0..<6).map { UInt8(checksum >> (5 * (5 - $0)) & 31) }
    return prefix + "1" + String((values + check).map { alphabet[Int($0)] })
  }

  private static func polymod(_ values: [UInt8]) -> UInt32 {
    let generator: [UInt32] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3]
    var check: UInt32 = 1
    for value in values {
      let top = check >> 25
      check = (check & 0x1ff_ffff) << 5 ^ UInt32(value)
      for index in 0..<5 where top >> UInt32(index) & 1 == 1 { check ^= generator[index] }
    }
    return check
  }
}
