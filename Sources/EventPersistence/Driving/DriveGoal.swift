/// How far a drive goes.
public enum DriveGoal: Sendable, Hashable {
  /// Until the task is cancelled.
  case cancelled
  /// Through the head at the time when the drive starts.
  case head
  /// Until the replay of this id has ended.
  case replay(String)
}

/// How a drive ended.
public enum DriveEnd: Sendable, Hashable {
  /// The task was cancelled: it stopped at the end of a batch, and the checkpoint includes all that
  /// was stored.
  case cancelled
  /// Everything through the head at the drive's start is stored.
  case reachedHead
  /// The replay that was the goal ended; the record says how.
  case replayEnded(ReplayRecord)
  /// Another driver holds the secondary's lock or the sink's target, and this one was not to wait.
  case held(String)
  /// The secondary is paused, and cannot reach the goal until it is resumed.
  case paused(PauseOrder)
  /// The sink stopped: an operator must act.
  case stopped(SinkError)
  /// The primary does not have the event that the checkpoint or the sink names: what was found, and
  /// what to do.
  case diverged(String)
  /// The primary is another log than the one that is stored: what was found, and what to do.
  case newLog(String)
  /// The events after the checkpoint are lost: which ones, and what to do.
  case gap(ClosedRange<UInt64>, String)
  /// There is no log.
  case noLog(SourceError)
  /// There is a log, and it cannot be used.
  case source(SourceError)
  /// The state folder belongs to something else, or cannot be read or written.
  case state(StateError)
}

extension DriveEnd {
  /// A few words for a journal, which already has the error's sentence.
  var brief: String {
    switch self {
    case .cancelled, .reachedHead, .replayEnded, .paused, .held: sentence
    case .stopped(let error): "stopped, \(error.code)"
    case .diverged: "diverged"
    case .newLog: "new log"
    case .gap: "gap"
    case .noLog: "no log"
    case .source: "the primary cannot be used"
    case .state: "the state folder cannot be used"
    }
  }

  /// One sentence for a person.
  public var sentence: String {
    switch self {
    case .cancelled: "stopped after the current batch"
    case .reachedHead: "everything through the head is stored"
    case .replayEnded(let record):
      "replay \(record.id) ended: \(record.state.rawValue)"
        + (record.error.map { ", \($0)" } ?? "")
    case .held(let sentence): sentence
    case .paused(let order):
      "paused by \(order.by)" + (order.reason.map { " (\($0))" } ?? "") + "; resume it first"
    case .stopped(let error): error.message
    case .diverged(let sentence), .newLog(let sentence), .gap(_, let sentence): sentence
    case .noLog(let error), .source(let error): error.message
    case .state(let error): error.message
    }
  }
}

/// A drive that ends before it delivers anything.
struct Ended: Error {
  let end: DriveEnd
  init(_ end: DriveEnd) { self.end = end }
}
