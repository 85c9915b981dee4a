public import EventPersistence

/// What one look shows about a secondary: an element of `secondaries` in `status --json`, a row of
/// the dashboard.
public struct SecondaryReport: Sendable, Hashable, Codable {
  public struct Driver: Sendable, Hashable, Codable {
    public var pid: Int32
    /// Its last heartbeat.
    public var at: EventTime

    public init(pid: Int32, at: EventTime) {
      self.pid = pid
      self.at = at
    }
  }

  public var name: String
  public var kind: SinkKind
  /// What `checkpoint.json` says; nil if nothing is stored yet.
  @Nullable public var checkpoint: Checkpoint?
  @Nullable public var lagEvents: UInt64?
  @Nullable public var lagSeconds: Double?
  @Nullable public var ratePerSecond: Double?
  @Nullable public var etaSeconds: Double?
  public var state: SecondaryState
  @Nullable public var stateSince: EventTime?
  public var severity: Severity
  @Nullable public var lastError: String?
  /// One word for the error: `exit 1`, `AccessDenied`.
  @Nullable public var errorCode: String?
  @Nullable public var errorSince: EventTime?
  public var errorCount: Int
  /// The holder of the lock; nil if it is free.
  @Nullable public var driver: Driver?
  @Nullable public var replay: ReplayRecord?
  @Nullable public var paused: PauseOrder?
  /// One line about the state for a person: why, and what to do.
  @Nullable public var explanation: String?

  public init(name: String, kind: SinkKind, state: SecondaryState, severity: Severity) {
    self.name = name
    self.kind = kind
    self.state = state
    self.severity = severity
    checkpoint = nil
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
    explanation = nil
  }
}
