/// The error that keeps a driver from continuing, as long as it lasts: the same trouble until a
/// success.
struct Trouble: Sendable, Hashable {
  /// What failed; shown in a table's cell if an error has no code of its own.
  enum Origin: String, Sendable, Hashable {
    case sink
    /// The log that is read.
    case primary
    /// The state folder.
    case state
  }

  var origin: Origin
  /// For a table's cell. Consecutive waits of a sink are one trouble if this is the same.
  var code: String
  var message: String
  var since: EventTime
  /// How often in a row.
  var count: Int

  /// Whether it is `earlier` again, or one wait that the sink reports in other words.
  func isStill(_ earlier: Trouble?) -> Bool {
    since == earlier?.since && (message == earlier?.message || count == earlier?.count)
  }
}

/// Why a delivery does not continue by itself.
enum Halt: Sendable, Hashable {
  /// The sink waits for an operator to act.
  case stopped(SinkError)
  /// Another driver has the sink's target.
  case held(SinkError)
  case diverged(String)
  /// The primary is another log than the one that is stored.
  case newLog(String)
  case gap(ClosedRange<UInt64>, String)
  /// The log cannot be used as it is.
  case source(SourceError)

  /// How a drive ends that does not wait for it to pass.
  var end: DriveEnd {
    switch self {
    case .stopped(let error): .stopped(error)
    case .held(let error): .held(error.message)
    case .diverged(let sentence): .diverged(sentence)
    case .newLog(let sentence): .newLog(sentence)
    case .gap(let ids, let sentence): .gap(ids, sentence)
    case .source(let error): .source(error)
    }
  }

  /// Whether the log lacks the next events, or has them where they cannot be read.
  var isLoss: Bool {
    switch self {
    case .gap: true
    case .source(let error): error.isLoss
    case .stopped, .held, .diverged, .newLog: false
    }
  }

  /// How long until the driver tries again unasked: another driver's target is free once that
  /// driver ends.
  var retryAfter: Duration {
    if case .held = self { .seconds(5) } else { .seconds(60) }
  }

  /// For a table's cell.
  var code: String {
    switch self {
    case .stopped(let error), .held(let error): error.code
    case .diverged: "diverged"
    case .newLog: "new log"
    case .gap: "gap"
    case .source: Trouble.Origin.primary.rawValue
    }
  }
}
