internal import EventPersistence

/// How far a stream is: the last event, and the events of the same id that it has had, since an id can stand
/// twice and only the log's order tells which of the two comes first.
struct StreamMark: Sendable, Hashable {
  private(set) var last: Position
  private var sharedIds: [Position]

  init(_ position: Position) {
    last = position
    sharedIds = [position]
  }

  /// Goes on to an event that follows in log order.
  mutating func advance(to position: Position) {
    if position.eventId != last.eventId { sharedIds.removeAll(keepingCapacity: true) }
    if !sharedIds.contains(position) { sharedIds.append(position) }
    last = position
  }

  mutating func advance(over batch: EventBatch) {
    // Only the events of the last id count, and they stand at the batch's end.
    let id = batch.last.eventId
    for entry in batch.entries.suffix(8) where entry.position.eventId == id {
      advance(to: entry.position)
    }
    if batch.last != last { advance(to: batch.last) }
  }

  /// Whether the stream has had the event.
  func hasReached(_ position: Position) -> Bool {
    if last.eventId != position.eventId { return last.eventId > position.eventId }
    return sharedIds.contains { $0.agrees(with: position) }
  }
}
