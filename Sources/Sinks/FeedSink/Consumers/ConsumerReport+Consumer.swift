import EventPersistence

extension ConsumerReport {
  /// - Parameter refusal: what an earlier connection of the same consumer refused.
  init(
    _ consumer: Consumer, isAwaited: Bool, refusal: SizeRefusals.Refusal?, at clock: DriverClock
  ) {
    self.init(
      name: consumer.title, address: consumer.address, confirmed: consumer.acknowledged?.last,
      isAwaited: isAwaited && !consumer.isLeaving, unsentBytes: consumer.unsentBytes,
      answeredAt: consumer.lastPongAt.map {
        clock.date.advanced(bySeconds: -((clock.now - $0) / .seconds(1)))
      },
      note: Self.note(consumer, refusal))
  }

  private static func note(
    _ consumer: Consumer, _ refusal: SizeRefusals.Refusal?
  ) -> String? {
    var words: [String] = []
    if let refusal { words.append("before, it \(refusal.phrase)") }
    if case .after(let head) = consumer.beginning {
      words.append("connected without history at \(ConsumerText.grouped(head.eventId))")
    } else if case .id(let id) = consumer.beginning {
      words.append("from \(ConsumerText.grouped(id)) on")
    } else if case .at(let first) = consumer.beginning {
      words.append("from \(ConsumerText.grouped(first.eventId)) on")
    }
    if consumer.isObserver { words.append("only observes") }
    if consumer.isLeaving { words.append("asked to reconnect") }
    if let trouble = consumer.trouble { words.append(trouble) }
    return words.isEmpty ? nil : words.joined(separator: " · ")
  }
}
