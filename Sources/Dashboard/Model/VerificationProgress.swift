internal import SecondaryStatus
public import EventPersistence

/// A comparison of a secondary with the log that is under way.
struct VerificationProgress: Sendable, Hashable {
  /// How far it has come, from 0 to 1; nil where nobody knows how much there is.
  var share: Double?
  /// What was found so far.
  var faults: UInt64 = 0
  /// When it began.
  var since: EventTime?

  /// By how far it has come since; nil before that tells anything.
  func secondsLeft(at now: EventTime?) -> Double? {
    guard let share, share >= 0.01, let since, let now else { return nil }
    let elapsed = now.seconds(since: since)
    return elapsed >= 1 ? elapsed * (1 - share) / share : nil
  }
}

/// What came of a verification, in sentences.
public struct VerifyAnswer: Sendable, Hashable {
  public var severity: Severity
  /// The verdict, then what was found.
  public var lines: [String]
  /// The ids of the replay that would mend what was found.
  public var repair: ClosedRange<UInt64>?
  /// When it was found.
  var at: EventTime?

  public init(severity: Severity, lines: [String], repair: ClosedRange<UInt64>? = nil) {
    self.severity = severity
    self.lines = lines
    self.repair = repair
  }
}
