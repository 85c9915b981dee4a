extension Delivery {
  /// What is to be done next, and which outcome `take` expects then, if not a failure.
  enum Step: Sendable {
    /// `sink.open()`, then `opened`.
    case open
    /// `source.locate(start)`, then `located`.
    case locate(Start)
    /// `source.status(of:)`, then `verified`.
    case verify(Position?)
    /// `source.runStart(of:)`, then `anchored`.
    case anchor(Position, BatchRule)
    /// The reader's `next`, then `read`. With `fresh`, of a new reader that begins there.
    case read(BatchLimits, through: Position?, fresh: Start?)
    /// `sink.put`, then `stored`. With `ahead`, the reader's `next` meanwhile.
    case put(EventBatch, ahead: BatchLimits?, through: Position?)
    /// Write what the trail has to write, then `saved` or `saveFailed` of the trail.
    case save
    /// Nothing to do before then, or before the log or the orders change. At the head, `logChanged` or
    /// `waited` comes of it.
    case wait(Duration, Waiting)
    /// It does not go on by itself; `resume()` makes it try again.
    case halted(Halt)
    /// Everything through the bound is stored and saved.
    case finished
  }

  enum Waiting: Sendable, Hashable {
    case atHead, backingOff, ahead, pacing
    /// At the head, with events of a batch that may grow.
    case openBatch
  }

  /// What came of a step.
  enum Outcome: Sendable {
    case opened(Holdings)
    case located(Location)
    case verified(PositionStatus)
    case anchored(Position)
    case read(EventBatch?)
    /// With what was read meanwhile.
    case stored(ahead: Result<EventBatch?, SourceError>? = nil)
    case logChanged, waited
    /// Opening it or putting a batch failed, or it went away while there was nothing to put.
    case sinkFailed(SinkError, ahead: Result<EventBatch?, SourceError>? = nil)
    case sourceFailed(SourceError)
  }

  /// Where a start lies in the log.
  enum Location: Sendable {
    case notThere
    /// After this event; nil: at the log's first.
    case after(Position?)
  }

  /// The name of an enum's case, without what it carries.
  func label(of value: Any) -> String {
    Mirror(reflecting: value).children.first?.label ?? "\(value)"
  }
}

extension SourceError {
  static let changedWhileRead = SourceError(.changed, "the log changes while it is read")
}
