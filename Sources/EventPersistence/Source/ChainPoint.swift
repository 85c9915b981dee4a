/// A point of the chain, as `hydra-node --start-chain-from` takes it.
public struct ChainPoint: Sendable, Hashable, Codable, CustomStringConvertible {
  @Bounded public var slot: UInt64
  /// Hex digits, 64 on a real chain.
  public var blockHash: String

  /// Nil if `blockHash` is not 1 to 128 hex digits.
  public init?(slot: UInt64, blockHash: String) {
    let digits = blockHash.utf8
    guard (1...128).contains(digits.count), digits.allSatisfy(Self.isHexDigit) else { return nil }
    self.slot = slot
    self.blockHash = blockHash
  }

  /// `SLOT.HASH`
  public var description: String { "\(slot).\(blockHash)" }

  private static func isHexDigit(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) || (0x41...0x46).contains(byte)
  }
}
