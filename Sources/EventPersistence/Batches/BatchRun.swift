/// Which of the batches that a `BatchRule` cuts the events of an `EventBatch` belong to.
public struct BatchRun: Sendable, Hashable {
  /// The first event of the batch, selected or not, whether or not it is among those that are given now.
  public var first: Position

  /// How many events with the id of `first` stand before it in the log: with the id it names the batch.
  public var ordinal: Int

  /// Whether the event before `first` was read from the log, too, with the id before it or the same one: then
  /// the log has no other event of that id before `first` than those that `ordinal` counts. Where it is false
  /// the log may begin here, and may have had some.
  public var followsOn: Bool

  /// Whether the events that are given are the batch's last ones: an event of another batch follows in the
  /// log. Where it is false the batch may be whole all the same.
  public var isComplete: Bool

  /// Whether the event that follows in the log has the next id: then the log has no other event of the last id
  /// after these.
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
