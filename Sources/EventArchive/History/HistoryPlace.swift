import EventPersistence

/// Where the next event of a log with a history is.
struct HistoryPlace: Sendable {
  enum Part: Sendable, Hashable {
    case log
    /// Up to the event after this hole of the log.
    case archive(LogHole)
  }

  /// How both together match the position that was asked for.
  var match = PositionStatus.Match.found
  /// The next event; nil: there is none yet.
  var next: Position?
  var part: Part
  /// Whether the log itself has the position that was asked for.
  var isInLog = false
}

extension HistorySource {
  /// Where the event after `position` is.
  func place(after position: Position) async throws(SourceError) -> HistoryPlace {
    let status = try await log.status(of: position)
    let inLog = HistoryPlace(match: status.match, next: status.next, part: .log, isInLog: true)
    switch status.match {
    case .ahead, .absent: return inLog
    case .differs(let other):
      // The event before the hole's end, whose id a rotation's `Checkpoint` has, too.
      guard let hole = try await holes().first(where: { $0.next == other }),
        hole.precedesNext(position)
      else { return inLog }
      return try await place(inArchiveAfter: position, hole)
    case .found:
      // Of events that share an id, an id alone means the first, which may be in the archive.
      guard position.isIdOnly,
        let hole = try await holes().first(where: { $0.ids.contains(position.eventId) })
      else { return inLog }
      return try await place(inArchiveAfter: position, hole)
    case .gap(let ids):
      guard let next = status.next else { return inLog }
      let known = try await holes().first { $0.next == next }
      return try await place(
        inArchiveAfter: position, known ?? LogHole(ids: ids, next: next, isLeading: false))
    case .before:
      let holes = try await holes()
      // A rotation between the two looks has moved the log's beginning further.
      let known = holes.first { $0.next == status.next } ?? holes.first { $0.isLeading }
      guard let hole = known, hole.precedesNext(position) else {
        throw SourceError(.changed, "the log rotates while it is read together with \(title)")
      }
      return try await place(inArchiveAfter: position, hole)
    }
  }

  /// Where the first event at or after `start` is.
  func place(at start: Start) async throws(SourceError) -> HistoryPlace {
    switch start {
    case .after(let position): return try await place(after: position)
    case .first:
      guard let hole = try await holes().first, hole.isLeading else {
        return try await inLog(start)
      }
      return try await place(at: .first, hole)
    case .id(let id):
      guard let hole = try await holes().first(where: { $0.ids.contains(id) }) else {
        return try await inLog(start)
      }
      return try await place(at: start, hole)
    case .time(let time): return try await place(at: time)
    case .last(let count):
      guard let head = await log.survey().head, count > 0 else { return try await inLog(start) }
      let back = UInt64(count) - 1
      return try await place(at: .id(head.eventId > back ? head.eventId - back : 0))
    case .head:
      guard let head = await log.survey().head else { return try await place(at: .first) }
      return try await place(after: head)
    }
  }

  private func inLog(_ start: Start) async throws(SourceError) -> HistoryPlace {
    HistoryPlace(next: try await log.locate(start), part: .log)
  }

  /// At `start`, which lies in `hole`: the archive's first event from there on; if it has none, the
  /// log's.
  private func place(at start: Start, _ hole: LogHole) async throws(SourceError) -> HistoryPlace {
    do throws(SourceError) {
      try await checkArchive()
    } catch {
      // An archive that is not begun yet has nothing.
      guard error.kind == .missing else { throw error }
      return HistoryPlace(next: hole.next, part: .log)
    }
    guard let found = try await archive.locate(start), hole.precedesNext(found) else {
      return HistoryPlace(next: hole.next, part: .log)
    }
    return HistoryPlace(next: found, part: .archive(hole))
  }

  // MARK: - In the archive

  private func place(inArchiveAfter position: Position, _ hole: LogHole)
    async throws(SourceError) -> HistoryPlace
  {
    let status: PositionStatus
    do throws(SourceError) {
      try await checkArchive()
      status = try await freshStatus(of: position, hole)
    } catch {
      guard error.kind == .missing else { throw error }
      return end(after: position, hole)
    }
    switch status.match {
    case .differs:
      return HistoryPlace(match: status.match, next: status.next, part: .archive(hole))
    case .found, .before, .absent, .ahead, .gap: break
    }
    guard let next = status.next else { return end(after: position, hole) }
    if next.agrees(with: hole.next) {
      return status.match == .found
        ? HistoryPlace(next: hole.next, part: .log) : end(after: position, hole)
    }
    guard hole.precedesNext(next) else {
      // An archive that begins after the hole, or a log that is another one.
      guard status.match != .before else { return end(after: position, hole) }
      throw SourceError(
        .ambiguous,
        "\(title) does not have the event \(hole.next), with which the node's log goes on after "
          + "\(position), but has \(next): it is the archive of another log. Name the one of this "
          + "log as \"history\".")
    }
    var place = HistoryPlace(next: next, part: .archive(hole))
    let leap = next.eventId &- position.eventId
    if next.isRotation, leap > 1 {
      let lost = try await lastId(before: next)
      if lost > position.eventId { place.match = .gap(position.eventId + 1...lost) }
    } else if status.match == .before, leap > 1 {
      place.match = .gap(position.eventId + 1...next.eventId - 1)
    } else if status.match == .absent, !next.isRotation {
      place.match = .absent
    }
    return place
  }

  /// The archive's, from a new listing where one of some seconds ago ends: its end moves.
  private func freshStatus(of position: Position, _ hole: LogHole) async throws(SourceError)
    -> PositionStatus
  {
    let status = try await archive.status(of: position)
    guard status.next == nil, position.eventId < hole.ids.upperBound else { return status }
    await catalog.refresh()
    return try await archive.status(of: position)
  }

  /// The archive has nothing after `position` and before the end of `hole`.
  private func end(after position: Position, _ hole: LogHole) -> HistoryPlace {
    var place = HistoryPlace(next: hole.next, part: .log)
    if position.eventId < hole.ids.upperBound {
      place.match = .gap(max(position.eventId + 1, hole.ids.lowerBound)...hole.ids.upperBound)
    }
    return place
  }

  // MARK: - At a time

  private func place(at time: EventTime) async throws(SourceError) -> HistoryPlace {
    let holes = try await holes()
    if let hole = holes.first, hole.isLeading {
      let place = try await place(at: .time(time), hole)
      if case .archive = place.part { return place }
    }
    let found = try await log.locate(.time(time))
    for hole in holes where !hole.isLeading {
      guard found.map({ !hole.precedesNext($0) }) ?? true else { break }
      if let first = try await first(at: time, in: hole) {
        return HistoryPlace(next: first, part: .archive(hole))
      }
    }
    return HistoryPlace(next: found, part: .log)
  }

  /// The archive's first event of `time` or later in `hole`.
  private func first(at time: EventTime, in hole: LogHole) async throws(SourceError) -> Position? {
    try await checkArchive()
    let before = hole.ids.lowerBound - 1
    let reader = archive.reader(from: .id(before))
    while let batch = try await reader.next(BatchLimits(), through: nil) {
      for entry in batch.entries {
        let position = entry.position
        guard hole.precedesNext(position) else { return nil }
        guard let own = position.time, own >= time else { continue }
        // The rotation's `Checkpoint` that began the lost file has the id of the event before it.
        if position.eventId > before { return position }
        if try await log.status(of: position).match != .found { return position }
      }
    }
    return nil
  }
}
