/// What OpenSSL does not have: against damage on the way, not against people.
extension Digest {
  private static let crcTable: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { crc, _ in crc & 1 == 1 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1 }
  }

  /// CRC-32C (RFC 9260, appendix A), in the order of the network.
  static func crc32c(_ payload: Payload) -> [UInt8] {
    let crc = payload.withUnsafeBytes { bytes in
      ~bytes.reduce(~UInt32(0)) { crcTable[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ $0 >> 8 }
    }
    return (0..<4).map { UInt8(truncatingIfNeeded: crc >> (24 - 8 * $0)) }
  }
}
