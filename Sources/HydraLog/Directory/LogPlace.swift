import EventPersistence

/// A place between two events of a log: a link, and a cursor in its segment.
struct LogPlace {
  var link: LogLink
  var cursor: SegmentCursor
}

// MARK: - Where reading begins

extension LogChain {
  /// The place in `view` at which a reader from `start` begins; nil if there is none yet.
  func place(of start: Start, in view: LogView) throws(SourceError) -> LogPlace? {
    switch start {
    case .first: return try view.placeOfFirst()
    case .after(let position): return try view.place(from: position.eventId + 1)
    case .id(let id): return try view.place(from: id)
    case .time(let time): return try place(from: time, in: view)
    case .last(let count):
      guard let head = view.head, let first = view.first else {
        return try view.placeOfHead()
      }
      guard count > 0 else { return try view.placeOfHead() }
      let back = UInt64(count) - 1
      return try view.place(
        from: max(first.eventId, head.eventId >= back ? head.eventId - back : 0))
    case .head: return try view.placeOfHead()
    }
  }
}

extension LogView {
  /// Before the first event of this id or higher.
  func place(from id: UInt64) throws(SourceError) -> LogPlace? {
    for (index, link) in links.enumerated() {
      if isPassedOver(index, by: id) { continue }
      if mayBe(Position(eventId: id), in: link), let failure = failure(at: index) { throw failure }
      guard let segment = link.segment, let first = link.ends.first else { continue }
      let isAfterDamage = link.ends.beginsDamaged && first.eventId == id
      if first.eventId >= id, !isAfterDamage { return LogPlace(link: link, cursor: .start) }
      if link.mayHold(id) { return LogPlace(link: link, cursor: try segment.locate(id: id)) }
    }
    return nil
  }

  /// Before the first event.
  func placeOfFirst() throws(SourceError) -> LogPlace? {
    for (index, link) in links.enumerated() {
      if let failure = failure(at: index) { throw failure }
      if link.ends.first != nil { return LogPlace(link: link, cursor: .start) }
    }
    return nil
  }

  /// After the last event.
  func placeOfHead() throws(SourceError) -> LogPlace? {
    guard let link = links.last(where: { !$0.isEmpty }) else { return nil }
    if let failure = link.failure ?? link.ends.damage { throw failure }
    guard let segment = link.segment, let last = link.ends.last else {
      throw SourceError(
        .unreadable,
        "The events in \(link.item.path) have no ids, and hydra-sinks is still counting its lines. "
          + "Try again later.")
    }
    if let place = try find(last, in: link)?.place { return place }
    return LogPlace(link: link, cursor: try segment.locate(id: last.eventId))
  }
}

// MARK: - Where reading continues

extension LogView {
  /// The place to continue at after the segment of `identity`, which ended with `position`; nil if
  /// nothing follows yet.
  ///
  /// - Throws: `.gap` if the next events are lost; the failure of a needed segment.
  func place(after identity: FileIdentity, _ position: Position?) throws(SourceError) -> LogPlace? {
    guard let index = index(of: identity) else {
      throw SourceError(.changed, "The segment is no longer part of the log.")
    }
    // Its last events may be unreadable.
    var failure = links[index].ends.damage.map { continuing($0, after: links[index]) }
    for next in links.index(after: index)..<max(links.endIndex, index + 1) {
      let link = links[next]
      if let found = link.failure {
        failure = failure ?? continuing(found, after: link)
        continue
      }
      guard let first = link.ends.first, let segment = link.segment else { continue }
      guard let position else { return LogPlace(link: link, cursor: .start) }
      let sharesId =
        first.eventId == position.eventId && link.beginsWithRotation
        && !first.agrees(with: position)
      if first.eventId > position.eventId || sharesId {
        if let failure, first.eventId > position.eventId + 1 { throw failure }
        if let lost = missing(before: next), lost.upperBound > position.eventId {
          throw Self.gap(max(lost.lowerBound, position.eventId + 1)...lost.upperBound)
        }
        return LogPlace(link: link, cursor: .start)
      }
      // It also holds events of the segment before it.
      if let place = try find(position, in: link)?.place { return place }
      if let last = link.ends.last, last.eventId <= position.eventId { continue }
      return LogPlace(link: link, cursor: try segment.locate(id: position.eventId + 1))
    }
    if let failure { throw failure }
    return nil
  }

  /// The event after `place`, in its segment or a later one; nil at the head.
  func next(at place: LogPlace, after position: Position?) throws(SourceError) -> Position? {
    do throws(SourceError) {
      if let (event, _) = try place.link.segment?.event(at: place.cursor) { return event }
    } catch {
      throw continuing(error, after: place.link)
    }
    let identity = place.link.item.stamp.identity
    guard let further = try self.place(after: identity, place.cursor.previous ?? position),
      let segment = further.link.segment
    else { return nil }
    return try segment.event(at: further.cursor)?.event
  }
}

extension LogSegment {
  /// The event at `cursor` and the cursor after it; nil if there is none yet.
  func event(at cursor: SegmentCursor) throws(SourceError) -> (
    event: Position, next: SegmentCursor
  )? {
    var cursor = cursor
    while true {
      let read = try read(from: cursor, BatchLimits(events: 1, bytes: 16 << 10))
      if let batch = read.batch { return (batch.last, read.cursor) }
      if read.torn.isEmpty || read.cursor.place == cursor.place { return nil }
      cursor = read.cursor
    }
  }
}
