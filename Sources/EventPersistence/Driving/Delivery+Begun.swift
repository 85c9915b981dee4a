/// What a delivery does about batches that the sink has begun to store: they count once it says that
/// they are stored, and nothing but the next batch goes on before that.
extension Delivery {
  /// A batch that is stored, or on its way.
  struct Begun: Sendable {
    /// Without its events' bytes: the sink has them.
    let batch: EventBatch
    /// When it was put; nil if it is a part of what was.
    let putAt: Duration?

    init(batch: EventBatch, at putAt: Duration? = nil) {
      self.batch = batch.withoutBytes
      self.putAt = putAt
    }
  }

  /// Whether what is next may be done although something is begun.
  var leavesBegun: Bool {
    switch state {
    case .reading: true
    case .storing(let hand): mayBegin(hand)
    default: false
    }
  }

  /// Whether the sink may return before the batch is stored. A whole batch that may grow comes again, and
  /// must be stored by then.
  func mayBegin(_ hand: BatchInHand) -> Bool {
    (!stretch.isWhole || hand.batch.run?.isComplete == true) && !hand.reachesGoal
      && stretch.maxRate == nil
  }

  /// The reader answered, now or while the last batch was put.
  mutating func answered(_ answer: Result<EventBatch?, SourceError>, at turn: Turn) {
    switch answer {
    case .success(let batch?) where begun.isEmpty || !leaps(to: batch): read(batch, at: turn)
    case _ where !begun.isEmpty: state = .settling(answer)
    case .success(let batch): read(batch, at: turn)
    case .failure(let error): sourceFailed(error, at: turn)
    }
  }

  /// The sink stored everything that it had begun to.
  mutating func settled(_ trail: inout CheckpointTrail, at turn: Turn) {
    countBegun(leaving: 0, &trail, at: turn)
    guard case .settling(let answer) = state else { return }
    state = .reading
    answered(answer, at: turn)
  }

  /// All but the last `pending` of what was begun are stored.
  mutating func countBegun(leaving pending: Int, _ trail: inout CheckpointTrail, at turn: Turn) {
    while begun.count > pending { count(begun.removeFirst(), &trail, at: turn) }
  }

  /// The sink did not store something that it had begun: the delivery continues after what is known
  /// to be stored, and reads the rest again.
  mutating func beginningFailed(_ error: SinkError, at turn: Turn) {
    begun = []
    reading.begin()
    state = .verifying(nil)
    sinkFailed(error, at: turn)
  }

  mutating func takeStored() -> [Begun] {
    defer { justStored = [] }
    return justStored
  }
}
