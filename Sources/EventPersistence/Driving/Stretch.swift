/// The part of the log that a delivery covers, and how it goes into the sink.
struct Stretch: Sendable {
  /// Where it ends.
  enum Bound: Sendable, Hashable {
    case none
    /// Nil: nothing at all.
    case through(Position?)
  }

  /// Events that the log does not have, or that cannot be read.
  struct Loss: Sendable {
    /// Nil: the operator ordered to begin after them, and they are no part of the delivery.
    var what: String?
    /// The first event after them.
    var next: Position
  }

  /// The secondary as a command line names it, for messages.
  var name: String
  var bound = Bound.none
  var batching: Batching
  var selection = Selection.all
  /// Events a second.
  var maxRate: Double?
  /// Whether the checkpoint moves along. A range is delivered again while the checkpoint stays,
  /// whatever the sink says that it holds.
  var movesCheckpoint = true
  /// The loss that an operator accepted: nothing else is passed over.
  var accepts: Loss?
  /// Whether an open batch at the end of the bound is left alone, rather than waited for.
  var leavesOpen = false
  /// The archive that has what the log no longer has, by its name; nil: there is none.
  var history: String?
  /// The last event that was stored before a replay began; nil: nothing, or it is no replay.
  var stored: Position?
  /// The first event that this secondary ever received; nil if that is not known.
  var first: Position?
  /// Of the log that is stored.
  var generation = 1

  /// The last event to deliver; nil if there is no end.
  var goal: Position? {
    if case .through(let position) = bound { position } else { nil }
  }

  var sentenceOfNewLog: String {
    Divergence.sentence(ofNewLogFor: name, generation)
  }

  /// What happened at lost events, and what to do.
  func sentence(ofLost ids: ClosedRange<UInt64>) -> String {
    guard let stored, ids.upperBound <= stored.eventId else {
      return Divergence.sentence(of: name, lost: ids, history: history)
    }
    return
      "\(Divergence.holders(history)) \(Divergence.events(ids)), which this secondary has stored. Bring "
      + "the archive back, or begin after them: hydra-sinks replay \(name) --from \(ids.upperBound)"
  }

  /// `error`, with the order that continues after lost events or after damage.
  func offering(_ error: SourceError) -> SourceError {
    if case .gap(let ids) = error.kind {
      return SourceError(error.kind, sentence(ofLost: ids))
    }
    guard case .damaged(let next?) = error.kind, let stored, next.eventId <= stored.eventId else {
      return error.offering(name)
    }
    return SourceError(
      error.kind,
      "\(error.message) This secondary has stored the events before \(next). To deliver again from "
        + "there on: hydra-sinks replay \(name) --from \(next.eventId).")
  }

  var isWhole: Bool { batching.rule != nil && batching.grouping == .whole }

  /// Where reading ends: a whole batch is read to its end, at the goal or beyond it.
  var readsThrough: Position? { isWhole ? nil : goal }

  var readLimits: BatchLimits {
    let limits = batching.limits
    guard let maxRate, !isWhole else { return limits }
    // A second's worth at a time, for an even flow.
    return BatchLimits(
      events: max(1, min(limits.events, Int(min(maxRate, 1e6)))), bytes: limits.bytes)
  }

  /// Whether everything through the bound is stored once everything through `position` is.
  func isComplete(through position: Position?) -> Bool {
    guard case .through(let goal) = bound else { return false }
    guard let goal else { return true }
    guard isWhole, let position else { return false }
    return position.eventId > goal.eventId || position.agrees(with: goal)
  }
}
