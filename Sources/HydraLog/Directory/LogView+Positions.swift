import EventPersistence

extension LogView {

  /// Behind the event of `link` that agrees with `position`, or the last event of its id that does not.
  ///
  /// Should a log hold an event twice, the last of them counts: whoever looks for the event that it has
  /// just been given must not be given it for ever.
  func find(_ position: Position, in link: LogLink) throws(SourceError) -> (
    place: Place?, other: Position?
  )? {
    guard link.mayHold(position.eventId), let segment = link.segment else { return nil }
    var cursor = try segment.locate(id: position.eventId)
    var place: Place?
    var other: Position?
    while let (event, behind) = try segment.event(at: cursor), event.eventId == position.eventId {
      cursor = behind
      if event.agrees(with: position) {
        place = Place(link: link, cursor: behind)
        if position.isIdOnly { break }
      } else {
        other = event
      }
    }
    return place == nil ? (nil, other) : (place, nil)
  }

  /// How `position` stands in the log, and the place behind it.
  ///
  /// The latest copy of an event counts, since the log goes on behind that one; of a position that is an id
  /// only, the first event of that id.
  func find(_ position: Position) throws(SourceError) -> (match: PositionStatus.Match, place: Place?) {
    var other: Position?
    for link in position.isIdOnly ? links : links.reversed() {
      guard let found = try find(position, in: link) else { continue }
      if let place = found.place { return (try match(ofFoundAt: place, position), place) }
      other = other ?? found.other
    }
    if let other { return (.differs(other), try place(from: position.eventId.next)) }
    if links.allSatisfy(\.isEmpty) { return (.ahead, nil) }
    if let head, position.eventId > head.eventId { return (.ahead, nil) }
    for index in links.indices where mayBe(position, in: links[index]) {
      if let failure = failure(at: index) { throw failure }
    }
    let place = try place(from: position.eventId.next)
    if let lost = try lost(behind: position, at: place) { return (.gap(lost), place) }
    let isBefore = first.map { position.eventId < $0.eventId } ?? false
    return (isBefore ? .before : .absent, place)
  }

  /// `.found`, or `.gap` where what follows the event at `place` is lost.
  private func match(ofFoundAt place: Place, _ position: Position) throws(SourceError)
    -> PositionStatus.Match
  {
    do throws(SourceError) {
      _ = try next(at: place, behind: position)
      return .found
    } catch {
      if case .gap(let lost) = error.kind { return .gap(lost) }
      throw error
    }
  }

  /// Whether a segment that cannot be read may hold `position`, going by its name.
  func mayBe(_ position: Position, in link: LogLink) -> Bool {
    guard link.failure != nil else { return false }
    switch link.item.name {
    case .fileArchive(let last), .databaseArchive(let last): return position.eventId <= last
    case .file, .database, .migratedFile: return true
    }
  }

  private func lost(behind position: Position, at place: Place?) throws(SourceError)
    -> ClosedRange<UInt64>?
  {
    guard let place, place.cursor == .start, let index = index(of: place.link),
      let lost = missing(before: index), position.eventId < lost.upperBound
    else { return nil }
    return max(lost.lowerBound, position.eventId + 1)...lost.upperBound
  }

  /// The event behind `place`, in its segment or the ones behind it; nil at the head.
  func next(at place: Place, behind position: Position?) throws(SourceError) -> Position? {
    if let segment = place.link.segment, let (event, _) = try segment.event(at: place.cursor) {
      return event
    }
    let identity = place.link.item.stamp.identity
    guard let further = try self.place(behind: identity, place.cursor.behind ?? position),
      let segment = further.link.segment
    else { return nil }
    return try segment.event(at: further.cursor)?.event
  }

  // MARK: - How much

  /// How much stands from `first` through `last`, both of this log: ids subtracted, twins added.
  func extent(from first: Position, through last: Position) throws(SourceError) -> Extent {
    let sharedIds = sharedIds
    var extent = Extent(events: 0, bytes: nil, firstTime: first.time, lastTime: last.time)
    guard last.eventId >= first.eventId else { return extent }
    extent.events = (last.eventId - first.eventId).next
    for ordinal in sharedIds where (first.eventId...last.eventId).contains(ordinal) { extent.events += 1 }
    // Of twins at an end, the stretch may have one only.
    if sharedIds.contains(first.eventId), try !isEarlierOfId(first) { extent.events -= 1 }
    if sharedIds.contains(last.eventId), !last.isIdOnly, try isEarlierOfId(last) { extent.events -= 1 }
    extent.bytes = try byteCount(from: first, through: last)
    return extent
  }

  /// Whether no event of the same id stands before it.
  private func isEarlierOfId(_ position: Position) throws(SourceError) -> Bool {
    guard let place = try place(from: position.eventId), let segment = place.link.segment else {
      return true
    }
    return try segment.event(at: place.cursor)?.event.agrees(with: position) ?? true
  }

  private func byteCount(from first: Position, through last: Position) throws(SourceError)
    -> UInt64?
  {
    guard let from = try place(from: first.eventId), let to = try find(last).place,
      let low = index(of: from.link), let high = index(of: to.link), low <= high
    else { return nil }
    if low == high { return try from.link.segment?.byteCount(from: from.cursor, to: to.cursor) }
    guard let head = try from.link.segment?.byteCount(from: from.cursor, to: nil),
      let tail = try to.link.segment?.byteCount(from: .start, to: to.cursor)
    else { return nil }
    return links[(low + 1)..<high].reduce(head + tail) { $0 + $1.item.bytes }
  }

  private func index(of link: LogLink) -> Int? {
    links.firstIndex { $0.item.stamp.identity == link.item.stamp.identity }
  }
}

extension UInt64 {
  /// One more, or the same where it is the highest: a foreign checkpoint may name any id.
  fileprivate var next: UInt64 { self == .max ? self : self + 1 }
}
