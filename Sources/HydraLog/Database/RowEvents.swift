internal import CSimdjson
internal import EventPersistence

/// The events of a page, and its rows that are not events.
struct RowEvents {
  /// Nil if no row is an event.
  private(set) var batch: EventBatch?
  private(set) var torn: [TornLine] = []
  /// For each of them, how many of the events precede it.
  private(set) var tornPlaces: [Int] = []
  /// The id of the last row used: the rest would exceed the limits as JSON.
  private(set) var lastId: Int64?

  private let file: String
  private var entries: [EventBatch.Entry] = []
  /// The first row of CBOR that the limits kept out.
  private var following: EventBatch.Following?

  /// - Parameter file: the segment's name.
  init(of page: RowPage, _ limits: BatchLimits, file: String) {
    self.file = file
    guard let buffer = page.buffer else { return }
    entries.reserveCapacity(page.rows.count)
    let isCBOR = page.hasCBOR
    let filled = EventScanner.withOne { scanner in
      isCBOR ? translate(page, limits, scanner) : take(page, buffer, scanner)
    }
    if !entries.isEmpty {
      batch = EventBatch(buffer: filled, entries: entries[...])
      batch?.following = isCBOR ? following : page.following
    }
  }

  /// The position of the row `bytes`; reads nothing after them.
  static func position(id: Int64, bytes: UnsafeRawBufferPointer) -> Position? {
    if RowForm(bytes) == .cbor { return checked(CBORRow(bytes)?.position, id) }
    let padded = EventBuffer(capacity: bytes.count)
    padded.append(bytes)
    return EventScanner.withOne { checked($0.position(of: padded.bytes), id) }
  }

  /// Events of JSON stay where they are.
  private mutating func take(_ page: RowPage, _ buffer: EventBuffer, _ scanner: EventScanner)
    -> EventBuffer
  {
    for row in page.rows {
      let range = row.offset..<row.offset + row.length
      let position = Self.checked(scanner.position(of: buffer.bytes, range), row.id)
      note(row, at: row.offset, row.length, position, isDerived: false)
    }
    return buffer
  }

  /// Events of CBOR become JSON in another buffer.
  private mutating func translate(
    _ page: RowPage, _ limits: BatchLimits, _ scanner: EventScanner
  ) -> EventBuffer {
    // Bytes become two digits each; a row more than the limits is tried.
    let room = min((page.buffer?.count ?? 0) * 3, min(limits.bytes, 64 << 20) + (256 << 10))
    var writer = ByteWriter(into: EventBuffer(capacity: max(4096, room)))
    var decoder = NodeDecoder()
    for row in page.rows {
      let bytes = page.bytes(of: row)
      let start = writer.count
      if row.length == 0, let beginning = page.beginnings[row.id] {
        note(row, at: start, 0, Self.checked(beginning, row.id), isDerived: true)
        continue
      }
      let isDerived = RowForm(bytes) == .cbor
      let position: Position?
      if isDerived {
        position = Self.checked(decoder.event(bytes, to: &writer), row.id)
        if position == nil { writer.truncate(to: start) }
      } else {
        let range = row.offset..<row.offset + row.length
        position = Self.checked(scanner.position(of: page.buffer!.bytes, range), row.id)
        if position != nil { writer.raw(bytes) }
      }
      if !entries.isEmpty, writer.count >= limits.bytes {
        following = EventBatch.Following(
          eventId: UInt64(clamping: row.id), length: writer.count - start)
        writer.truncate(to: start)
        break
      }
      note(row, at: start, writer.count - start, position, isDerived: isDerived)
      if position != nil { writer.byte(0x0A) }
    }
    return writer.buffer()
  }

  private mutating func note(
    _ row: RowPage.Row, at offset: Int, _ length: Int, _ position: Position?, isDerived: Bool
  ) {
    lastId = row.id
    if let position {
      entries.append(
        EventBatch.Entry(
          offset: offset, length: length, position: position, isDerived: isDerived))
    } else {
      torn.append(
        TornLine(file: file, offset: UInt64(clamping: row.id), length: UInt64(row.storedLength)))
      tornPlaces.append(entries.count)
    }
  }

  /// Nil if a row's key is not the id of its event, which would be out of order.
  private static func checked(_ position: Position?, _ id: Int64) -> Position? {
    guard let position, Int64(exactly: position.eventId) == id else { return nil }
    return position
  }
}
