import EventPersistence

/// Events that cannot stay where they were read: a line without an id is wrapped with it, and an event that
/// has another behind it on its line gets a line feed.
enum CopiedEvents {
  struct Event {
    var range: Range<Int>
    var position: Position
    var isBare: Bool

    fileprivate var prefix: String { "{\"eventId\":\(position.eventId),\"stateChanged\":" }

    /// As it will stand in the batch.
    var byteCount: Int { isBare ? prefix.utf8.count + range.count + 1 : range.count }
  }

  /// A batch of `events`, at least one, that stand in `bytes`.
  static func batch(of events: [Event], in bytes: UnsafeRawBufferPointer) -> EventBatch {
    let buffer = EventBuffer(capacity: events.reduce(0) { $0 + $1.byteCount + 1 })
    var entries: [EventBatch.Entry] = []
    entries.reserveCapacity(events.count)
    for event in events {
      entries.append(
        EventBatch.Entry(
          offset: buffer.count, length: event.byteCount, position: event.position,
          isWrapped: event.isBare))
      if event.isBare {
        var prefix = event.prefix
        prefix.withUTF8 { buffer.append(UnsafeRawBufferPointer($0)) }
      }
      buffer.append(UnsafeRawBufferPointer(rebasing: bytes[event.range]))
      if event.isBare { buffer.append(byte: 0x7D) }
      buffer.append(byte: 0x0A)
    }
    return EventBatch(buffer: buffer, entries: entries[...])
  }
}
