/// The batch of a `BatchRule` that the events of an `EventBatch` belong to.
public struct BatchRun: Sendable, Hashable {
  /// The first event of the batch, selected or not; it may have come in an earlier piece.
  public var first: Position

  /// How many events with the id of `first` precede it in the log. With the id it names the batch.
  public var ordinal: Int

  /// Whether the event before `first` was also read from the log, and has the id before it or the
  /// same one. Then `ordinal` counts every event of that id before `first`. If false, the log may
  /// begin here, and may have had others.
  public var followsOn: Bool

  /// Whether these events are the batch's last: an event of another batch follows in the log. If
  /// false, the batch may still be whole.
  public var isComplete: Bool

  /// Whether the next event of the log has the next id. Then the log has no other event of the last
  /// id after these.
  public var endsId: Bool

  public init(
    first: Position, ordinal: Int = 0, followsOn: Bool = false, isComplete: Bool,
    endsId: Bool = false
  ) {
    self.first = first
    self.ordinal = ordinal
    self.followsOn = followsOn
    self.isComplete = isComplete
    self.endsId = endsId
  }
}
