import EventPersistence

extension LogView {
  /// The extent of the log from `first` through `last`, both of this log: the difference of their
  /// ids, plus the events that share an id with another.
  func extent(from first: Position, through last: Position) throws(SourceError) -> Extent {
    let sharedIds = sharedIds
    var extent = Extent(events: 0, bytes: nil, firstTime: first.time, lastTime: last.time)
    guard last.eventId >= first.eventId else { return extent }
    extent.events = last.eventId - first.eventId + 1
    for ordinal in sharedIds where (first.eventId...last.eventId).contains(ordinal) {
      extent.events += 1
    }
    // If two events share an id at an end, the stretch may have only one of them.
    if sharedIds.contains(first.eventId), try !isEarlierOfId(first) { extent.events -= 1 }
    if sharedIds.contains(last.eventId), !last.isIdOnly, try isEarlierOfId(last) {
      extent.events -= 1
    }
    extent.bytes = try byteCount(from: first, through: last)
    return extent
  }

  /// Whether it is the first event of its id.
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
}
