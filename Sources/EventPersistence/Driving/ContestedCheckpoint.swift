/// The checkpoint, where the sink names an earlier event as its last.
///
/// A sink knows no event that was not selected for it. So the checkpoint stands, while the delivery goes on
/// after what the sink names, until an event comes between the two that the sink should hold.
struct ContestedCheckpoint: Sendable {
  let checkpoint: Position
  /// Whether such an event came.
  var isRefuted = false

  init(_ checkpoint: Position) { self.checkpoint = checkpoint }

  /// Whether the checkpoint says more than that everything through `position` is stored.
  func stands(through position: Position) -> Bool {
    !isRefuted && position.eventId < checkpoint.eventId
  }

  /// Whether `batch` has an event, after `position`, that the sink should hold and does not.
  func isRefuted(
    by batch: EventBatch, after position: Position?, selection: Selection
  ) -> Bool {
    guard !isRefuted else { return false }
    return batch.entries.contains { entry in
      selection.selects(entry.position) && entry.position.eventId <= checkpoint.eventId
        && position.map { $0.eventId < entry.position.eventId } ?? true
    }
  }

  func sentence(_ position: Position?) -> String {
    "the sink holds \(position.map { "everything through \($0)" } ?? "nothing"), the checkpoint says "
      + "\(checkpoint): delivering again from there"
  }
}
