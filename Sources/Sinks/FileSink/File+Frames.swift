internal import Compression
import EventPersistence

extension File {
  /// Appends `parts`, one after another, to the zstd file that this is, as one frame.
  func append(
    _ parts: [UnsafeRawBufferPointer], to packed: inout ZstandardFile, _ packer: FramePacker
  ) throws(SinkError) {
    guard parts.count > 1 else {
      if let bytes = parts.first { try append(bytes, to: &packed, packer) }
      return
    }
    // The library is faster when all of them are in one place, by more than copying them there takes.
    let whole = EventBuffer(joining: parts)
    try append(whole.bytes, to: &packed, packer)
    withExtendedLifetime(whole) {}
  }

  private func append(
    _ bytes: UnsafeRawBufferPointer, to packed: inout ZstandardFile, _ packer: FramePacker
  ) throws(SinkError) {
    let end = packed.byteCount
    let result = packer.pack(bytes) { frame in
      Result { () throws(SinkError) in
        try write(frame, at: end)
        return frame.count
      }
    }
    packed.addFrame(try result.get(), unpacked: bytes.count)
  }

  /// Writes the seek table of a zstd file that is complete, if it has several frames: a single one
  /// names its own size.
  func close(_ packed: inout ZstandardFile) throws(SinkError) {
    guard packed.frames.count > 1 else { return }
    let end = packed.byteCount
    let table = packed.close()
    let result = table.withUnsafeBytes { bytes in
      Result { () throws(SinkError) in try write(bytes, at: end) }
    }
    try result.get()
  }
}

extension EventBatch {
  /// The JSON lines of the entries with the indices `range`, in as few pieces as there are gaps. Valid as
  /// long as the batch exists.
  func lines(of range: Range<Int>) -> [UnsafeRawBufferPointer] {
    lineRanges(of: range).map { UnsafeRawBufferPointer(rebasing: buffer.bytes[$0]) }
  }
}
