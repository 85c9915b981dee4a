import EventPersistence

/// One look at a log: its links in order, and how positions stand in them.
///
/// What one segment holds of another (an archive that was written while the live database still had its
/// rows) counts once: passing from one segment to the next goes on behind the last event passed.
struct LogView: Sendable {
  let links: [LogLink]

  /// Between two events: a link and a cursor in its segment.
  struct Place {
    var link: LogLink
    var cursor: SegmentCursor
  }

  // MARK: - Ends

  var first: Position? { links.first { !$0.isEmpty }?.ends.first }

  /// The last whole event; nil also where it is not known yet.
  var head: Position? { links.last { !$0.isEmpty }?.ends.last }

  // MARK: - What is lost, what stands twice

  /// The ids that are lost, provably, before the link at `index`: it begins with a rotation's
  /// `Checkpoint`, and the archive that this rotation left is not there.
  func missing(before index: Int) -> ClosedRange<UInt64>? {
    guard let through = links[index].predecessorLastId else { return nil }
    var from: UInt64 = 0
    for link in links[..<index].reversed() where !link.isEmpty {
      // An archive that cannot be read may be the one: nothing is proven.
      guard let last = link.ends.last else { return nil }
      guard last.eventId < through, last.eventId + 1 < links[index].ends.first!.eventId else {
        return nil
      }
      from = last.eventId + 1
      break
    }
    return from <= through ? from...through : nil
  }

  var missing: [ClosedRange<UInt64>] { links.indices.compactMap(missing(before:)) }

  /// Ids that stand twice: a `Checkpoint` and the last event of the archive before it, or the event behind
  /// it (0.22.0 to 0.22.3).
  var twins: [UInt64] {
    var twins: [UInt64] = []
    var last: Position?
    for link in links {
      guard let first = link.ends.first else { continue }
      if link.beginsWithRotation {
        let isTwin = last.map { $0.eventId == first.eventId && !$0.agrees(with: first) } ?? false
        if isTwin || link.ends.second?.eventId == first.eventId { twins.append(first.eventId) }
      }
      last = link.ends.last
    }
    return twins
  }

  // MARK: - Passing on

  /// The link behind that of `identity`, which ended with `position`, and where in it to go on; nil where
  /// nothing follows yet.
  ///
  /// - Throws: `.gap` where what follows is lost, the failure of a segment that is needed.
  func place(behind identity: FileIdentity, _ position: Position?) throws(SourceError) -> Place? {
    guard let index = links.firstIndex(where: { $0.item.stamp.identity == identity }) else {
      throw SourceError(.changed, "the segment that was read is not part of the log any more.")
    }
    var failure: SourceError?
    for next in links.index(after: index)..<max(links.endIndex, index + 1) {
      let link = links[next]
      if let found = link.failure {
        failure = failure ?? found
        continue
      }
      guard let first = link.ends.first, let segment = link.segment else { continue }
      guard let position else { return Place(link: link, cursor: .start) }
      let isTwin =
        first.eventId == position.eventId && link.beginsWithRotation
        && !first.agrees(with: position)
      if first.eventId > position.eventId || isTwin {
        if let failure, first.eventId > position.eventId + 1 { throw failure }
        if let lost = missing(before: next), lost.upperBound > position.eventId {
          throw Self.gap(max(lost.lowerBound, position.eventId + 1)...lost.upperBound)
        }
        return Place(link: link, cursor: .start)
      }
      // It holds events of the segment before it as well.
      if let place = try find(position, in: link)?.place { return place }
      if let last = link.ends.last, last.eventId <= position.eventId { continue }
      return Place(link: link, cursor: try segment.locate(id: position.eventId + 1))
    }
    if let failure { throw failure }
    return nil
  }

  static func gap(_ lost: ClosedRange<UInt64>) -> SourceError {
    SourceError(
      .gap(lost),
      "The events \(lost.lowerBound) to \(lost.upperBound) are lost: the node rotated its log, and the "
        + "archive that had them is not there. Put the archive back, or go on without them: "
        + "a replay with --clamp.")
  }

  // MARK: - Finding an event

