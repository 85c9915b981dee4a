import CZstd

/// The frames at the beginning of a zstd file, each of which can be unpacked by itself.
///
/// A file of several frames may end with a *seek table*, which names their sizes in a frame that unpackers skip:
/// format "Zstandard Seekable Format", version 0.1.0, in contrib/seekable_format of zstd's sources.
package struct ZstandardFile: Sendable, Hashable {
  package struct Frame: Sendable, Hashable {
    /// Where it begins in the file.
    package let offset: Int
    package let byteCount: Int
    package let unpackedByteCount: Int
  }

  package private(set) var frames: [Frame] = []
  /// How many bytes the whole frames have, with the seek table.
  package private(set) var byteCount = 0
  /// Whether it ends with a seek table: then nothing may be added.
  package private(set) var hasTable = false
  /// Whether what follows `byteCount` is the beginning of a frame, rather than something else.
  package private(set) var isTorn = false
  /// What the frames unpack to, by their headers; a damaged one may claim anything.
  package private(set) var unpackedByteCount = 0

  package init() {}

  /// Finds the frames of `bytes` by their headers and those of their blocks; does not check what is in
  /// them. Nil if one does not name its size, as those of other programs may not.
  package init?(_ bytes: UnsafeRawBufferPointer) {
    while byteCount < bytes.count, !hasTable {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[byteCount...])
      let size = ZSTD_findFrameCompressedSize(rest.baseAddress, rest.count)
      guard ZSTD_isError(size) == 0 else {
        isTorn = ZSTD_getErrorCode(size) == ZSTD_error_srcSize_wrong
        return
      }
      if Self.magic(rest) == Self.tableMagic {
        hasTable = true
        byteCount += size
      } else {
        guard let unpacked = Compression.zstdUnpackedSize(rest) else { return nil }
        addFrame(size, unpacked: unpacked)
      }
    }
  }

  /// Counts a frame of `size` bytes that was written at the end.
  package mutating func addFrame(_ size: Int, unpacked: Int) {
    frames.append(Frame(offset: byteCount, byteCount: size, unpackedByteCount: unpacked))
    byteCount += size
    let (sum, isTooLarge) = unpackedByteCount.addingReportingOverflow(unpacked)
    unpackedByteCount = isTooLarge ? .max : sum
  }

  /// The first `count` frames alone.
  package func prefix(_ count: Int) -> ZstandardFile {
    var part = ZstandardFile()
    for frame in frames.prefix(count) {
      part.addFrame(frame.byteCount, unpacked: frame.unpackedByteCount)
    }
    return part
  }

  // MARK: - The seek table

  private static let tableMagic: UInt32 = 0x184D_2A5E
  private static let footerMagic: UInt32 = 0x8F92_EAB1
  private static let headerBytes = 8
  private static let entryBytes = 8
  private static let footerBytes = 9

  private static func magic(_ bytes: UnsafeRawBufferPointer) -> UInt32? {
    bytes.count < 4 ? nil : UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self))
  }

  /// Closes the file, and returns the seek table to write at its end.
  package mutating func close() -> [UInt8] {
    var table: [UInt8] = []
    func add(_ number: UInt32) {
      withUnsafeBytes(of: number.littleEndian) { table.append(contentsOf: $0) }
    }
    add(Self.tableMagic)
    add(UInt32(frames.count * Self.entryBytes + Self.footerBytes))
    for frame in frames {
      add(UInt32(frame.byteCount))
      add(UInt32(frame.unpackedByteCount))
    }
    add(UInt32(frames.count))
    // No checksums: each frame has its own.
    table.append(0)
    add(Self.footerMagic)
    hasTable = true
    byteCount += table.count
    return table
  }

  /// What the file unpacks to, by the seek table at its end; nil if `tail`, its last bytes, does not
  /// have all of one.
  package static func unpackedByteCount(inTableOf tail: UnsafeRawBufferPointer) -> Int? {
    func number(at offset: Int) -> UInt32 {
      UInt32(littleEndian: tail.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
    let footer = tail.count - footerBytes
    guard footer >= 0, number(at: tail.count - 4) == footerMagic else { return nil }
    // With the highest bit of the descriptor, each entry has a checksum as well.
    let entryBytes = tail[footer + 4] & 0x80 == 0 ? entryBytes : entryBytes + 4
    let first = footer - Int(number(at: footer)) * entryBytes
    guard first >= headerBytes, number(at: first - headerBytes) == tableMagic else { return nil }
    return stride(from: first, to: footer, by: entryBytes).reduce(0) {
      $0 + Int(number(at: $1 + 4))
    }
  }
}

/// Packs one zstd frame after another, in the same memory: that of the library, and that of the largest
/// frame.
package final class FramePacker {
  private let context = ZSTD_createCCtx()
  private var memory: [UInt8] = []

  package init() { Zstandard.configure(context) }

  deinit { ZSTD_freeCCtx(context) }

  /// Packs `bytes` as one frame, which `body` can use.
  package func pack<R>(
    _ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> R
  ) rethrows -> R {
    let bound = ZSTD_compressBound(bytes.count)
    if memory.count < bound { memory = [UInt8](unsafeUninitializedCapacity: bound) { $1 = bound } }
    return try memory.withUnsafeMutableBytes { memory in
      try body(
        UnsafeRawBufferPointer(rebasing: memory[..<Zstandard.pack(bytes, into: memory, context)]))
    }
  }
}
