import EventPersistence

extension LogView {
  /// The place after the event of `link` that agrees with `position`, or else after the last event
  /// of its id.
  ///
  /// If a log holds the same event twice, the second counts: a reader that looks for the event that
  /// it returned last must not return it forever.
  func find(_ position: Position, in link: LogLink) throws(SourceError) -> (
    place: LogPlace?, other: Position?
  )? {
    guard link.mayHold(position.eventId), let segment = link.segment else { return nil }
    var cursor = try segment.locate(id: position.eventId)
    var place: LogPlace?
    var other: Position?
    while let (event, next) = try segment.event(at: cursor), event.eventId == position.eventId {
      cursor = next
      if event.agrees(with: position) {
        place = LogPlace(link: link, cursor: next)
        if position.isIdOnly { break }
      } else {
        other = event
      }
    }
    return place == nil ? (nil, other) : (place, nil)
  }

  /// How the log matches `position`, and the place after it.
  ///
  /// The latest copy of an event counts, since the log continues after it; for a position with only
  /// an id, the first event of that id.
  func find(_ position: Position) throws(SourceError) -> (
    match: PositionStatus.Match, place: LogPlace?
  ) {
    var other: Position?
    for link in position.isIdOnly ? links : links.reversed() {
      guard let found = try find(position, in: link) else { continue }
      if let place = found.place { return (try match(ofFoundAt: place, position), place) }
      other = other ?? found.other
    }
    if links.allSatisfy(\.isEmpty) { return (.ahead, nil) }
    if let head, position.eventId > head.eventId { return (.ahead, nil) }
    for index in links.indices where mayBe(position, in: links[index]) {
      if let failure = failure(at: index) { throw failure }
    }
    if let end = endOfMissing(position, other) { return end }
    if let other { return (.differs(other), try place(from: position.eventId + 1)) }
    let place = try place(from: position.eventId + 1)
    if let lost = try lost(after: position, at: place) { return (.gap(lost), place) }
    let isBefore = first.map { position.eventId < $0.eventId } ?? false
    return (isBefore ? .before : .absent, place)
  }

  /// `.found`, or `.gap` if the events after `place` are lost.
  private func match(ofFoundAt place: LogPlace, _ position: Position) throws(SourceError)
    -> PositionStatus.Match
  {
    do throws(SourceError) {
      _ = try next(at: place, after: position)
      return .found
    } catch {
      if case .gap(let lost) = error.kind { return .gap(lost) }
      throw error
    }
  }

  /// Whether a segment that cannot be read may hold `position`, by its name.
  func mayBe(_ position: Position, in link: LogLink) -> Bool {
    guard link.failure != nil else { return false }
    switch link.item.name {
    case .fileArchive(let last), .databaseArchive(let last): return position.eventId <= last
    case .file, .database, .migratedFile: return true
    }
  }

  /// How the log matches `position` if that was the first or the last event of a missing archive;
  /// nil if it was not.
  ///
  /// These two have ids that remaining events have too: a rotation's `Checkpoint` begins a segment
  /// with the id that ends the one before it.
  private func endOfMissing(_ position: Position, _ other: Position?) -> (
    PositionStatus.Match, LogPlace?
  )? {
    let isCheckpoint = position.tag == "Checkpoint"
    if let other, (other.tag == "Checkpoint") == isCheckpoint { return nil }
    for (index, link) in links.enumerated() {
      guard let lost = missing(before: index) else { continue }
      let next = LogPlace(link: link, cursor: .start)
      if isCheckpoint, position.eventId + 1 == lost.lowerBound { return (.gap(lost), next) }
      // Nothing that follows the last one is lost.
      if !isCheckpoint, position.eventId == lost.upperBound { return (.before, next) }
    }
    return nil
  }

  private func lost(after position: Position, at place: LogPlace?) throws(SourceError)
    -> ClosedRange<UInt64>?
  {
    guard let place, place.cursor == .start, let index = index(of: place.link),
      let lost = missing(before: index), position.eventId < lost.upperBound
    else { return nil }
    return max(lost.lowerBound, position.eventId + 1)...lost.upperBound
  }
}
