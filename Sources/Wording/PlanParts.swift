package import EventPersistence

extension ReplayPlan {
  /// Where the events come from, in words, stretch by stretch; empty if all of them are in the
  /// node's log.
  package var partTexts: [String] {
    guard parts.contains(where: { $0.archive != nil }) else { return [] }
    return parts.map { part in
      let place = part.archive.map { "the archive \($0)" } ?? "the node's log"
      return "\(place): \(Quantity.count(part.events, "event")), \(Quantity.count(part.from)) to "
        + "\(Quantity.count(part.through))"
    }
  }
}
