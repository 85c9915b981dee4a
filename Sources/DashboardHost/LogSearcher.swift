package import Dashboard
package import EventPersistence
internal import Synchronization

/// Searches the log in the background, one search at a time: at the reader's speed, in the memory of one
/// batch and the rows that it finds.
package final class LogSearcher: Sendable {
  private let source: any EventSource
  private let inbox: Inbox
  /// The current search; any other ends at its next batch.
  private let wanted = Mutex<UInt64?>(nil)

  /// The ids of the first step backwards; doubled as long as a step is read quickly.
  private static let reachMin: UInt64 = 4096
  private static let reachMax: UInt64 = 262_144
  private static let limits = BatchLimits(events: 10_000, bytes: 4 << 20)

  package init(source: any EventSource, inbox: Inbox) {
    self.source = source
    self.inbox = inbox
  }

  package func stop() { wanted.withLock { $0 = nil } }

  private func isWanted(_ search: LogSearch) -> Bool { wanted.withLock { $0 == search.id } }

  /// Runs until it is over, or until another search or none is wanted.
  package func run(_ search: LogSearch) async {
    wanted.withLock { $0 = search.id }
    var meter = Meter(id: search.id)
    do throws(SourceError) {
      switch search.direction {
      case .backward: try await searchBack(search, &meter)
      case .forward: try await searchForward(search, &meter)
      }
    } catch {
      inbox.tell(
        .found(
          SearchAnswer(id: search.id, rows: [], through: nil, isOver: true, error: error.message)))
    }
  }

  // MARK: - Backwards

  private func searchBack(_ search: LogSearch, _ meter: inout Meter) async throws(SourceError) {
    let first: Position?
    do throws(SourceError) { first = try await source.locate(.first) } catch {
      guard case .damaged(let next?) = error.kind else { throw error }
      first = next
      meter.losses.append(error.message)
    }
    var end = search.from
    if search.ids.upperBound < end.eventId {
      // Nothing after the highest id can match: begin there.
      end = Position(eventId: search.ids.upperBound + 1)
    }
    let lowest = max(first?.eventId ?? 0, search.ids.lowerBound)
    meter.total = end.eventId >= lowest ? end.eventId - lowest : 0
    var reach = Self.reachMin
    var found = 0
    while isWanted(search), !Task.isCancelled {
      let start = end.eventId > lowest + reach ? end.eventId - reach : lowest
      guard let stretch = try await stretch(search, from: start, before: end, &meter) else {
        return
      }
      found += stretch.rows.count
      let isAtEnd = start <= lowest || stretch.isBeforeSince
      let isOver = isAtEnd || found >= search.count
      if !stretch.rows.isEmpty || isOver {
        inbox.tell(
          .found(
            SearchAnswer(
              id: search.id, rows: stretch.rows, through: Position(eventId: start), isOver: isOver,
              isAtEnd: isAtEnd, unread: meter.unread)))
      }
      if isOver { return }
      end = Position(eventId: start)
      reach = min(reach * 2, Self.reachMax)
    }
  }

  private struct Stretch {
    package var rows: [EventRow] = []
    /// It begins before the first time that can match.
    package var isBeforeSince = false
  }

  /// The matches from id `start` on and before `end`; if there are more than are kept at once, the
  /// last. Nil if the search is no longer wanted.
  private func stretch(
    _ search: LogSearch, from start: UInt64, before end: Position, _ meter: inout Meter
  ) async throws(SourceError) -> Stretch? {
    var reader = PassingReader(source, from: .id(start))
    var stretch = Stretch()
    var isFirst = true
    reading: while let part = try await reader.next(Self.limits, through: nil) {
      let batch = part.batch
      guard isWanted(search), !Task.isCancelled else { return nil }
      if isFirst, let since = search.since, let time = batch.first.time {
        stretch.isBeforeSince = time < since
        isFirst = false
      }
      for entry in batch.entries {
        if entry.position == end || entry.position.eventId > end.eventId
          || end.isIdOnly && entry.position.eventId == end.eventId
        {
          break reading
        }
        if let loss = part.losses[entry.position.eventId] { meter.losses.append(loss) }
        if let row = row(entry, of: batch, search) { stretch.rows.append(row) }
        meter.read()
      }
      let rowsMax = 2 * search.count
      if stretch.rows.count > rowsMax {
        stretch.rows.removeFirst(stretch.rows.count - search.count)
      }
      // The part of this step that was read is in its middle: the search is not back to its start
      // yet.
      if let progress = meter.progress(at: end) { inbox.tell(.searching(progress)) }
    }
    return stretch
  }

  // MARK: - Forwards

  private func searchForward(_ search: LogSearch, _ meter: inout Meter) async throws(SourceError) {
    var reader = PassingReader(source, from: .after(search.from))
    if let head = await source.survey().head?.eventId {
      let last = min(head, search.ids.upperBound)
      meter.total = last > search.from.eventId ? last - search.from.eventId : 0
    }
    var rows: [EventRow] = []
    while let part = try await reader.next(Self.limits, through: nil) {
      let batch = part.batch
      meter.losses += part.losses.values
      guard isWanted(search), !Task.isCancelled else { return }
      for entry in batch.entries where rows.count < search.count {
        if let row = row(entry, of: batch, search) { rows.append(row) }
        meter.read()
      }
      if rows.count >= search.count || batch.last.eventId > search.ids.upperBound {
        inbox.tell(
          .found(
            SearchAnswer(
              id: search.id, rows: rows, through: batch.last, isOver: true,
              isAtEnd: rows.count < search.count, unread: meter.unread)))
        return
      }
      if let progress = meter.progress(at: batch.last) { inbox.tell(.searching(progress)) }
    }
    if let loss = reader.endLoss { meter.losses.append(loss) }
    inbox.tell(
      .found(
        SearchAnswer(
          id: search.id, rows: rows, through: nil, isOver: true, isAtEnd: true,
          unread: meter.unread)))
  }

  private func row(
    _ entry: EventBatch.Entry, of batch: EventBatch, _ search: LogSearch
  ) -> EventRow? {
    guard batch.withBytes(of: entry, { search.canMatch(entry.position, $0) }) else { return nil }
    let row = EventRow(entry, of: batch)
    return search.matches(row) ? row : nil
  }

  /// How far a search has come and how fast, reported a few times a second.
  private struct Meter {
    package let id: UInt64
    private var events: UInt64 = 0
    /// Why a part of what was searched cannot be read.
    package var losses: [String] = [] {
      didSet { if losses.count > 100 { losses.removeFirst() } }
    }
    /// How many events may have to be read, by their ids.
    package var total: UInt64 = 0
    private let began = ContinuousClock.now
    private var told = ContinuousClock.now

    package init(id: UInt64) { self.id = id }

    package mutating func read() { events += 1 }

    /// What could not be searched, in one sentence; nil if everything was.
    package var unread: String? {
      guard let first = losses.first else { return nil }
      return losses.count > 1 ? "\(first) (and \(losses.count - 1) more)" : first
    }

    package mutating func progress(at position: Position) -> SearchProgress? {
      let now = ContinuousClock.now
      guard now - told >= .milliseconds(150) else { return nil }
      told = now
      let seconds = (now - began) / .seconds(1)
      return SearchProgress(
        id: id, at: position, events: events, left: total > events ? total - events : 0,
        eventsPerSecond: seconds > 0.3 ? Double(events) / seconds : nil)
    }
  }
}
