/// A stretch of a log that is not an event: the rest that a crash or a full disk left.
public struct TornLine: Sendable, Hashable, Codable {
  /// Relative to the persistence directory.
  public var file: String
  /// The offset of the stretch's first byte; for a row, its event id.
  public var offset: UInt64
  public var length: UInt64
}
