package import EventPersistence
package import SecondaryStatus

extension SecondaryReport {
  /// The word for its state. One that is `ok` is not called so if it lacks or damaged what `verify`
  /// looked for, or while its sink fails.
  package var word: String {
    guard state == .ok else { return state.word }
    if let verified, verified.record.isFaulty {
      return verified.replayedAt == nil ? "damaged" : "unconfirmed"
    }
    return isRetrying ? "retrying" : state.word
  }

  /// Since when what `word` says has been so; nil if that is not known, or says nothing.
  package var wordSince: EventTime? {
    guard state == .ok else { return stateSince }
    return isRetrying && verified?.record.isFaulty != true ? errorSince : nil
  }

  private var isRetrying: Bool { severity >= .warning && lastError != nil }

  /// The reason for its state, in a few words: `exit 1`, `ExpiredToken`, a pause's reason, what
  /// `verify` found. Empty if all is well, or if the reason is not known.
  package func shortReason(at now: EventTime?) -> String {
    let (own, found) = (ownReason(at: now), faults(at: now))
    let reasons = state.isTrouble ? [own, found] : [found, own]
    return reasons.filter { !$0.isEmpty }.joined(separator: " · ")
  }

  /// What `verify` found; empty if nothing is at fault.
  private func faults(at now: EventTime?) -> String {
    verified.flatMap { $0.record.isFaulty ? $0.text(at: now) : nil } ?? ""
  }

  private func ownReason(at now: EventTime?) -> String {
    if let paused, state == .paused {
      let end = paused.resumeAt.map { " · until \(Quantity.end($0, now: now))" } ?? ""
      return (paused.reason ?? paused.by) + end
    }
    guard severity >= .warning, let lastError else {
      return state == .ok || state == .replaying ? "" : waitsFor?.text ?? ""
    }
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
  package var isTrouble: Bool {
    switch self {
    case .unknown, .newLog, .diverged, .gap, .replayStalled, .replayOrphaned, .rewound, .driverLost,
      .driverHung, .stalled:
      true
    case .replaying, .paused, .new, .ok, .idle, .fallingBehind, .catchingUp, .lagging: false
    }
  }
}
