import EventPersistence

extension LogView {
  /// Before the first event of this id or higher.
  func place(from id: UInt64) throws(SourceError) -> Place? {
    for (index, link) in links.enumerated() {
      if mayBe(Position(eventId: id), in: link), let failure = failure(at: index) { throw failure }
      guard let segment = link.segment, let first = link.ends.first else { continue }
      if first.eventId >= id { return Place(link: link, cursor: .start) }
      if link.mayHold(id) { return Place(link: link, cursor: try segment.locate(id: id)) }
    }
    return nil
  }

  /// Before the first event of this time or later; events without a time count as earlier.
  func place(from time: EventTime) throws(SourceError) -> Place? {
    for (index, link) in links.enumerated() {
      if let failure = failure(at: index) { throw failure }
      guard let segment = link.segment, let last = link.ends.last?.time, last >= time else {
        continue
      }
      return Place(link: link, cursor: try segment.locate(time: time))
    }
    return nil
  }

  /// Before the first event.
  func placeOfFirst() throws(SourceError) -> Place? {
    for (index, link) in links.enumerated() {
      if let failure = failure(at: index) { throw failure }
      if link.ends.first != nil { return Place(link: link, cursor: .start) }
    }
    return nil
  }

  /// Why the link at `index` cannot be read, unless the one behind it has its events, too: a database
  /// still has its rows while it writes the archive of them.
  func failure(at index: Int) -> SourceError? {
    guard let failure = links[index].failure else { return nil }
    guard let next = links[index...].first(where: { $0.ends.first != nil }) else { return failure }
    guard let through = next.predecessorLastId else { return nil }
    let last = links[..<index].last { $0.ends.last != nil }?.ends.last
    return last.map { $0.eventId >= through } ?? false ? nil : failure
  }

  /// Behind the last event.
  func placeOfHead() throws(SourceError) -> Place? {
    guard let link = links.last(where: { !$0.isEmpty }) else { return nil }
    if let failure = link.failure { throw failure }
    guard let segment = link.segment, let last = link.ends.last else {
      throw SourceError(
        .unreadable,
        "the events of \(link.item.path) have no ids, and its lines are not counted yet: wait.")
    }
    if let place = try find(last, in: link)?.place { return place }
    return Place(link: link, cursor: try segment.locate(id: last.eventId))
  }
}
