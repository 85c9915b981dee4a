package import EventPersistence

/// What one poll of a primary and its secondaries found.
package struct Observation: Sendable {
  package var at: EventTime
  /// On the monotonic clock.
  package var instant: Duration
  package var persistenceDir: String
  package var stateDir: String

  /// The primary; `silent` where `silent-after` says so.
  package var survey: Survey
  package var primarySeverity: Severity
  /// What will harm the node although its log can be read.
  package var warnings: [PrimaryWarning] = []
  /// The free space on the log's disk; nil if it is not known.
  package var freeBytes: UInt64?

  /// In the order of the configuration; then, by name, those that only the state directory has.
  package var secondaries: [SecondaryObservation]

  /// Why the state directory as a whole could not be read.
  package var stateTrouble: StateError?

  /// When the log is rotated next; nil if that cannot be forecast.
  package var rotation: RotationForecast?
}

/// What one poll found about a secondary, and what earlier polls left.
package struct SecondaryObservation: Sendable, Hashable {
  package var description: SecondaryDescription
  package var report: SecondaryReport
  /// How urgent its state is by itself; `report` also counts what `verify` found.
  package var stateSeverity = Severity.ok
  /// The looks of the last minute, oldest first: for a sparkline.
  package var samples: [LagSample] = []
  package var driver: DriverReport?
  package var binding: Binding?
  /// The newest journal entries, oldest first, at most `Observer.journalCount`.
  package var journal: [JournalEntry] = []
  /// The newest replays that ended, oldest first, at most `Observer.replayCount`.
  package var replays: [ReplayRecord] = []
  /// The first event that is not stored; nil at the head, and if it is not known.
  package var firstMissing: Position?
  /// Whether a configuration names it; otherwise only its folder shows that it exists.
  package var isConfigured = true
  /// Whether the next rotation will lose events that it lacks, at today's rates; nil if that cannot
  /// be forecast.
  package var willLoseEvents: Bool?
}
