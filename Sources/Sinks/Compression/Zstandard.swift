import CZstd

/// Zstandard frames (RFC 8878) with a checksum, by libzstd.
enum Zstandard {
  /// The library's default: on lines of events about as small as level 9, several times as fast.
  private static let level: Int32 = 3

  static func configure(_ context: OpaquePointer?) {
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
  }

  /// Packs `bytes` as one frame into `memory`, which has room for `ZSTD_compressBound` bytes; returns its size.
  static func pack(
    _ bytes: UnsafeRawBufferPointer, into memory: UnsafeMutableRawBufferPointer,
    _ context: OpaquePointer?
  ) -> Int {
    let count = ZSTD_compress2(
      context, memory.baseAddress, memory.count, bytes.baseAddress, bytes.count)
    // With a buffer of the bound's size, only a lack of memory can fail.
    precondition(ZSTD_isError(count) == 0, String(cString: ZSTD_getErrorName(count)))
    return count
  }

  static func pack(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    let context = ZSTD_createCCtx()
    defer { ZSTD_freeCCtx(context) }
    configure(context)
    let bound = ZSTD_compressBound(bytes.count)
    return [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
      count = pack(bytes, into: UnsafeMutableRawBufferPointer(buffer), context)
    }
  }

  static func unpackedSize(_ head: UnsafeRawBufferPointer) -> Int? {
    let size = ZSTD_getFrameContentSize(head.baseAddress, head.count)
    // The two highest numbers mean: no size given, and not a header.
    return size < UInt64.max - 1 ? Int(exactly: size) : nil
  }

  static func unpackFrames(
    _ bytes: UnsafeRawBufferPointer, into memory: UnsafeMutableRawBufferPointer
  ) throws(CompressionError) -> Int {
    let count = ZSTD_decompress(
      memory.baseAddress, memory.count, bytes.baseAddress, bytes.count)
    guard ZSTD_isError(count) == 0 else {
      throw .damaged(String(cString: ZSTD_getErrorName(count)))
    }
    return count
  }

  static func unpack(_ bytes: [UInt8], limit: Int) throws(CompressionError) -> [UInt8] {
    guard !bytes.isEmpty else { throw .cutOff }
    let stream = ZSTD_createDStream()
    defer { ZSTD_freeDStream(stream) }
    var unpacked: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: ZSTD_DStreamOutSize())
    var consumed = 0
    var hint = 1
    while consumed < bytes.count || hint != 0 {
      var produced = 0
      hint = bytes.withUnsafeBytes { source in
        chunk.withUnsafeMutableBytes { target in
          var input = ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: consumed)
          var output = ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: 0)
          let result = ZSTD_decompressStream(stream, &output, &input)
          consumed = input.pos
          produced = output.pos
          return result
        }
      }
      guard ZSTD_isError(hint) == 0 else {
        throw .damaged(String(cString: ZSTD_getErrorName(hint)))
      }
      guard unpacked.count + produced <= limit else { throw .tooLarge(limit) }
      unpacked += chunk[..<produced]
      if consumed == bytes.count, produced < chunk.count {
        if hint != 0 { throw .cutOff }
        break
      }
    }
    return unpacked
  }
}
