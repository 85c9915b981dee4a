import EventPersistence

/// Reads a log with a history from an event on, across each border of the two, wherever it is by
/// then.
actor HistoryReader: EventReader {
  private let source: HistorySource
  private var start: Start
  /// The last event that it returned.
  private var last: Position?
  private var course: Course?
  /// Events that were read already and come after the requested ones.
  private var rest: EventBatch?

  /// What it reads from until the next border.
  private struct Course {
    var reader: any EventReader
    /// The hole of the log that the archive fills; nil: it reads the log.
    var hole: LogHole?
    /// The next event, before which nothing is returned; nil: whatever comes.
    var next: Position?
  }

  /// How often the log may change during one call.
  private static let changesMax = 5

  init(_ source: HistorySource, from start: Start) {
    self.source = source
    self.start = start
  }

  func next(_ limits: BatchLimits, through: Position?) async throws(SourceError) -> EventBatch? {
    guard let batch = try await read(limits) else { return nil }
    let known = last ?? start.position
    let count = min(batch.count(within: limits), batch.count(through: through, after: known))
    rest = count < batch.entries.count ? batch.part(batch.entries.dropFirst(count)) : nil
    guard count > 0 else { return nil }
    let given = count < batch.entries.count ? batch.part(batch.entries.prefix(count)) : batch
    last = given.last
    return given
  }

  private func read(_ limits: BatchLimits) async throws(SourceError) -> EventBatch? {
    if let rest { return rest }
    var changes = 0
    while true {
      if course == nil {
        course = try await begin()
        changes += 1
        guard changes <= Self.changesMax else {
          throw SourceError(
            .changed, "the log rotates while it is read together with \(source.title)")
        }
      }
      let batch: EventBatch?
      do throws(SourceError) {
        batch = try await course!.reader.next(limits, through: nil)
      } catch {
        let wasLog = course?.hole == nil
        course = nil
        // What the log has lost by now, the archive may have.
        guard case .gap(let ids) = error.kind, wasLog else { throw error }
        if last == nil, start.position == nil { start = .id(ids.lowerBound) }
        continue
      }
      guard let batch else {
        // The head; or the archive's end, where the log may go on.
        if course!.hole == nil { return nil }
        course = nil
        continue
      }
      if let taken = take(batch) { return taken }
    }
  }

  /// The part of `batch` that comes next; nil if it must be found out anew what that is.
  private func take(_ batch: EventBatch) -> EventBatch? {
    var entries = batch.entries
    if let next = course!.next {
      entries = entries.drop {
        $0.position.eventId == next.eventId && !$0.position.agrees(with: next)
      }
      guard let first = entries.first else { return nil }
      guard first.position.agrees(with: next) else {
        course = nil
        return nil
      }
      course!.next = nil
    }
    guard let hole = course!.hole else { return batch.part(entries) }
    var previous = last ?? start.position
    var end = entries.startIndex
    while end < entries.endIndex {
      let position = entries[end].position
      guard hole.precedesNext(position) else { break }
      // Where the archive has lost events itself, or may have.
      if let previous, position.isRotation, position.eventId &- previous.eventId > 1 { break }
      previous = position
      end += 1
    }
    if end < entries.endIndex { course = nil }
    guard end > entries.startIndex else { return nil }
    var part = batch.part(entries[..<end])
    part.archive = source.title
    return part
  }

  /// Finds out where the next event is; never nil, so that it is asked again at the head.
  private func begin() async throws(SourceError) -> Course {
    let place =
      if let last { try await source.place(after: last) } else {
        try await source.place(at: start)
      }
    switch (place.part, place.match) {
    case (_, .gap(let ids)):
      throw SourceError(
        .gap(ids),
        "The events \(ids.lowerBound) to \(ids.upperBound) are lost: the node's log no longer has "
          + "them, and its history \(source.title) does not have them either. Put the node's archive "
          + "back, or continue without them: a replay with --clamp.")
    case (.archive, .differs(let other)): throw diverged(other)
    case (.archive, .absent): throw diverged(nil)
    default: break
    }
    if case .archive(let hole) = place.part, let next = place.next {
      return Course(
        reader: source.archive.reader(from: .id(next.eventId)), hole: hole, next: next)
    }
    if !place.isInLog, let next = place.next {
      return Course(reader: source.log.reader(from: .id(next.eventId)), hole: nil, next: next)
    }
    let from = last.map { Start.after($0) } ?? start
    return Course(reader: source.log.reader(from: from), hole: nil, next: nil)
  }

  private func diverged(_ other: Position?) -> SourceError {
    SourceError(
      .diverged(other),
      "Event \((last ?? start.position).map(\.description) ?? "") is not in \(source.title), which has "
        + "\(other.map(\.description) ?? "none") in its place: the node lost events and reused their "
        + "ids.")
  }
}

extension Start {
  /// The event after which it begins, if it names one.
  fileprivate var position: Position? {
    if case .after(let position) = self { position } else { nil }
  }
}

extension EventBatch {
  /// The same batch with these entries, counted from 0.
  fileprivate func part(_ entries: ArraySlice<Entry>) -> EventBatch {
    if entries.count == self.entries.count { return self }
    var part = EventBatch(buffer: buffer, entries: Array(entries)[...])
    part.archive = archive
    return part
  }
}
