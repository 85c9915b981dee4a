extension EventSource {
  /// The event right before `position` (an event of this log), in log order; nil if it is the
  /// first.
  ///
  /// By bisection on ids, since ids can have gaps: a few dozen looks at most, and a few events
  /// read.
  public func predecessor(of position: Position) async throws(SourceError) -> Position? {
    guard let first = try await locate(.first), first != position else { return nil }
    let missing = SourceError(.changed, "the event \(position) is no longer in the log")
    // A rotation may have taken it since.
    guard first.eventId <= position.eventId else { throw missing }
    // The highest id whose event, or the next one after it, is before `position`: the
    // predecessor's.
    var low = first.eventId
    var high = position.eventId
    if high > low, let near = try await locate(.id(high - 1)), near.eventId < position.eventId {
      low = near.eventId
    } else {
      while high - low > 1 {
        let middle = low + (high - low) / 2
        if let found = try await locate(.id(middle)), found.eventId < position.eventId {
          low = found.eventId
        } else {
          high = middle
        }
      }
    }
    var last: Position?
    let reader = reader(from: .id(low))
    while let batch = try await reader.next(BatchLimits(events: 16, bytes: 1 << 20), through: nil) {
      for entry in batch.entries {
        if entry.position == position { return last }
        guard entry.position.eventId <= position.eventId else { throw missing }
        last = entry.position
      }
    }
    throw missing
  }
}
