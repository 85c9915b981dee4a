package import EventPersistence
package import SecondaryStatus

extension SecondaryReport {
  /// The word for its state. One that is `ok` and lacks or damaged what `verify` looked for is not
  /// called so.
  package var word: String {
    guard state == .ok, let verified, verified.record.isFaulty else { return state.word }
    return verified.replayedAt == nil ? "damaged" : "unconfirmed"
  }

  /// The reason for its state, in a few words: `exit 1`, `ExpiredToken`, a pause's reason, what
  /// `verify` found. Empty if all is well, or if the reason is not known.
  package func shortReason(at now: EventTime?) -> String {
    let found = verified.flatMap { $0.record.isFaulty ? $0.text(at: now) : nil }
    let reasons = state.isTrouble ? [ownReason, found ?? ""] : [found ?? "", ownReason]
    return reasons.filter { !$0.isEmpty }.joined(separator: " · ")
  }

  private var ownReason: String {
    if let paused, state == .paused { return paused.reason ?? paused.by }
    guard severity >= .warning, let lastError else { return "" }
    guard let errorCode else { return lastError }
    // The state already says "gap".
    return errorCode == state.word ? "" : errorCode
  }
}

extension Verified {
  /// `verified 12:21: 2 000 missing`
  package func text(at now: EventTime?) -> String {
    let found: String
    switch record.verdict {
    case .whole: found = "everything is held"
    case .unproven: found = "no fault, but not all could be proven"
    case .differs:
      found = counts.map { "\(Quantity.count($0.count)) \($0.word)" }.joined(separator: ", ")
    }
    let since = replayedAt == nil ? "" : ", replayed since"
    return "verified \(Quantity.since(record.at, now: now)): \(found)\(since)"
  }
}

extension SecondaryState {
  /// Whether the state is an error by itself.
  fileprivate var isTrouble: Bool {
    switch self {
    case .unknown, .newLog, .diverged, .gap, .replayStalled, .replayOrphaned, .rewound, .driverLost,
      .driverHung, .stalled:
      true
    case .replaying, .paused, .new, .ok, .idle, .fallingBehind, .catchingUp, .lagging: false
    }
  }
}
