internal import EventPersistence

/// `silent-after`: for how many seconds the node may write no event; nil if its silence is no
/// alarm.
package struct SilentLimits: Sendable, Hashable {
  package var warn: Double?
  package var error: Double?

  /// A node that follows a chain writes an event of it several times a minute.
  package static let standard = SilentLimits(warn: 5 * 60, error: 60 * 60)

  package init(warn: Double? = nil, error: Double? = nil) {
    self.warn = warn
    self.error = error
  }
}

extension Survey {
  /// This survey, with the state `silent` if the last event is older than `limits`, and its
  /// severity: a missing log is unknown, one that cannot be used is an error.
  func judged(by limits: SilentLimits, at now: EventTime) -> (survey: Survey, severity: Severity) {
    var survey = self
    switch state {
    case .missing: return (survey, .unknown)
    case .ambiguous, .unreadable: return (survey, .error)
    case .live, .silent: break
    }
    guard let time = head?.time else { return (survey, .ok) }
    let quiet = now.seconds(since: time)
    guard let passed = [limits.error, limits.warn].compactMap({ $0 }).first(where: { quiet > $0 })
    else { return (survey, .ok) }
    survey.state = .silent
    survey.sentence =
      "The node has written no event for more than \(Int(passed)) s; the last one was "
      + "written at \(time). Check that the node is running."
    return (survey, passed == limits.error ? .error : .warning)
  }
}
