package import EventPersistence

/// What one look shows about a secondary: an element of `secondaries` in `status --json`, a row of
/// the dashboard.
package struct SecondaryReport: Sendable, Hashable, Codable {
  package struct Driver: Sendable, Hashable, Codable {
    package var pid: Int32
    /// Its last heartbeat.
    package var at: EventTime

    package init(pid: Int32, at: EventTime) {
      self.pid = pid
      self.at = at
    }
  }

  package var name: String
  package var kind: SinkKind
  /// What `checkpoint.json` says; nil if nothing is stored yet.
  @Nullable package var checkpoint: Checkpoint?
  @Nullable package var lagEvents: UInt64?
  @Nullable package var lagSeconds: Double?
  @Nullable package var ratePerSecond: Double?
  @Nullable package var etaSeconds: Double?
  /// Which of the node's logs is stored: 1, and one more each time that the log began anew; nil if
  /// that is not known.
  @Nullable package var generation: Int?
  /// The logs that were stored before it, and that the node no longer has; nil: none is known.
  @Nullable package var former: [FormerGeneration]?
  package var state: SecondaryState
  @Nullable package var stateSince: EventTime?
  package var severity: Severity
  @Nullable package var lastError: String?
  /// One word for the error: `exit 1`, `AccessDenied`.
  @Nullable package var errorCode: String?
  @Nullable package var errorSince: EventTime?
  @Bounded package var errorCount: Int
  /// The holder of the lock; nil if it is free.
  @Nullable package var driver: Driver?
  @Nullable package var replay: ReplayRecord?
  @Nullable package var paused: PauseOrder?
  /// The secondary whose archive has what the log no longer has; nil: none.
  @Nullable package var history: String?
  /// What the last `verify` found; nil if it was never verified.
  @Nullable package var verified: Verified?
  /// The consumer that it waits for; nil if it waits for none.
  @Nullable package var waitsFor: SlowConsumer?
  /// One line about the state for a person: why, and what to do.
  @Nullable package var explanation: String?

  package init(name: String, kind: SinkKind, state: SecondaryState, severity: Severity) {
    self.name = name
    self.kind = kind
    self.state = state
    self.severity = severity
    checkpoint = nil
    generation = nil
    former = nil
    lagEvents = nil
    lagSeconds = nil
    ratePerSecond = nil
    etaSeconds = nil
    stateSince = nil
    lastError = nil
    errorCode = nil
    errorSince = nil
    errorCount = 0
    driver = nil
    replay = nil
    paused = nil
    history = nil
    verified = nil
    waitsFor = nil
    explanation = nil
  }
}
