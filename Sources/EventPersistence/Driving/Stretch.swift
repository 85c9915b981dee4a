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
    var what: String
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

  /// The last event to deliver; nil if there is no end.
  var goal: Position? {
    if case .through(let position) = bound { position } else { nil }
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
