package import EventPersistence

extension PauseOrder {
  /// What an order to pause did, given the pause that stood before it: "paused", or "was already
  /// paused, since 03:02 by alice@host".
  package func brief(after before: PauseOrder?, now: EventTime) -> String {
    guard let before else { return "paused" }
    let since = "since \(Quantity.since(before.at, now: now)) UTC by \(before.by)"
    return before == self
      ? "was already paused, \(since); nothing was changed"
      : "was already paused, \(since); that pause was changed"
  }
}
