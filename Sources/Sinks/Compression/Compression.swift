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

  /// Unpacks whole zstd frames into `memory`, without a copy in between; returns how many bytes they have.
  ///
  /// - Parameter memory: as large as the frames say.
  /// - Throws: `CompressionError` where `bytes` are damaged, or unpack to more than they say.
  package static func unpackZstandardFrames(
    _ bytes: UnsafeRawBufferPointer, into memory: UnsafeMutableRawBufferPointer
  ) throws(CompressionError) -> Int {
    try Zstandard.unpackFrames(bytes, into: memory)
  }

  /// How many bytes at the start of a zstd frame hold its unpacked size.
  package static let zstdHeadBytes = 18

  /// The unpacked size that a zstd frame's header claims; nil if it claims none, or is not a header.
  package static func zstdUnpackedSize(_ head: UnsafeRawBufferPointer) -> Int? {
    Zstandard.unpackedSize(head)
  }
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
