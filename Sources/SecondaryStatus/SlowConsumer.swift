package import EventPersistence

/// The consumer of a feed that its checkpoint waits for: the one that is furthest behind.
package struct SlowConsumer: Sendable, Hashable, Codable {
  package var name: String
  /// How many events it lacks; null: it has confirmed none yet.
  @Nullable package var behind: UInt64?

  package init(name: String, behind: UInt64?) {
    self.name = name
    self.behind = behind
  }

  /// Nil if no consumer that the checkpoint waits for is behind.
  init?(among consumers: [ConsumerReport], _ survey: Survey) {
    let behind = consumers.filter(\.isAwaited).compactMap { consumer -> SlowConsumer? in
      guard let confirmed = consumer.confirmed else {
        return SlowConsumer(name: consumer.name, behind: nil)
      }
      let lag = survey.lag(behind: confirmed)
      return lag.flatMap { $0 > 0 ? SlowConsumer(name: consumer.name, behind: $0) : nil }
    }
    guard let slowest = behind.max(by: { $0.behind ?? .max < $1.behind ?? .max }) else {
      return nil
    }
    self = slowest
  }
}
