import EventPersistence
internal import SecondaryStatus

/// One line at the bottom: the result of the last action.
struct Notice: Sendable, Hashable {
  var text: String
  var severity: Severity
  var at: EventTime?

  /// How long a notice stays if it is not an error.
  private static let secondsShown = 6.0

  func isOver(at now: EventTime) -> Bool {
    guard let at, severity != .error else { return false }
    return now.seconds(since: at) > Self.secondsShown
  }
}
