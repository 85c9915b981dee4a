import EventPersistence

/// The time that a task in the background still needs.
enum TimeLeft {
  /// Seconds, computed from the progress so far; nil while that is too short.
  ///
  /// - Parameters:
  ///   - share: how much is done, from 0 to 1; nil if the total is not known.
  ///   - start: how much was done when it began; nil if that is not known yet.
  ///   - since: when it began.
  static func seconds(
    _ share: Double?, beyond start: Double? = 0, since: EventTime?, at now: EventTime?
  ) -> Double? {
    guard let share, let start, let since, let now, share - start >= 0.01 else { return nil }
    let elapsed = now.seconds(since: since)
    return elapsed >= 1 ? elapsed * (1 - share) / (share - start) : nil
  }
}
