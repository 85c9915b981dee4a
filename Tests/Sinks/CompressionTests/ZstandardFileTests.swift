import Compression
import Testing

@Suite("The frames of a zstd file")
struct ZstandardFileTests {
  private static let sizes = [1000, 1, 131_072, 1_000_003]

  private static func sample(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) }
  }

  /// A file of frames of these sizes, with what its writer knows of it.
  private static func file(_ sizes: [Int] = sizes) -> (bytes: [UInt8], file: ZstandardFile) {
    let packer = FramePacker()
    var bytes: [UInt8] = []
    var file = ZstandardFile()
    for size in sizes {
      let count = sample(size).withUnsafeBytes { lines in
        packer.pack(lines) { frame in
          bytes += frame
          return frame.count
        }
      }
      file.addFrame(count, unpacked: size)
    }
    return (bytes, file)
  }

  private static let unpacked = sizes.flatMap(sample)

  private func found(in bytes: [UInt8]) -> ZstandardFile? {
    bytes.withUnsafeBytes { ZstandardFile($0) }
  }

  private func unpackedInTable(of bytes: some Sequence<UInt8>) -> Int? {
    Array(bytes).withUnsafeBytes { ZstandardFile.unpackedByteCount(inTableOf: $0) }
  }

  @Test("are found again, with and without a seek table")
  func reading() throws {
    var (bytes, file) = Self.file()
    #expect(found(in: bytes) == file)
    #expect(file.unpackedByteCount == Self.unpacked.count && !file.hasTable)
    bytes += file.close()
    #expect(file.hasTable && file.byteCount == bytes.count)
    #expect(found(in: bytes) == file)
    #expect(found(in: []) == ZstandardFile())
  }

  @Test("are unpacked by any program, with and without a seek table, and in place")
  func unpacking() throws {
    var (bytes, file) = Self.file()
    for _ in 1...2 {
      #expect(try Compression.zstd.unpack(bytes, limit: 1 << 21) == Self.unpacked)
      var memory = [UInt8](repeating: 0xFF, count: file.unpackedByteCount)
      let count = try memory.withUnsafeMutableBytes { memory in
        try bytes.withUnsafeBytes { try Compression.unpackZstandardFrames($0, into: memory) }
      }
      #expect(count == memory.count && memory == Self.unpacked)
      bytes += file.close()
    }
  }

  @Test("the seek table alone has what the file unpacks to")
  func table() {
    var (bytes, file) = Self.file()
    #expect(unpackedInTable(of: bytes) == nil)
    let table = file.close()
    bytes += table
    #expect(unpackedInTable(of: bytes) == Self.unpacked.count)
    #expect(unpackedInTable(of: bytes.suffix(table.count)) == Self.unpacked.count)
    for count in 0..<table.count { #expect(unpackedInTable(of: bytes.suffix(count)) == nil) }
    for index in bytes.count - 4..<bytes.count {
      var damaged = bytes
      damaged[index] ^= 1
      #expect(unpackedInTable(of: damaged) == nil)
    }
  }

  @Test("of a file that is cut off anywhere, the whole frames are found, and the rest is torn")
  func torn() throws {
    let (bytes, file) = Self.file()
    let ends = file.frames.map { $0.offset + $0.byteCount }
    for length in stride(from: 0, to: bytes.count, by: 13) + ends {
      let part = try #require(found(in: Array(bytes[..<length])))
      #expect(part.frames == Array(file.frames.prefix(ends.count { $0 <= length })))
      #expect(part.isTorn == (part.byteCount < length))
    }
  }

  @Test("what follows the frames and is none is no torn frame")
  func other() throws {
    let (bytes, file) = Self.file()
    let whole = try #require(found(in: bytes + Array("{\"eventId\":0}\n".utf8)))
    #expect(whole.frames == file.frames && !whole.isTorn)
  }

  @Test("a frame whose content was changed is refused in place, too")
  func damaged() {
    var (bytes, file) = Self.file()
    bytes[bytes.count - 2] ^= 0x40
    var memory = [UInt8](repeating: 0, count: file.unpackedByteCount)
    memory.withUnsafeMutableBytes { memory in
      _ = #expect(throws: CompressionError.self) {
        try bytes.withUnsafeBytes { try Compression.unpackZstandardFrames($0, into: memory) }
      }
    }
  }
}

private func + (left: StrideTo<Int>, right: [Int]) -> [Int] { Array(left) + right }
