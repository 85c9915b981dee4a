import EventPersistence

/// What stands beside the segments: how far events were looked at, and which are not as the node stored them.
extension Archive {
  func note(_ batch: EventBatch) throws(SinkError) {
    guard let last, last.agrees(with: batch.last) else {
      // Only where it goes on: a replay of what lies before says nothing of the end.
      guard holdsThrough.map({ $0.eventId < batch.last.eventId }) ?? true else { return }
      var next = span ?? ThroughMark(through: batch.last, last: last, unwritten: 0)
      next.through = batch.last
      next.last = last
      next.unwritten += batch.spanCount
      span = next
      if next.unwritten >= ThroughMark.eventsMax { try writeSpan() }
      return
    }
    if span != nil {
      span = nil
      try ThroughMark.remove(path)
    }
  }

  private func writeSpan() throws(SinkError) {
    try span?.write(path)
    span?.unwritten = 0
  }

  /// Before closing. Where it cannot be written, some events are looked at again: no harm done.
  func noteSpan() {
    if let span, span.unwritten > 0 { try? writeSpan() }
  }

  /// Notes, before they are stored, which events are not as the node stored them.
  func noteOrigin(_ batch: EventBatch, _ range: Range<Int>) throws(SinkError) {
    let noted = origin.noting(batch.entries[range])
    guard noted != origin else { return }
    try noted.write(path)
    origin = noted
  }
}
