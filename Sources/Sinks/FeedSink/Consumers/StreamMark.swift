internal import EventPersistence

/// How far a stream is: the last event, and the events with the same id that it has sent, since two
/// events can share an id and only the log's order says which comes first.
struct StreamMark: Sendable, Hashable {
  private(set) var last: Position
  private var sharedIds: [Position]

  init(_ position: Position) {
    last = position
    sharedIds = [position]
  }

  /// Advances to an event that follows in log order.
  mutating func advance(to position: Position) {
    if position.eventId != last.eventId { sharedIds.removeAll(keepingCapacity: true) }
    if !sharedIds.contains(position) { sharedIds.append(position) }
    last = position
  }

  mutating func advance(over batch: EventBatch) {
    // Only the events of the last id count, and they are at the batch's end.
    let id = batch.last.eventId
    for entry in batch.entries.suffix(8) where entry.position.eventId == id {
      advance(to: entry.position)
    }
    if batch.last != last { advance(to: batch.last) }
  }

  /// Whether the stream has sent the event.
  func hasReached(_ position: Position) -> Bool {
    if last.eventId != position.eventId { return last.eventId > position.eventId }
    return sharedIds.contains { $0.agrees(with: position) }
  }
}
