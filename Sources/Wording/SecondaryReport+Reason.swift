internal import EventPersistence
package import SecondaryStatus

extension SecondaryReport {
  /// Why it is as it is, in as few words as there are: `exit 1`, `ExpiredToken`, a pause's reason. Empty
  /// where all is well, or nobody knows.
  package var shortReason: String {
    if let paused, state == .paused { return paused.reason ?? paused.by }
    guard severity >= .warning, let lastError else { return "" }
    guard let errorCode else { return lastError }
    // "gap" has been said.
    return errorCode == state.word ? "" : errorCode
  }
}
