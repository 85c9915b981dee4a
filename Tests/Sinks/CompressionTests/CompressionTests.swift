import Compression
import Testing

@Suite struct CompressionTests {
  private static let sizes = [0, 1, 1000, 131_072, 1_000_003]

  private static func sample(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) }
  }

  private func pack(_ bytes: [UInt8], _ compression: Compression) -> [UInt8] {
    bytes.withUnsafeBytes { compression.pack($0) }
  }

  @Test("unpacking restores the packed bytes", arguments: Compression.allCases, sizes)
  func roundTrip(compression: Compression, size: Int) throws {
    let bytes = Self.sample(size)
    #expect(try compression.unpack(pack(bytes, compression), limit: size) == bytes)
  }

  @Test("the header of a zstd frame has its unpacked size", arguments: sizes)
  func unpackedSize(size: Int) {
    func read(_ head: some Sequence<UInt8>) -> Int? {
      Array(head).withUnsafeBytes { Compression.zstdUnpackedSize($0) }
    }
    let packed = pack(Self.sample(size), .zstd)
    #expect(read(packed.prefix(Compression.zstdHeadBytes)) == size)
    #expect(read(packed.prefix(3)) == nil)
    #expect(read("{\"eventId\":0}".utf8) == nil)
  }

  @Test("packing the same bytes gives the same result", arguments: Compression.allCases)
  func deterministic(compression: Compression) {
    let bytes = Self.sample(300_000)
    #expect(pack(bytes, compression) == pack(bytes, compression))
  }

  @Test("a file cut off at any of many places is refused", arguments: [Compression.zstd, .gzip])
  func cutOff(compression: Compression) {
    let packed = pack(Self.sample(200_000), compression)
    for length in stride(from: 0, to: packed.count, by: max(1, packed.count / 97)) {
      #expect(throws: CompressionError.self) {
        try compression.unpack(Array(packed[..<length]), limit: 1 << 20)
      }
    }
  }

  @Test("a changed byte is refused", arguments: [Compression.zstd, .gzip])
  func damaged(compression: Compression) {
    var packed = pack(Self.sample(200_000), compression)
    packed[packed.count / 2] ^= 0x40
    #expect(throws: CompressionError.self) { try compression.unpack(packed, limit: 1 << 20) }
  }

  @Test("a file that unpacks to more than the limit is refused", arguments: Compression.allCases)
  func tooLarge(compression: Compression) {
    let packed = pack([UInt8](repeating: 7, count: 500_000), compression)
    #expect(throws: CompressionError.tooLarge(499_999)) {
      try compression.unpack(packed, limit: 499_999)
    }
  }
}
