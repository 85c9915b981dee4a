internal import EventPersistence
package import SecondaryStatus

extension SecondaryReport {
  /// The reason for its state, in a word or two: `exit 1`, `ExpiredToken`, a pause's reason. Empty
  /// if all is well, or if the reason is not known.
  package var shortReason: String {
    if let paused, state == .paused { return paused.reason ?? paused.by }
    guard severity >= .warning, let lastError else { return "" }
    guard let errorCode else { return lastError }
    // The state already says "gap".
    return errorCode == state.word ? "" : errorCode
  }
}
