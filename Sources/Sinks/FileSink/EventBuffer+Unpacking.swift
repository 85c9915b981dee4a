internal import Compression
internal import EventPersistence

extension EventBuffer {
  /// The unpacked bytes of a segment that is a zstd file.
  ///
  /// They are unpacked in place. Two copies besides cost more than the unpacking: each of their
  /// pages is new to the process.
  ///
  /// - Throws: what `Compression.unpack` throws.
  static func unpacking(_ packed: [UInt8], limit: Int) throws(CompressionError) -> EventBuffer {
    guard let size = Compression.zstdFrameSize(packed), size <= limit else {
      // Of another program, or cut off; the error says which.
      return EventBuffer(try Compression.zstd.unpack(packed, limit: limit))
    }
    let buffer = EventBuffer(capacity: size)
    buffer.fill(try Compression.unpackZstandardFrame(packed, into: buffer.free))
    return buffer
  }
}
