/// A stretch of a log that is not an event: the rest that a crash or a full disk left.
package struct TornLine: Sendable, Hashable, Codable {
  /// Relative to the persistence directory.
  package var file: String
  /// The offset of the stretch's first byte; for a row, its event id.
  package var offset: UInt64
  package var length: UInt64
}
