/// When to say what a drive waits for: at once, and again each minute.
struct WaitNotice: Sendable {
  static let interval = Duration.seconds(60)

  private var said: String?
  private var saidAt = Duration.zero

  /// Whether to say `sentence` now; then it counts as said.
  mutating func isDue(_ sentence: String, at now: Duration) -> Bool {
    guard said != sentence || now - saidAt >= Self.interval else { return false }
    said = sentence
    saidAt = now
    return true
  }
}
