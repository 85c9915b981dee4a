extension Delivery {
  /// What is under way, and the data that only it needs.
  enum State: Sendable {
    case opening(BatchInHand?)
    /// Nothing is stored, and the sink does not report its position: where in the log does this
    /// start lie?
    case locating(Start)
    /// Does the log agree with `position`, and what follows?
    case verifying(BatchInHand?)
    /// They do not agree, for this reason: did the log lose its last events, or is it another one?
    case comparing(String, BatchInHand?)
    /// Where does the batch that contains this event, the next one, begin?
    case anchoring(Position, BatchRule)
    case reading
    /// Ids are missing in what was read: are events lost?
    case leaping(EventBatch)
    case storing(BatchInHand)
    /// What was read must wait until the sink has stored what it has begun to.
    case settling(Result<EventBatch?, SourceError>)
    case atHead
    /// Does the log still have the events that were held back?
    case confirming
    case halted(Halt, BatchInHand?)
    case finished

    var hand: BatchInHand? {
      switch self {
      case .opening(let hand), .verifying(let hand), .comparing(_, let hand),
        .halted(_, let hand):
        hand
      case .storing(let hand): hand
      case .locating, .anchoring, .reading, .leaping, .settling, .atHead, .confirming, .finished:
        nil
      }
    }

    var isAtWork: Bool {
      switch self {
      case .reading, .storing, .settling, .leaping, .confirming, .anchoring: true
      case .opening, .locating, .verifying, .comparing, .atHead, .halted, .finished: false
      }
    }
  }

  /// What to do next, and the outcome that `take` then expects unless it failed.
  enum Step: Sendable {
    /// `sink.open()`, then `opened`.
    case open
    /// `source.locate(start)`, then `located`.
    case locate(Start)
    /// `source.status(of:)`, then `verified`.
    case verify(Position?)
    /// `LogComparison.agreement(with:)`, then `compared`.
    case compare(Position?)
    /// `source.runStart(of:)`, then `anchored`.
    case anchor(Position, BatchRule)
    /// The reader's `next`, then `read`. With `fresh`, the `next` of a new reader that begins
    /// there.
    case read(BatchLimits, through: Position?, fresh: Start?)
    /// `sink.put` or, unless it `waits`, `sink.begin`; then `stored`. With `ahead`, the reader's
    /// `next` meanwhile.
    case put(EventBatch, waits: Bool, ahead: BatchLimits?, through: Position?)
    /// `sink.settle`, then `settled`.
    case settle
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
    case compared(LogAgreement)
    case anchored(Position)
    case read(EventBatch?)
    /// Of the batches that were put, the last `pending` are begun and not stored yet. With what was
    /// read meanwhile.
    case stored(pending: Int = 0, ahead: Result<EventBatch?, SourceError>? = nil)
    /// Everything that was begun is stored.
    case settled
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
