/// A consumer that a sink serves at the consumer's own pace.
public struct ConsumerReport: Sendable, Hashable, Codable {
  /// The name that it gave itself, else its address.
  public var name: String
  public var address: String
  /// The last event that it has confirmed; nil if it has confirmed none.
  @Nullable public var confirmed: Position?
  /// Whether the checkpoint waits for it.
  public var isAwaited: Bool
  @Bounded public var unsentBytes: Int
  /// When it last answered; nil if it never did.
  @Nullable public var answeredAt: EventTime?
  /// What is unusual about it, such as where its stream began; nil if nothing is.
  @Nullable public var note: String?

  public init(
    name: String, address: String, confirmed: Position?, isAwaited: Bool, unsentBytes: Int = 0,
    answeredAt: EventTime? = nil, note: String? = nil
  ) {
    self.name = name
    self.address = address
    self.isAwaited = isAwaited
    self.unsentBytes = unsentBytes
    self.confirmed = confirmed
    self.answeredAt = answeredAt
    self.note = note
  }
}

extension DriverReport {
  /// The report as of `checkpoint`, which may be newer.
  ///
  /// A checkpoint advances only once every consumer that it waits for has confirmed its event, so
  /// none of these is behind it.
  package func caughtUp(with checkpoint: Position?) -> DriverReport {
    guard let checkpoint, let consumers,
      checkpoint.eventId > consumersAt?.eventId ?? 0 || consumersAt == nil
    else { return self }
    var report = self
    report.consumers = consumers.map { consumer in
      guard consumer.isAwaited, consumer.confirmed?.eventId ?? 0 < checkpoint.eventId else {
        return consumer
      }
      var consumer = consumer
      consumer.confirmed = checkpoint
      return consumer
    }
    return report
  }
}
