import EventPersistence
internal import SecondaryStatus

/// One line at the bottom, about what has just been done or could not be.
struct Notice: Sendable, Hashable {
  var text: String
  var severity: Severity
  var at: EventTime?

  /// How long one that is no error stays.
  private static let secondsShown = 6.0

  func isOver(at now: EventTime) -> Bool {
    guard let at, severity != .error else { return false }
    return now.seconds(since: at) > Self.secondsShown
  }
}
