internal import Compression
internal import EventPersistence

extension EventBuffer {
  /// The unpacked bytes of a segment that is a zstd file, with its frames: those that are whole. Of a file
  /// of another program the frames may be nil.
  ///
  /// They are unpacked in place. Two copies besides cost more than the unpacking: each of their
  /// pages is new to the process.
  ///
  /// - Throws: what `Compression.unpack` throws, but not `cutOff`, where frames name their sizes.
  static func unpacking(
    _ packed: [UInt8], limit: Int
  ) throws(CompressionError) -> (buffer: EventBuffer, file: ZstandardFile?) {
    let file = packed.withUnsafeBytes { ZstandardFile($0) }
    guard let file, file.byteCount == packed.count || file.isTorn,
      file.unpackedByteCount <= limit
    else {
      // The error says what is wrong, if something is.
      return (EventBuffer(try Compression.zstd.unpack(packed, limit: limit)), nil)
    }
    let buffer = EventBuffer(capacity: file.unpackedByteCount)
    let result = packed.withUnsafeBytes { bytes in
      Result { () throws(CompressionError) in
        try Compression.unpackZstandardFrames(
          UnsafeRawBufferPointer(rebasing: bytes[..<file.byteCount]), into: buffer.free)
      }
    }
    buffer.fill(try result.get())
    return (buffer, file)
  }
}
