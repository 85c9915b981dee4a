/// How the bytes of a batch are packed.
public enum Compression: String, Sendable, Hashable, Codable, CaseIterable {
  case none, zstd, gzip

  /// What a name ends with: `.zst`, `.gz` or nothing.
  public var suffix: String {
    switch self {
    case .none: ""
    case .zstd: ".zst"
    case .gzip: ".gz"
    }
  }

  /// `bytes` packed. The same bytes always give the same result: no time and no name is in it.
  public func pack(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    switch self {
    case .none: [UInt8](bytes)
    case .zstd: Zstandard.pack(bytes)
    case .gzip: Gzip.pack(bytes)
    }
  }

  /// What was packed.
  ///
  /// - Parameter limit: how many bytes may come out at most: a small file can claim to be a huge one.
  /// - Throws: `CompressionError` where `bytes` are damaged, cut off, or unpack to more than `limit`.
  public func unpack(_ bytes: [UInt8], limit: Int) throws(CompressionError) -> [UInt8] {
    switch self {
    case .none:
      guard bytes.count <= limit else { throw .tooLarge(limit) }
      return bytes
    case .zstd: return try Zstandard.unpack(bytes, limit: limit)
    case .gzip: return try Gzip.unpack(bytes, limit: limit)
    }
  }

  /// How many of a zstd file's first bytes tell what it unpacks to.
  public static let zstdHeadBytes = 18

  /// What a zstd file claims to unpack to, by its head; nil where that does not say so, or is none.
  public static func zstdUnpackedSize(_ head: [UInt8]) -> Int? { Zstandard.unpackedSize(head) }
}

/// Why packed bytes could not be unpacked.
public enum CompressionError: Error, Sendable, Hashable, CustomStringConvertible {
  /// With the library's own word for it.
  case damaged(String)
  /// The bytes end before what was packed does.
  case cutOff
  case tooLarge(Int)

  public var description: String {
    switch self {
    case .damaged(let word): "it is damaged (\(word))"
    case .cutOff: "it is cut off: its end is missing"
    case .tooLarge(let limit): "it unpacks to more than \(limit) bytes"
    }
  }
}
