import CZlib

/// Gzip members (RFC 1952) without a name and a time, by zlib.
enum Gzip {
  private static let level: Int32 = 6

  static func pack(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    var stream = z_stream()
    precondition(hydra_gzip_deflate_init(&stream, level) == Z_OK, "zlib cannot start")
    defer { deflateEnd(&stream) }
    let bound = Int(deflateBound(&stream, uLong(bytes.count)))
    return [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
      // zlib does not write through next_in; its type merely lacks the const.
      stream.next_in = UnsafeMutablePointer(
        mutating: bytes.bindMemory(to: UInt8.self).baseAddress)
      stream.avail_in = uInt(bytes.count)
      stream.next_out = buffer.baseAddress
      stream.avail_out = uInt(bound)
      let result = deflate(&stream, Z_FINISH)
      precondition(result == Z_STREAM_END, "zlib's bound holds")
      count = bound - Int(stream.avail_out)
    }
  }

  static func unpack(_ bytes: [UInt8], limit: Int) throws(CompressionError) -> [UInt8] {
    var stream = z_stream()
    precondition(hydra_gzip_inflate_init(&stream) == Z_OK, "zlib cannot start")
    defer { inflateEnd(&stream) }
    var unpacked: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 128 << 10)
    var consumed = 0
    while true {
      var produced = 0
      let result = bytes.withUnsafeBufferPointer { source in
        chunk.withUnsafeMutableBufferPointer { target in
          stream.next_in = UnsafeMutablePointer(mutating: source.baseAddress.map { $0 + consumed })
          stream.avail_in = uInt(source.count - consumed)
          stream.next_out = target.baseAddress
          stream.avail_out = uInt(target.count)
          let result = inflate(&stream, Z_NO_FLUSH)
          consumed = source.count - Int(stream.avail_in)
          produced = target.count - Int(stream.avail_out)
          return result
        }
      }
      guard unpacked.count + produced <= limit else { throw .tooLarge(limit) }
      unpacked += chunk[..<produced]
      switch result {
      case Z_STREAM_END:
        guard consumed == bytes.count else { throw .damaged("bytes after the end") }
        return unpacked
      case Z_OK: continue
      case Z_BUF_ERROR: throw .cutOff
      default: throw .damaged(stream.msg.map { String(cString: $0) } ?? "zlib error \(result)")
      }
    }
  }
}
