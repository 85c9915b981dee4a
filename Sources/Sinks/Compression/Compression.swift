/// How the bytes of a batch are compressed.
package enum Compression: String, Sendable, Hashable, Codable, CaseIterable {
  case none, zstd, gzip

  /// The suffix of a file name: `.zst`, `.gz` or nothing.
  package var suffix: String {
    switch self {
    case .none: ""
    case .zstd: ".zst"
    case .gzip: ".gz"
    }
  }

  /// `bytes` packed. The same bytes always give the same result: it contains no time and no name.
  package func pack(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    switch self {
    case .none: [UInt8](bytes)
    case .zstd: Zstandard.pack(bytes)
    case .gzip: Gzip.pack(bytes)
    }
  }

  /// The unpacked bytes.
  ///
  /// - Parameter limit: the most bytes to unpack: a small file can claim to be a huge one.
  /// - Throws: `CompressionError` where `bytes` are damaged, cut off, or unpack to more than `limit`.
  package func unpack(_ bytes: [UInt8], limit: Int) throws(CompressionError) -> [UInt8] {
    switch self {
    case .none:
      guard bytes.count <= limit else { throw .tooLarge(limit) }
      return bytes
    case .zstd: return try Zstandard.unpack(bytes, limit: limit)
    case .gzip: return try Gzip.unpack(bytes, limit: limit)
    }
  }

  /// The unpacked size of a zstd file that is one frame and names that size; nil if it is not.
  package static func zstdFrameSize(_ bytes: [UInt8]) -> Int? { Zstandard.frameSize(bytes) }

  /// Unpacks a zstd file that is one frame into `memory`, without a copy in between; returns how many
  /// bytes it has.
  ///
  /// - Parameter memory: as large as `zstdFrameSize` says.
  /// - Throws: `CompressionError` where `bytes` are damaged, or unpack to more than they say.
  package static func unpackZstandardFrame(
    _ bytes: [UInt8], into memory: UnsafeMutableRawBufferPointer
  ) throws(CompressionError) -> Int {
    try Zstandard.unpackFrame(bytes, into: memory)
  }

  /// How many bytes at the start of a zstd file hold its unpacked size.
  package static let zstdHeadBytes = 18

  /// The unpacked size that a zstd file's header claims; nil if it claims none, or is not a header.
  package static func zstdUnpackedSize(_ head: [UInt8]) -> Int? { Zstandard.unpackedSize(head) }
}

/// Why packed bytes could not be unpacked.
package enum CompressionError: Error, Sendable, Hashable, CustomStringConvertible {
  /// With the library's own description.
  case damaged(String)
  /// The bytes end too early.
  case cutOff
  case tooLarge(Int)

  package var description: String {
    switch self {
    case .damaged(let word): "it is damaged (\(word))"
    case .cutOff: "it is truncated"
    case .tooLarge(let limit): "it unpacks to more than \(limit) bytes"
    }
  }
}
