/// `STATE/NAME/driver.json`: the heartbeat of the process that drives a secondary, written at least
/// every 10 s and at most once a second.
public struct DriverReport: Sendable, Hashable, Codable {
  public enum Phase: String, Sendable, Hashable, Codable {
    case reading, storing, waiting
    case backingOff = "backing-off"
  }

  public var pid: Int32
  public var host: String
  public var startedAt: EventTime
  /// When this was written.
  public var at: EventTime
  /// Set if the driver ended by itself; a driver that was killed leaves null.
  @Nullable public var endedAt: EventTime?
  public var phase: Phase
  public var phaseSince: EventTime
  /// About the batch in hand.
  @Bounded public var attempts: Int
  @Nullable public var ratePerSecond: Double?
  /// The highest rate of this drive, or of the last one that delivered events: it gives the time
  /// that a replay takes.
  @Nullable public var peakPerSecond: Double?
  /// It waits for an operator to act; it tries again every 60 s, and on `retry`.
  public var stopped: Bool
  @Nullable public var lastError: String?
  @Nullable public var errorSince: EventTime?
  @Bounded public var errorCount: Int
  @Nullable public var retryAt: EventTime?
  /// The sink's own facts, by name.
  public var sink: [String: String]
  /// The short form of `lastError`, for a table's cell.
  @Nullable public var errorCode: String?
  /// How long the sink may hold events back on purpose, in seconds, and how long one `put` may
  /// take.
  @Nullable public var batchingSeconds: Double?
  @Nullable public var timeoutSeconds: Double?
  /// The consumers that the sink serves, and the last event that was stored when they were asked
  /// for; nil if it serves none.
  @Nullable public var consumers: [ConsumerReport]?
  @Nullable public var consumersAt: Position?

  public init(pid: Int32, host: String, startedAt: EventTime) {
    self.pid = pid
    self.host = host
    self.startedAt = startedAt
    at = startedAt
    endedAt = nil
    phase = .reading
    phaseSince = startedAt
    attempts = 0
    ratePerSecond = nil
    peakPerSecond = nil
    stopped = false
    lastError = nil
    errorSince = nil
    errorCount = 0
    retryAt = nil
    sink = [:]
    errorCode = nil
    batchingSeconds = nil
    timeoutSeconds = nil
    consumers = nil
    consumersAt = nil
  }

  /// The report without the errors of its driver, and without the facts of its sink.
  var withoutErrors: DriverReport {
    var report = self
    report.stopped = false
    report.lastError = nil
    report.errorCode = nil
    report.errorSince = nil
    report.errorCount = 0
    report.retryAt = nil
    report.sink = [:]
    report.consumers = nil
    report.consumersAt = nil
    return report
  }
}
