import CZstd

/// Zstandard frames (RFC 8878) with a checksum, by libzstd.
enum Zstandard {
  /// The library's default: on lines of events about as small as level 9, several times as fast.
  private static let level: Int32 = 3

  static func pack(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    let context = ZSTD_createCCtx()
    defer { ZSTD_freeCCtx(context) }
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
    let bound = ZSTD_compressBound(bytes.count)
    return [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
      count = ZSTD_compress2(context, buffer.baseAddress, bound, bytes.baseAddress, bytes.count)
      // With a buffer of the bound's size, only a lack of memory can fail.
      precondition(ZSTD_isError(count) == 0, String(cString: ZSTD_getErrorName(count)))
    }
  }

  /// The size of the pieces in which `pack(_:into:)` gives out what is packed.
  private static let pieceBytes = 256 << 10

  /// Packs bytes that lie in several places as one frame, which it gives out piece by piece.
  ///
  /// The same bytes always give the same frame, wherever they are divided: they are fed in continuously, and the
  /// library cuts its blocks by their number alone.
  static func pack<Failure: Error>(
    _ parts: [UnsafeRawBufferPointer],
    into write: (UnsafeRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    let context = ZSTD_createCCtx()
    defer { ZSTD_freeCCtx(context) }
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
    ZSTD_CCtx_setPledgedSrcSize(context, UInt64(parts.reduce(0) { $0 + $1.count }))
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceBytes, alignment: 64)
    defer { piece.deallocate() }
    let none = UnsafeRawBufferPointer(start: nil, count: 0)
    var output = ZSTD_outBuffer(dst: piece.baseAddress, size: piece.count, pos: 0)
    for (part, mode) in parts.map({ ($0, ZSTD_e_continue) }) + [(none, ZSTD_e_end)] {
      var input = ZSTD_inBuffer(src: part.baseAddress, size: part.count, pos: 0)
      var rest = 0
      repeat {
        rest = ZSTD_compressStream2(context, &output, &input, mode)
        // Only a lack of memory can fail.
        precondition(ZSTD_isError(rest) == 0, String(cString: ZSTD_getErrorName(rest)))
        if output.pos == output.size {
          try write(UnsafeRawBufferPointer(piece))
          output.pos = 0
        }
      } while mode == ZSTD_e_end ? rest > 0 : input.pos < input.size
    }
    if output.pos > 0 { try write(UnsafeRawBufferPointer(rebasing: piece[..<output.pos])) }
  }

  static func unpackedSize(_ head: [UInt8]) -> Int? {
    let size = ZSTD_getFrameContentSize(head, head.count)
    // The two highest numbers mean: no size given, and not a header.
    return size < UInt64.max - 1 ? Int(exactly: size) : nil
  }

  static func frameSize(_ bytes: [UInt8]) -> Int? {
    guard let size = unpackedSize(bytes) else { return nil }
    return ZSTD_findFrameCompressedSize(bytes, bytes.count) == bytes.count ? size : nil
  }

  static func unpackFrame(
    _ bytes: [UInt8], into memory: UnsafeMutableRawBufferPointer
  ) throws(CompressionError) -> Int {
    let count = ZSTD_decompress(memory.baseAddress, memory.count, bytes, bytes.count)
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
