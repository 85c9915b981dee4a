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

  @Test("the header of a zstd file has its unpacked size", arguments: sizes)
  func unpackedSize(size: Int) {
    let packed = pack(Self.sample(size), .zstd)
    #expect(
      Compression.zstdUnpackedSize(Array(packed.prefix(Compression.zstdHeadBytes))) == size)
    #expect(Compression.zstdUnpackedSize(Array(packed.prefix(3))) == nil)
    #expect(Compression.zstdUnpackedSize(Array("{\"eventId\":0}".utf8)) == nil)
  }

  @Test("a file of one frame is unpacked in place", arguments: sizes)
  func inPlace(size: Int) throws {
    let bytes = Self.sample(size)
    let packed = pack(bytes, .zstd)
    let found = Compression.zstdFrameSize(packed)
    #expect(found == size)
    var memory = [UInt8](repeating: 0xFF, count: size)
    let count = try memory.withUnsafeMutableBytes { memory in
      try Compression.unpackZstandardFrame(packed, into: memory)
    }
    #expect(count == size && memory == bytes)
  }

  @Test("only a whole frame alone names the size of its file")
  func severalFrames() throws {
    let packed = pack(Self.sample(1000), .zstd)
    #expect(Compression.zstdFrameSize(packed + packed) == nil)
    #expect(Compression.zstdFrameSize(packed + [0]) == nil)
    #expect(Compression.zstdFrameSize(Array(packed.dropLast())) == nil)
    #expect(Compression.zstdFrameSize([]) == nil)
    #expect(try Compression.zstd.unpack(packed + packed, limit: 2000).count == 2000)
  }

  @Test("a frame whose content was changed is refused in place, too")
  func damagedInPlace() {
    var packed = pack(Self.sample(200_000), .zstd)
    packed[packed.count - 2] ^= 0x40
    var memory = [UInt8](repeating: 0, count: 200_000)
    memory.withUnsafeMutableBytes { memory in
      _ = #expect(throws: CompressionError.self) {
        try Compression.unpackZstandardFrame(packed, into: memory)
      }
    }
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
