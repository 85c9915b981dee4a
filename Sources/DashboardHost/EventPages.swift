package import Dashboard
package import EventPersistence
internal import HydraLog

/// Rows of the log, one page at a time, and single whole events.
///
/// It needs the memory of one batch of the source. A page reads its events once, wherever it is. What
/// is lost or cannot be read is passed over, and the row after it says so.
package struct EventPages: Sendable {
  package let source: any EventSource

  /// The most that one batch reads, so that a page of huge events stays small in memory.
  private static let bytesMax = 4 << 20

  package func load(_ request: LoadRequest) async throws(SourceError) -> LoadedRows {
    switch request {
    case .tail(let count):
      // Through the current head: a writer can be faster than the reader, which would then never
      // finish.
      let page = try await tail(through: await source.survey().head, count: count)
      let first = try await source.readable(.first)
      return LoadedRows(
        request: request, rows: page.rows, atFirst: page.rows.first?.position == first,
        atHead: true, lossAfter: page.lossAfter)
    case .older(let position, let count):
      let page = try await older(than: position, count: count)
      return LoadedRows(
        request: request, rows: page.rows, atFirst: page.isEnd, atHead: false,
        lossAfter: page.lossAfter)
    case .newer(let position, let count):
      let page = try await newer(from: .after(position), count: count)
      return LoadedRows(
        request: request, rows: page.rows, atFirst: false, atHead: page.isEnd,
        lossAfter: page.lossAfter)
    case .around(let start, let count):
      guard let place = try await place(start) else {
        return LoadedRows(request: request, rows: [], atFirst: true, atHead: true)
      }
      let before = try await older(than: place, count: count / 2)
      var after = try await newer(from: .id(place.eventId), count: count - count / 2, behind: place)
      if let loss = before.lossAfter, !after.rows.isEmpty { after.rows[0].lossBefore = loss }
      return LoadedRows(
        request: request, rows: before.rows + after.rows, atFirst: before.isEnd,
        atHead: after.isEnd, lossAfter: after.lossAfter)
    }
  }

  /// The whole event at `position`; nil if the log no longer has it.
  package func event(at position: Position) async throws(SourceError) -> StateEvent? {
    var reader = PassingReader(source, from: .id(position.eventId))
    while let part = try await reader.next(BatchLimits(events: 2, bytes: 1), through: nil) {
      for entry in part.batch.entries {
        if entry.position.agrees(with: position) { return part.batch.event(entry) }
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
    /// Why events right after it cannot be read.
    package var lossAfter: String?
  }

  /// The position of `start`; the last event if `start` is after the head.
  private func place(_ start: Start) async throws(SourceError) -> Position? {
    do throws(SourceError) {
      if let place = try await source.readable(start) { return place }
      return try await source.locate(.last(1))
    } catch {
      guard error.kind == .damaged(next: nil) else { throw error }
      return try await source.lastReadable()
    }
  }

  /// The last `count` rows through `head`; if that cannot be read, the last ones that can.
  private func tail(through head: Position?, count: Int) async throws(SourceError) -> Page {
    var start = Start.last(count)
    do throws(SourceError) { _ = try await source.locate(.last(1)) } catch {
      guard error.kind == .damaged(next: nil), let last = try await source.lastReadable() else {
        throw error
      }
      start = .id(last.eventId >= UInt64(count) ? last.eventId - UInt64(count) + 1 : 0)
    }
    var reader = PassingReader(source, from: start)
    var page = Page()
    let limits = BatchLimits(events: count, bytes: Self.bytesMax)
    while let part = try await reader.next(limits, through: head) {
      page.rows += part.rows
      if page.rows.count > 2 * count { page.rows.removeFirst(page.rows.count - count) }
      if let head, part.batch.last.eventId >= head.eventId { break }
    }
    page.rows = page.rows.suffix(count)
    page.lossAfter = reader.endLoss
    return page
  }

  /// At most `count` rows from `start` on; with `place`, from exactly that event on.
  private func newer(
    from start: Start, count: Int, behind place: Position? = nil
  ) async throws(SourceError) -> Page {
    var reader = PassingReader(source, from: start)
    var page = Page()
    var isWithin = place == nil
    while page.rows.count < count {
      let limits = BatchLimits(events: min(count - page.rows.count, 10_000), bytes: Self.bytesMax)
      guard let part = try await reader.next(limits, through: nil) else {
        page.isEnd = true
        page.lossAfter = reader.endLoss
        break
      }
      for row in part.rows {
        if row.position == place { isWithin = true }
        if isWithin { page.rows.append(row) }
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
      var page = try await rows(from: start, before: position, last: count)
      if page.rows.count == count || isFirst {
        page.isEnd = isFirst && page.rows.count < count
        return page
      }
      let first = try await source.readable(.first)
      if let first, first.eventId >= position.eventId - reach {
        page.isEnd = true
        return page
      }
      reach = reach.multipliedReportingOverflow(by: 8).partialValue
    }
  }

  private func rows(
    from start: Start, before position: Position, last count: Int
  ) async throws(SourceError) -> Page {
    var reader = PassingReader(source, from: start)
    var page = Page()
    let limits = BatchLimits(events: 10_000, bytes: Self.bytesMax)
    reading: while let part = try await reader.next(limits, through: position) {
      for row in part.rows {
        if row.position == position || row.position.eventId > position.eventId {
          page.lossAfter = row.lossBefore
          break reading
        }
        page.rows.append(row)
      }
      if page.rows.count > 2 * count { page.rows.removeFirst(page.rows.count - count) }
    }
    page.rows = page.rows.suffix(count)
    return page
  }
}

extension PassingReader.Part {
  /// The rows of its events; those after a loss say so.
  fileprivate var rows: [EventRow] {
    var losses = losses
    return batch.entries.map { entry in
      var row = EventRow(entry, of: batch)
      row.lossBefore = losses.removeValue(forKey: entry.position.eventId)
      return row
    }
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
