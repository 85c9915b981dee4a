internal import CSimdjson
internal import EventPersistence

/// The events that a page's rows are, and the rows that are none.
struct RowEvents {
  /// Nil where no row is an event.
  private(set) var batch: EventBatch?
  private(set) var torn: [TornLine] = []

  /// - Parameter file: the segment's name.
  init(of page: RowPage, file: String) {
    guard let buffer = page.buffer else { return }
    var entries: [EventBatch.Entry] = []
    entries.reserveCapacity(page.rows.count)
    EventScanner.withOne { scanner in
      for row in page.rows {
        let range = row.offset..<row.offset + row.length
        if let position = Self.position(id: row.id, buffer.bytes, range, scanner) {
          entries.append(
            EventBatch.Entry(offset: row.offset, length: row.length, position: position))
        } else {
          torn.append(
            TornLine(
              file: file, offset: UInt64(clamping: row.id), length: UInt64(row.length)))
        }
      }
    }
    if !entries.isEmpty { batch = EventBatch(buffer: buffer, entries: entries[...]) }
  }

  /// The position of the one row that `bytes` are, which may end where the next memory is not ours.
  static func position(id: Int64, bytes: UnsafeRawBufferPointer) -> Position? {
    let padded = EventBuffer(capacity: bytes.count)
    padded.append(bytes)
    return EventScanner.withOne { position(id: id, padded.bytes, 0..<bytes.count, $0) }
  }

  /// A row whose key is not the id of its event is none: it would come out of order.
  private static func position(
    id: Int64, _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, _ scanner: EventScanner
  ) -> Position? {
    guard let position = scanner.position(of: bytes, range), Int64(exactly: position.eventId) == id
    else { return nil }
    return position
  }
}
