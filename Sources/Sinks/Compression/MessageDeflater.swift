internal import CZlib

/// Compresses messages of a WebSocket, one after the other (RFC 7692, section 7.2.1), by zlib.
///
/// zlib takes 256 KiB for each (zconf.h), and 64 KiB are the output's.
package final class MessageDeflater {
  /// The sizes of the window that zlib can give a deflater without a header, as powers of 2.
  package static let windowBits = 9...15

  private static let level: Int32 = 1
  private static let memoryLevel: Int32 = 8

  private let keepsContext: Bool
  /// zlib keeps its address.
  private let stream: UnsafeMutablePointer<z_stream>
  private let chunk = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 64 << 10)

  /// - Parameter keepsContext: whether a message may refer to those before it.
  /// - Precondition: `windowBits` is one of `Self.windowBits`.
  package init(windowBits: Int, keepsContext: Bool) {
    self.keepsContext = keepsContext
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let code = hydra_raw_deflate_init(stream, Self.level, Int32(windowBits), Self.memoryLevel)
    precondition(code == Z_OK, "zlib cannot start")
  }

  deinit {
    deflateEnd(stream)
    stream.deallocate()
    chunk.deallocate()
  }

  /// Appends the payload of the message that `pieces` are.
  package func deflate(_ pieces: [UnsafeRawBufferPointer], into output: inout [UInt8]) {
    let start = output.count
    for piece in pieces where !piece.isEmpty { push(piece, Z_NO_FLUSH, into: &output) }
    push(UnsafeRawBufferPointer(start: nil, count: 0), Z_SYNC_FLUSH, into: &output)
    // A flush ends with an empty block, of which the last four bytes are not sent.
    let tail: [UInt8] = [0, 0, 0xFF, 0xFF]
    if output.count - start >= 4, output.suffix(4).elementsEqual(tail) { output.removeLast(4) }
    if output.count == start { output.append(0) }
    if !keepsContext { deflateReset(stream) }
  }

  private func push(
    _ piece: UnsafeRawBufferPointer, _ flush: Int32, into output: inout [UInt8]
  ) {
    // zlib does not write through next_in; its type merely lacks the const.
    stream.pointee.next_in = UnsafeMutablePointer(
      mutating: piece.bindMemory(to: UInt8.self).baseAddress)
    stream.pointee.avail_in = uInt(piece.count)
    repeat {
      stream.pointee.next_out = chunk.baseAddress
      stream.pointee.avail_out = uInt(chunk.count)
      _ = CZlib.deflate(stream, flush)
      output += chunk[..<(chunk.count - Int(stream.pointee.avail_out))]
    } while stream.pointee.avail_out == 0
  }
}

/// Decompresses a message of a WebSocket whose sender keeps no context.
package enum MessageInflater {
  /// - Parameter limit: the most bytes to unpack: a small message can claim to be a huge one.
  /// - Throws: `CompressionError` where `bytes` are damaged, or unpack to more than `limit`.
  package static func inflate(_ bytes: [UInt8], limit: Int) throws(CompressionError) -> [UInt8] {
    var stream = z_stream()
    precondition(hydra_raw_inflate_init(&stream) == Z_OK, "zlib cannot start")
    defer { inflateEnd(&stream) }
    // The end of the flush, which is not sent.
    var input = bytes + [0, 0, 0xFF, 0xFF]
    var unpacked: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: min(limit + 1, 64 << 10))
    return try input.withUnsafeMutableBufferPointer { source throws(CompressionError) in
      stream.next_in = source.baseAddress
      stream.avail_in = uInt(source.count)
      while true {
        let (code, produced) = chunk.withUnsafeMutableBufferPointer { target in
          stream.next_out = target.baseAddress
          stream.avail_out = uInt(target.count)
          let code = CZlib.inflate(&stream, Z_SYNC_FLUSH)
          return (code, target.count - Int(stream.avail_out))
        }
        unpacked += chunk[..<produced]
        guard unpacked.count <= limit else { throw .tooLarge(limit) }
        switch code {
        case Z_OK where stream.avail_out == 0: continue
        // A last block may end the message's data.
        case Z_OK, Z_BUF_ERROR, Z_STREAM_END: return unpacked
        default: throw .damaged(stream.msg.map { String(cString: $0) } ?? "zlib error \(code)")
        }
      }
    }
  }
}
