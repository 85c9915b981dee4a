/// A stretch of a log that is not an event, and where events may have been: damage, or what a
/// crash has left.
public struct TornStretch: Sendable, Hashable {
  /// The id of the event before it; nil if there is none, or if that is not known.
  public var after: UInt64?
  /// The id of the event after it; nil if nothing follows it yet.
  public var before: UInt64?
  /// Its place in the log: a sentence without its full stop.
  public var place: String

  public init(after: UInt64?, before: UInt64?, place: String) {
    self.after = after
    self.before = before
    self.place = place
  }
}
