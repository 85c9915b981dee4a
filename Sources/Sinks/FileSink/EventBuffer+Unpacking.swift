internal import Compression
internal import EventPersistence

extension EventBuffer {
  /// The unpacked bytes of a segment that is a zstd file, with its frames: those before the first one that
  /// is torn or damaged. `damage` says what follows them, if that is not the beginning of a frame. Of a
  /// file of another program the frames may be nil.
  ///
  /// They are unpacked in place. Two copies besides cost more than the unpacking: each of their
  /// pages is new to the process.
  ///
  /// - Throws: what `Compression.unpack` throws, where frames do not name their sizes, or claim too much.
  static func unpacking(
    _ packed: [UInt8], limit: Int
  ) throws(CompressionError) -> (
    buffer: EventBuffer, file: ZstandardFile?, damage: CompressionError?
  ) {
    guard let file = packed.withUnsafeBytes({ ZstandardFile($0) }), file.unpackedByteCount <= limit
    else {
      // The error says what is wrong, if something is.
      return (EventBuffer(try Compression.zstd.unpack(packed, limit: limit)), nil, nil)
    }
    let buffer = EventBuffer(capacity: file.unpackedByteCount)
    for (index, frame) in file.frames.enumerated() {
      let result = packed.withUnsafeBytes { bytes in
        Result { () throws(CompressionError) in
          try Compression.unpackZstandardFrames(
            UnsafeRawBufferPointer(
              rebasing: bytes[frame.offset..<frame.offset + frame.byteCount]),
            into: UnsafeMutableRawBufferPointer(rebasing: buffer.free[..<frame.unpackedByteCount]))
        }
      }
      switch result {
      case .success(let count): buffer.fill(count)
      case .failure(let error): return (buffer, file.prefix(index), error)
      }
    }
    let isWhole = file.byteCount == packed.count || file.isTorn
    return (buffer, file, isWhole ? nil : .damaged("what follows its frames is none"))
  }
}