  /// Behind the event of `link` that agrees with `position`, or the last event of its id that does not.
  func find(_ position: Position, in link: LogLink) throws(SourceError) -> (
    place: Place?, other: Position?
  )? {
    guard link.mayHold(position.eventId), let segment = link.segment else { return nil }
    var cursor = try segment.locate(id: position.eventId)
    var other: Position?
    while let (event, behind) = try segment.event(at: cursor), event.eventId == position.eventId {
      if event.agrees(with: position) { return (Place(link: link, cursor: behind), nil) }
      other = event
      cursor = behind
    }
    return (nil, other)
  }

  /// How `position` stands in the log, and the place behind it.
  ///
  /// The latest copy of an event counts, since the log goes on behind that one; of a position that is an id
  /// only, the first event of that id.
  func find(_ position: Position) throws(SourceError) -> (match: Standing.Match, place: Place?) {
    var other: Position?
    for link in position.isIdOnly ? links : links.reversed() {
      guard let found = try find(position, in: link) else { continue }
      if let place = found.place { return (try match(ofFoundAt: place, position), place) }
      other = other ?? found.other
    }
    if let other { return (.differs(other), try place(from: position.eventId + 1)) }
    if links.allSatisfy(\.isEmpty) { return (.ahead, nil) }
    if let head, position.eventId > head.eventId { return (.ahead, nil) }
    if let failure = links.first(where: { mayBe(position, in: $0) })?.failure { throw failure }
    let place = try place(from: position.eventId + 1)
    if let lost = try lost(behind: position, at: place) { return (.gap(lost), place) }
    let isBefore = first.map { position.eventId < $0.eventId } ?? false
    return (isBefore ? .before : .absent, place)
  }

  /// `.found`, or `.gap` where what follows the event at `place` is lost.
  private func match(ofFoundAt place: Place, _ position: Position) throws(SourceError)
    -> Standing.Match
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
  private func mayBe(_ position: Position, in link: LogLink) -> Bool {
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
    var extent = Extent(events: 0, bytes: nil, firstTime: first.time, lastTime: last.time)
    guard last.eventId >= first.eventId else { return extent }
    extent.events = last.eventId - first.eventId + 1
    for twin in twins where (first.eventId...last.eventId).contains(twin) {
      let earlier = try event(at: place(from: twin))
      let isWithout =
        twin == first.eventId && !(earlier?.agrees(with: first) ?? true)
        || twin == last.eventId && !last.isIdOnly && (earlier?.agrees(with: last) ?? false)
      if !isWithout { extent.events += 1 }
    }
    extent.bytes = try byteCount(from: first, through: last)
    return extent
  }

  private func event(at place: Place?) throws(SourceError) -> Position? {
    guard let place, let segment = place.link.segment else { return nil }
    return try segment.event(at: place.cursor)?.event
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

  // MARK: - Starts

  /// Before the first event of this id or higher.
  func place(from id: UInt64) throws(SourceError) -> Place? {
    for link in links {
      if let failure = link.failure {
        if mayBe(Position(eventId: id), in: link) { throw failure }
        continue
      }
      guard let segment = link.segment, let first = link.ends.first else { continue }
      if first.eventId >= id { return Place(link: link, cursor: .start) }
      if link.mayHold(id) { return Place(link: link, cursor: try segment.locate(id: id)) }
    }
    return nil
  }

  /// Before the first event of this time or later; events without a time count as earlier.
  func place(from time: EventTime) throws(SourceError) -> Place? {
    for link in links {
      if let failure = link.failure { throw failure }
      guard let segment = link.segment, let last = link.ends.last?.time, last >= time else {
        continue
      }
      return Place(link: link, cursor: try segment.locate(time: time))
    }
    return nil
  }

  /// Before the first event.
  func placeOfFirst() throws(SourceError) -> Place? {
    for link in links {
      if let failure = link.failure { throw failure }
      if link.ends.first != nil { return Place(link: link, cursor: .start) }
    }
    return nil
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

extension LogSegment {
  /// The event at `cursor` and the cursor behind it; nil where none stands there yet.
  func event(at cursor: SegmentCursor) throws(SourceError) -> (
    event: Position, behind: SegmentCursor
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
