extension Delivery {
  /// What to do next, and the outcome that `take` then expects unless it failed.
  enum Step: Sendable {
    /// `sink.open()`, then `opened`.
    case open
    /// `source.locate(start)`, then `located`.
    case locate(Start)
    /// `source.status(of:)`, then `verified`.
    case verify(Position?)
    /// `source.runStart(of:)`, then `anchored`.
    case anchor(Position, BatchRule)
    /// The reader's `next`, then `read`. With `fresh`, the `next` of a new reader that begins
    /// there.
    case read(BatchLimits, through: Position?, fresh: Start?)
    /// `sink.put`, then `stored`. With `ahead`, the reader's `next` meanwhile.
    case put(EventBatch, ahead: BatchLimits?, through: Position?)
    /// Write the trail's checkpoint, then the trail's `saved` or `saveFailed`.
    case save
    /// Nothing to do until then, or until the log or the orders change. At the head, the outcome is
    /// `logChanged` or `waited`.
    case wait(Duration, Waiting)
    /// It does not continue by itself; `resume()` makes it try again.
    case halted(Halt)
    /// Everything through the bound is stored and saved.
    case finished
  }

  enum Waiting: Sendable, Hashable {
    case atHead, backingOff, ahead, pacing
    /// At the head, with events of a batch that may grow.
    case openBatch
  }

  /// The outcome of a step.
  enum Outcome: Sendable {
    case opened(Holdings)
    case located(Location)
    case verified(PositionStatus)
    case anchored(Position)
    case read(EventBatch?)
    /// With what was read meanwhile.
    case stored(ahead: Result<EventBatch?, SourceError>? = nil)
    case logChanged, waited
    /// Opening the sink or putting a batch failed, or the sink went away while there was nothing to
    /// put.
    case sinkFailed(SinkError, ahead: Result<EventBatch?, SourceError>? = nil)
    case sourceFailed(SourceError)
  }

  /// The place of a start in the log.
  enum Location: Sendable {
    case notThere
    /// After this event; nil: before the log's first.
    case after(Position?)
  }

  /// The name of an enum's case, without its values.
  func label(of value: Any) -> String {
    Mirror(reflecting: value).children.first?.label ?? "\(value)"
  }
}

extension SourceError {
  static let changedWhileRead = SourceError(.changed, "the log changes while it is read")
}
