import EventPersistence

/// Reads a log on from where it stands, over segments, rotations and migrations.
///
/// It stands behind an event, not at a place in a file: the cursor saves a search for as long as the segment
/// is what it was; when it changed, the event is looked for again in the log as it is now.
struct LogReader {
  private let chain: LogChain
  /// `.head` and `.last` of a log that is empty become `.first`: what comes next is behind its head.
  private var start: Start
  /// The last event that was given, or that the start names.
  private var last: Position?
  private var hasGiven = false
  private var place: LogView.Place?
  /// Read already, and behind what was asked for.
  private var rest: EventBatch?
  /// Whether what it meets is noted: not where it only looks.
  private let isNoting: Bool

  /// How often the log may change under one call.
  private static let attemptsMax = 5

  init(chain: LogChain, start: Start, isNoting: Bool) {
    self.chain = chain
    self.start = start
    self.isNoting = isNoting
    if case .after(let position) = start { last = position }
  }

  mutating func next(_ limits: BatchLimits, through: Position?) throws(SourceError) -> EventBatch? {
    let batch: EventBatch
    if let rest {
      batch = rest
    } else if let read = try read(limits) {
      batch = read
    } else {
      return nil
    }
    let count = min(count(of: batch, within: limits), count(of: batch, through: through))
    rest = count < batch.entries.count ? batch.slice(count..<batch.entries.count).rebased : nil
    guard count > 0 else { return nil }
    let given = count < batch.entries.count ? batch.slice(0..<count) : batch
    last = given.last
    hasGiven = true
    return given
  }

  // MARK: - Bounds

  /// How many events of `batch` are within `limits`, one at least.
  private func count(of batch: EventBatch, within limits: BatchLimits) -> Int {
    guard batch.entries.count > limits.events || batch.byteCount > limits.bytes else {
      return batch.entries.count
    }
    var bytes = 0
    var count = 0
    for entry in batch.entries.prefix(max(1, limits.events)) {
      bytes += entry.length
      if count > 0, bytes > limits.bytes { break }
      count += 1
    }
    return count
  }

  /// How many events of `batch` are not behind `through`: of an id that stands twice, both where it is an
  /// id only, else those through the one that it names.
  private func count(of batch: EventBatch, through: Position?) -> Int {
    guard let through, batch.last.eventId >= through.eventId else { return batch.entries.count }
    var isPassed = last.map { !through.isIdOnly && $0.agrees(with: through) } ?? false
    var count = 0
    for entry in batch.entries {
      let position = entry.position
      if position.eventId > through.eventId { break }
      if position.eventId == through.eventId {
        if isPassed { break }
        isPassed = !through.isIdOnly && position.agrees(with: through)
      }
      count += 1
    }
    return count
  }

  // MARK: - Reading

  private mutating func read(_ limits: BatchLimits) throws(SourceError) -> EventBatch? {
    var attempts = 0
    while true {
      do throws(SourceError) {
        return try readOnce(limits)
      } catch {
        attempts += 1
        guard error.kind == .changed, attempts < Self.attemptsMax else { throw error }
      }
    }
  }

  private mutating func readOnce(_ limits: BatchLimits) throws(SourceError) -> EventBatch? {
    if place == nil {
      // Whoever begins at an id needs the count of lines that have none; whoever begins at the first does not.
      let needsIds = last != nil || start != .first
      place = try resolve(LogView(links: needsIds ? chain.countedLinks() : chain.links()))
      if place == nil { return nil }
    }
    while true {
      if let batch = try readPlace(limits) { return batch }
      guard try passOn(limits) else { return nil }
    }
  }

  /// The next events of the segment at `place`, which is given up where it cannot be read.
  private mutating func readPlace(_ limits: BatchLimits) throws(SourceError) -> EventBatch? {
    do throws(SourceError) {
      return try readOn(limits)
    } catch {
      place = nil
      throw error
    }
  }

  private mutating func readOn(_ limits: BatchLimits) throws(SourceError) -> EventBatch? {
    while let at = place, let segment = at.link.segment {
      let read = try segment.read(from: at.cursor, limits)
      // A rotation between the look and the read would have put another event at the beginning.
      if at.cursor == .start, let first = read.batch?.first, let seen = at.link.ends.first,
        !first.agrees(with: seen)
      {
        // Or it is another file with the number and the opening of one that is gone.
        chain.forget(at.link.item)
        throw SourceError(.changed, "\(at.link.item.path) begins with another event by now.")
      }
      if isNoting { chain.note(read, from: at.cursor, at.link.item) }
      place?.cursor = read.cursor
      if let batch = read.batch { return batch }
      if read.torn.isEmpty || read.cursor.place == at.cursor.place { return nil }
    }
    return nil
  }

  /// Goes to the segment behind the one that was read to its end; false where there is none yet.
  ///
  /// Where that one cannot be read, or is lost, the place is kept: it is asked for again from there.
  private mutating func passOn(_ limits: BatchLimits) throws(SourceError) -> Bool {
    guard let at = place else { return false }
    let listing = try LogListing(directory: chain.directory)
    let identity = at.link.item.stamp.identity
    if listing.items.last?.stamp.identity == identity { return false }
    let view = LogView(links: chain.links(of: listing))
    guard view.links.contains(where: { $0.item.stamp.identity == identity }) else {
      place = nil
      throw SourceError(
        .changed, "\(at.link.item.path) is not part of \(chain.directory)'s log any more.")
    }
    // What came into this segment before the next one was begun: the look at the directory came after the
    // last read, so from here on this segment grows no more.
    // Of an id alone, the event that it was found as: its twin may begin the next segment.
    let known = last.flatMap { $0.isIdOnly ? nil : $0 }
    let behind = known ?? at.cursor.behind ?? last
    guard let next = try view.place(behind: identity, behind) else { return false }
    if let segment = at.link.segment, try segment.event(at: at.cursor) == nil { place = next }
    return true
  }

  /// Where to begin, or to go on after a change; nil where nothing is there yet.
  private mutating func resolve(_ view: LogView) throws(SourceError) -> LogView.Place? {
    if let last { return try resolve(view, behind: last) }
    switch start {
    case .last, .head:
      if view.links.allSatisfy(\.isEmpty) { start = .first }
    default: break
    }
    switch start {
    case .first: return try view.placeOfFirst()
    case .after(let position): return try resolve(view, behind: position)
    case .id(let id): return try view.place(from: id)
    case .time(let time): return try view.place(from: time)
    case .last(let count):
      guard let head = view.head, let first = view.first else { return nil }
      let back = UInt64(max(0, count))
      guard back > 0 else { return try view.placeOfHead() }
      return try view.place(
        from: max(first.eventId, head.eventId >= back ? head.eventId - back + 1 : 0))
    case .head:
      let place = try view.placeOfHead()
      last = place?.cursor.behind
      return place
    }
  }

  private func resolve(_ view: LogView, behind position: Position) throws(SourceError)
    -> LogView.Place?
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
      "\(chain.directory) had the event \(position), and has "
        + (other.map { "\($0) of another content" } ?? "none") + " in its place now: "
        + "the node lost its last events and gave their ids anew.")
  }
}

extension EventBatch {
  /// The same batch with entries that are counted from 0.
  fileprivate var rebased: EventBatch {
    EventBatch(buffer: buffer, entries: Array(entries)[...])
  }
}
