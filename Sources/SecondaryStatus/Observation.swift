public import EventPersistence

/// What one poll of a primary and its secondaries found.
public struct Observation: Sendable {
  public var at: EventTime
  /// On the monotonic clock.
  public var instant: Duration
  public var persistenceDir: String
  public var stateDir: String

  /// The primary; `silent` where `silent-after` says so.
  public var survey: Survey
  public var primarySeverity: Severity

  /// In the order of the configuration; then, by name, those that only the state directory has.
  public var secondaries: [SecondaryObservation]

  /// Why the state directory as a whole could not be read.
  public var stateTrouble: StateError?

  /// When the log is rotated next; nil if that cannot be forecast.
  public var rotation: RotationForecast?
}

/// What one poll found about a secondary, and what earlier polls left.
public struct SecondaryObservation: Sendable, Hashable {
  public var description: SecondaryDescription
  public var report: SecondaryReport
  /// The looks of the last minute, oldest first: for a sparkline.
  public var samples: [LagSample] = []
  public var driver: DriverReport?
  public var binding: Binding?
  /// The newest journal entries, oldest first, at most `Observer.journalCount`.
  public var journal: [JournalEntry] = []
  /// The first event that is not stored; nil at the head, and if it is not known.
  public var firstMissing: Position?
  /// Whether a configuration names it; otherwise only its folder shows that it exists.
  public var isConfigured = true
  /// Whether the next rotation will lose events that it lacks, at today's rates; nil if that cannot
  /// be forecast.
  public var willLoseEvents: Bool?
}
