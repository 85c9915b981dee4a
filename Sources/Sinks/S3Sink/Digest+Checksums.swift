import Foundation

/// What libsodium does not have: against damage on the way, not against people.
extension Digest {
  private static let crcTable: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { crc, _ in crc & 1 == 1 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1 }
  }

  /// CRC-32C (RFC 9260, appendix A), in the order of the network.
  static func crc32c(_ bytes: [UInt8]) -> [UInt8] {
    let crc = ~bytes.reduce(~UInt32(0)) {
      crcTable[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ $0 >> 8
    }
    return (0..<4).map { UInt8(truncatingIfNeeded: crc >> (24 - 8 * $0)) }
  }

  private static let md5Shifts: [UInt32] = [
    7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21,
  ]
  private static let md5Sines: [UInt32] = (1...64).map {
    UInt32(abs(sin(Double($0))) * 4_294_967_296)
  }

  /// MD5 (RFC 1321).
  static func md5(_ bytes: [UInt8]) -> [UInt8] {
    var message = bytes + [0x80]
    message += [UInt8](repeating: 0, count: (120 - message.count % 64) % 64)
    let bitCount = UInt64(bytes.count) * 8
    message += (0..<8).map { UInt8(truncatingIfNeeded: bitCount >> (8 * UInt64($0))) }
    var state: [UInt32] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476]
    for block in stride(from: 0, to: message.count, by: 64) {
      var (a, b, c, d) = (state[0], state[1], state[2], state[3])
      for step in 0..<64 {
        let (mix, word): (UInt32, Int) =
          switch step / 16 {
          case 0: (b & c | ~b & d, step)
          case 1: (d & b | ~d & c, (5 * step + 1) % 16)
          case 2: (b ^ c ^ d, (3 * step + 5) % 16)
          default: (c ^ (b | ~d), 7 * step % 16)
          }
        let at = block + 4 * word
        let value = (0..<4).reduce(UInt32(0)) { $0 | UInt32(message[at + $1]) << UInt32(8 * $1) }
        let sum = a &+ mix &+ md5Sines[step] &+ value
        let shift = md5Shifts[step / 16 * 4 + step % 4]
        (a, d, c, b) = (d, c, b, b &+ (sum << shift | sum >> (32 - shift)))
      }
      for (index, part) in [a, b, c, d].enumerated() { state[index] &+= part }
    }
    return state.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
  }
}
