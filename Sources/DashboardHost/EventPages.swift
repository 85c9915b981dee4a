package import Dashboard
package import EventPersistence
internal import HydraLog

/// Rows of the log, one page at a time, and single whole events.
///
/// It needs the memory of one batch of the source. A page reads its events once, wherever it is.
package struct EventPages: Sendable {
  package let source: any EventSource

  /// The most that one batch reads, so that a page of huge events stays small in memory.
  private static let bytesMax = 4 << 20

  package func load(_ request: LoadRequest) async throws(SourceError) -> LoadedRows {
    switch request {
    case .tail(let count):
      // Through the current head: a writer can be faster than the reader, which would then never
      // finish.
      let head = await source.survey().head
      let rows = try await tail(through: head, count: count)
      let first = try await source.locate(.first)
      return LoadedRows(
        request: request, rows: rows, atFirst: rows.first?.position == first, atHead: true)
    case .older(let position, let count):
      let page = try await older(than: position, count: count)
      return LoadedRows(request: request, rows: page.rows, atFirst: page.isEnd, atHead: false)
    case .newer(let position, let count):
      let page = try await newer(from: .after(position), count: count)
      return LoadedRows(request: request, rows: page.rows, atFirst: false, atHead: page.isEnd)
    case .around(let start, let count):
      guard let place = try await place(start) else {
        return LoadedRows(request: request, rows: [], atFirst: true, atHead: true)
      }
      let before = try await older(than: place, count: count / 2)
      let after = try await newer(from: .id(place.eventId), count: count - count / 2, behind: place)
      return LoadedRows(
        request: request, rows: before.rows + after.rows, atFirst: before.isEnd,
        atHead: after.isEnd)
    }
  }

  /// The whole event at `position`; nil if the log no longer has it.
  package func event(at position: Position) async throws(SourceError) -> StateEvent? {
    let reader = source.reader(from: .id(position.eventId))
    while let batch = try await reader.next(BatchLimits(events: 2, bytes: 1), through: nil) {
      for entry in batch.entries {
        if entry.position.agrees(with: position) { return batch.event(entry) }
        if entry.position.eventId > position.eventId { return nil }
      }
    }
    return nil
  }

  // MARK: - Pages

  private struct Page {
    package var rows: [EventRow] = []
    /// Whether there is nothing beyond it.
    package var isEnd = false
  }

  /// The position of `start`; the last event if `start` is after the head.
  private func place(_ start: Start) async throws(SourceError) -> Position? {
    if let place = try await source.locate(start) { return place }
    return try await source.locate(.last(1))
  }

  /// The last `count` rows through `head`.
  private func tail(through head: Position?, count: Int) async throws(SourceError) -> [EventRow] {
    let reader = source.reader(from: .last(count))
    var rows: [EventRow] = []
    let limits = BatchLimits(events: count, bytes: Self.bytesMax)
    while let batch = try await reader.next(limits, through: head) {
      rows += batch.entries.map { EventRow($0, of: batch) }
      if rows.count > 2 * count { rows.removeFirst(rows.count - count) }
      if let head, batch.last.eventId >= head.eventId { break }
    }
    return Array(rows.suffix(count))
  }

  /// At most `count` rows from `start` on; with `place`, from exactly that event on.
  private func newer(
    from start: Start, count: Int, behind place: Position? = nil
  ) async throws(SourceError) -> Page {
    let reader = source.reader(from: start)
    var page = Page()
    var isWithin = place == nil
    while page.rows.count < count {
      let limits = BatchLimits(events: min(count - page.rows.count, 10_000), bytes: Self.bytesMax)
      guard let batch = try await reader.next(limits, through: nil) else {
        page.isEnd = true
        break
      }
      for entry in batch.entries {
        if entry.position == place { isWithin = true }
        if isWithin { page.rows.append(EventRow(entry, of: batch)) }
      }
    }
    return page
  }

  /// The last `count` rows before `position`.
  ///
  /// A source can only be read forwards, so this begins as many ids earlier as it wants rows, and
  /// further back if ids have gaps.
  private func older(than position: Position, count: Int) async throws(SourceError) -> Page {
    var reach = UInt64(count)
    while true {
      let isFirst = position.eventId <= reach
      let start: Start = isFirst ? .first : .id(position.eventId - reach)
      var page = Page()
      page.rows = try await rows(from: start, before: position, last: count)
      if page.rows.count == count || isFirst {
        page.isEnd = isFirst && page.rows.count < count
        return page
      }
      let first = try await source.locate(.first)
      if let first, first.eventId >= position.eventId - reach {
        page.isEnd = true
        return page
      }
      reach = reach.multipliedReportingOverflow(by: 8).partialValue
    }
  }

  private func rows(
    from start: Start, before position: Position, last count: Int
  ) async throws(SourceError) -> [EventRow] {
    let reader = source.reader(from: start)
    var rows: [EventRow] = []
    let limits = BatchLimits(events: 10_000, bytes: Self.bytesMax)
    reading: while let batch = try await reader.next(limits, through: position) {
      for entry in batch.entries {
        if entry.position == position || entry.position.eventId > position.eventId {
          break reading
        }
        rows.append(EventRow(entry, of: batch))
      }
      if rows.count > 2 * count { rows.removeFirst(rows.count - count) }
    }
    return Array(rows.suffix(count))
  }
}

extension EventRow {
  package init(_ entry: EventBatch.Entry, of batch: EventBatch) {
    self.init(
      position: entry.position,
      summary: batch.withBytes(of: entry) {
        EventSummary.line(for: $0, tag: entry.position.tag)
      }, bytes: entry.length, hashes: batch.withBytes(of: entry) { HashPrefix.all(in: $0) })
  }
}
