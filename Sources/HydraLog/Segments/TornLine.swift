/// A stretch of a log that is no event: what a crash or a full disk left.
public struct TornLine: Sendable, Hashable, Codable {
  /// Relative to the persistence directory.
  public var file: String
  /// Of the stretch's first byte; of a row, its event id.
  public var offset: UInt64
  public var length: UInt64

  public init(file: String, offset: UInt64, length: UInt64) {
    self.file = file
    self.offset = offset
    self.length = length
  }
}
