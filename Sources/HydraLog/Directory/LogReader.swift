import EventPersistence

/// Reads a log from an event on, across segments, rotations and migrations.
///
/// It remembers the last event that it returned, not a place in a file: the cursor saves a search
/// while the segment is the same; after a change, the reader looks for the event in the current
/// log.
struct LogReader {
  private let chain: LogChain
  /// `.head` and `.last` of an empty log become `.first`: the log's next event comes after its head.
  private var start: Start
  /// The last event that it returned, or that the start names.
  private(set) var last: Position?
  private var hasGiven = false
  private var place: LogPlace?
  /// Events that were read already and come after the requested ones.
  private var rest: EventBatch?
  private var ahead = ReadAhead()
  /// Among the readers of this log; nil for a mere look, and while it reads ahead.
  private let seat: SharedReads.Seat?
  /// Whether it notes what it found; not for a mere look.
  private let isNoting: Bool
  private var torn: TornTrail
  /// Whether nothing followed at the last read.
  private var isAtHead = false

  init(chain: LogChain, start: Start, isNoting: Bool) {
    self.chain = chain
    self.start = start
    self.isNoting = isNoting
    torn = TornTrail(start)
    seat = isNoting ? chain.reads.seat() : nil
    if case .after(let position) = start { last = position }
  }

  /// A mere look that goes on at `place`, which is after `position`.
  init(chain: LogChain, after position: Position, at place: LogPlace) {
    self.init(chain: chain, start: .after(position), isNoting: false)
    self.place = place
    hasGiven = true
  }

  mutating func next(_ limits: BatchLimits, through: Position?) throws(SourceError) -> EventBatch? {
    isAtHead = false
    let batch: EventBatch
    if let rest {
      batch = rest
    } else if let read = try read(limits) {
      batch = read
    } else {
      isAtHead = true
      return nil
    }
    let count = min(batch.count(within: limits), batch.count(through: through, after: last))
    var given = batch
    if count < batch.entries.count {
      rest = batch.slice(count..<batch.entries.count).rebased
      rest?.following = batch.following
      guard count > 0 else { return nil }
      given = batch.slice(0..<count)
      let next = batch.entries[count]
      given.following = EventBatch.Following(
        eventId: next.position.eventId, length: next.length)
    } else {
      rest = nil
    }
    last = given.last
    hasGiven = true
    return given
  }

  mutating func tornStretches() -> [TornStretch] { torn.take(isAtHead: isAtHead) }

  // MARK: - Reading

  private mutating func read(_ limits: BatchLimits) throws(SourceError) -> EventBatch? {
    try LogChain.retrying { () throws(SourceError) in try readOnce(limits) }
  }

  private mutating func readOnce(_ limits: BatchLimits) throws(SourceError) -> EventBatch? {
    if place == nil {
      // Beginning at an id needs the count of the lines without ids; beginning at the first event
      // does not.
      let needsIds = last != nil || start != .first
      place = try resolve(LogView(links: needsIds ? chain.countedLinks() : chain.links()))
      if place == nil { return nil }
    }
    while true {
      if let batch = try readPlace(limits) { return batch }
      guard try passOn(limits) else { return nil }
    }
  }

  /// The next events of the segment at `place`; discards the place if it cannot be read.
  private mutating func readPlace(_ limits: BatchLimits) throws(SourceError) -> EventBatch? {
    do throws(SourceError) {
      return try readOn(limits)
    } catch {
      let link = place?.link
      place = nil
      guard case .damaged(next: nil) = error.kind, let link else { throw error }
      throw LogView(links: try chain.links()).continuing(error, after: link)
    }
  }

  private mutating func readOn(_ limits: BatchLimits) throws(SourceError) -> EventBatch? {
    while let at = place, let segment = at.link.segment {
      let read = try read(segment, from: at.cursor, limits)
      precondition(read.cursor.place >= at.cursor.place, "a read goes forward")
      // A rotation between the look and the read would put another event at the beginning.
      if at.cursor == .start, let first = read.batch?.first, let seen = at.link.ends.first,
        !first.agrees(with: seen)
      {
        // Or it is a new file with the inode and the first bytes of a removed one.
        chain.forget(at.link.item)
        throw SourceError(.changed, "\(at.link.item.path) now begins with another event.")
      }
      // Without their times, events tell nothing of the log's clock.
      if isNoting, limits.tags == nil { chain.note(read, from: at.cursor, at.link.item) }
      torn.note(read, from: at.cursor, at.link.item)
      place?.cursor = read.cursor
      if let batch = read.batch { return batch }
      if read.torn.isEmpty || read.cursor.place == at.cursor.place { return nil }
    }
    return nil
  }

  private mutating func read(
    _ segment: any LogSegment, from cursor: SegmentCursor, _ limits: BatchLimits
  ) throws(SourceError) -> SegmentRead {
    if let seat, limits.ahead == 0 { return try seat.read(segment, from: cursor, limits) }
    return try ahead.read(segment, from: cursor, limits)
  }

  /// Goes to the segment after the one that was read to its end; returns false if there is none
  /// yet.
  ///
  /// If that segment is lost or cannot be read, the reader keeps its place, and tries again from there.
  private mutating func passOn(_ limits: BatchLimits) throws(SourceError) -> Bool {
    guard let at = place else { return false }
    let listing = try chain.listing()
    let identity = at.link.item.stamp.identity
    if listing.items.last?.stamp.identity == identity { return false }
    let view = LogView(links: chain.links(of: listing))
    guard view.index(of: identity) != nil else {
      place = nil
      throw SourceError(
        .changed, "\(at.link.item.path) is not part of \(chain.directory)'s log now.")
    }
    // The directory was listed after the last read, and it lists a later segment: this one no
    // longer grows, but events may have come in between. If only the id is known, the event found
    // for it counts, since another event with this id may begin the next segment.
    let known = last.flatMap { $0.isIdOnly ? nil : $0 }
    let previous = known ?? at.cursor.previous ?? last
    guard let next = try view.place(after: identity, previous) else { return false }
    if let segment = at.link.segment, try segment.event(at: at.cursor) == nil { place = next }
    return true
  }

  /// The place to begin at, or to continue at after a change; nil if there is none yet.
  private mutating func resolve(_ view: LogView) throws(SourceError) -> LogPlace? {
    if let last { return try resolve(view, after: last) }
    switch start {
    case .last, .head:
      if view.links.allSatisfy(\.isEmpty) { start = .first }
    case .first, .after, .id, .time: break
    }
    let place = try chain.place(of: start, in: view)
    if start == .head { last = place?.cursor.previous }
    return place
  }

  private func resolve(_ view: LogView, after position: Position) throws(SourceError)
    -> LogPlace?
  {
    let (match, place) = try view.find(position)
    switch match {
    case .found, .before: return place
    case .ahead: return nil
    case .gap(let lost): throw LogView.gap(lost)
    case .differs(let other): throw diverged(position, other)
    case .absent:
      if hasGiven { throw diverged(position, nil) }
      return place
    }
  }

  private func diverged(_ position: Position, _ other: Position?) -> SourceError {
    SourceError(
      .diverged(other),
      "Event \(position) in \(chain.directory) "
        + (other == nil ? "is gone" : "has been replaced by another event with the same id")
        + ": the node lost its last events and reused their ids.")
  }
}

extension EventBatch {
  /// The same batch with entries that are counted from 0.
  fileprivate var rebased: EventBatch {
    EventBatch(buffer: buffer, entries: Array(entries)[...])
  }
}
