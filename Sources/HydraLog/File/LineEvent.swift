import CSimdjson
import EventPersistence

/// An event on a line of a `state` file.
struct LineEvent {
  /// Its bytes in the block.
  var range: Range<Int>
  var position: Position
  /// Whether the line is a bare `stateChanged` without an id: its id is counted.
  var isBare: Bool

  /// The text before a bare event that wraps it with an id; a brace closes it.
  private var prefix: String { "{\"eventId\":\(position.eventId),\"stateChanged\":" }

  /// Its length in a batch of `batch(of:in:)`.
  var byteCount: Int { isBare ? prefix.utf8.count + range.count + 1 : range.count }

  /// A batch of `events`, at least one, copied from `bytes`: for events that cannot stay in place,
  /// because they are wrapped or another event follows on the same line.
  static func batch(of events: [LineEvent], in bytes: UnsafeRawBufferPointer) -> EventBatch {
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
      if event.isBare { buffer.append(byte: UInt8(ascii: "}")) }
      buffer.append(byte: UInt8(ascii: "\n"))
    }
    return EventBatch(buffer: buffer, entries: entries[...])
  }
}

extension hydra_line {
  /// Its range in the scanned bytes, without its line feed.
  var range: Range<Int> { Int(offset)..<Int(offset + length) }
}
