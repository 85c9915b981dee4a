import EventPersistence

extension FileSegment {
  /// Below this many bytes a search reads on instead of halving.
  private static let bisectionBytesMin: UInt64 = 32 << 10
  private static let probe = BatchLimits(events: 1, bytes: 16 << 10)

  /// Long enough to include the time of a small event: there two logs of one node, which begin
  /// alike, first differ.
  private static let openingBytes = 192

  func ends(knowing known: SegmentEnds?) throws(SourceError) -> SegmentEnds {
    let file = try file()
    var ends = SegmentEnds()
    let opening = try file.buffer(at: 0, count: Self.openingBytes)
    ends.opening = [UInt8](opening.bytes)
    bareIndex.check(identity, byteCount: file.size)
    if let known, known.second != nil, known.opening == ends.opening {
      ends.first = known.first
      ends.second = known.second
      ends.beginsBare = known.beginsBare
      ends.beginsDamaged = known.beginsDamaged
    } else {
      let (first, start) = try readPast(file, .start, Self.probe)
      ends.beginsDamaged = start != .start
      ends.first = first.batch?.last
      if first.batch != nil {
        ends.beginsBare = first.cursor.bareId != nil
        ends.second = try unlessDamaged(&ends) { () throws(SourceError) in
          try read(file, from: first.cursor, Self.probe).batch?.last
        }
      }
    }
    // After an event with an id, a line without one is not an event.
    let acceptsBare = ends.beginsBare && !bareIndex.count(of: identity).isEnded
    let found = try unlessDamaged(&ends) { () throws(SourceError) in
      try last(file, acceptsBare: acceptsBare)
    }
    guard let last = found else {
      if ends.first == nil, ends.damage == nil { try checkBeginning(file, ends.opening) }
      return ends
    }
    // What follows the damage can be read, too.
    ends.damage = nil
    ends.isBare = last.isBare
    if last.isBare {
      ends.last = bareIndex.position(ofLast: last.position, endingAt: last.end, in: identity)
      ends.isUncounted = ends.last == nil
    } else if let named = lastIdByName, last.position.eventId < named {
      // The node renames the file right after its last event.
      ends.damage = SourceError(
        .damaged(next: nil),
        "\(path) ends with the event \(last.position.eventId), but its name says \(named): its end "
          + "is damaged or cut off. Replace it with a whole copy: hydra-sinks then continues.")
    } else {
      ends.last = last.position
    }
    return ends
  }

  /// The L of an archive `state-L`.
  private var lastIdByName: UInt64? {
    guard case .fileArchive(let id) = LogName(name) else { return nil }
    return id
  }

  /// Refuses a file without an event that begins with what no node writes.
  ///
  /// A node that dies while it writes its first event leaves the beginning of an object, and a power
  /// loss leaves zeros.
  private func checkBeginning(
    _ file: borrowing ReadOnlyFile, _ opening: [UInt8]
  ) throws(SourceError) {
    let text = opening.drop { [0x00, 0x20, 0x09, 0x0A, 0x0D].contains($0) }
    if text.first == nil || text.first == UInt8(ascii: "{") { return }
    let shown = String(decoding: text.prefix(40), as: UTF8.self)
    throw SourceError(
      .damaged(next: nil),
      "\(path) has \(file.size) bytes and no event of a hydra-node; it begins with \"\(shown)\". It "
        + "is damaged, or not a node's log. Restore the file, or correct the persistence directory."
    )
  }

  /// The answer of `body`, or nil with the damage noted: the events before it can be read.
  private func unlessDamaged<Answer>(
    _ ends: inout SegmentEnds, _ body: () throws(SourceError) -> Answer?
  ) throws(SourceError) -> Answer? {
    do throws(SourceError) { return try body() } catch {
      guard case .damaged = error.kind else { throw error }
      ends.damage = error
      return nil
    }
  }

  /// The last whole event, found by reading backwards: a line without its line feed is not whole.
  private func last(_ file: borrowing ReadOnlyFile, acceptsBare: Bool) throws(SourceError) -> (
    position: Position, isBare: Bool, end: UInt64
  )? {
    var before = file.size
    while let feed = try lastFeed(file, before: before) {
      let start = try lastFeed(file, before: feed).map { $0 + 1 } ?? 0
      var cursor = SegmentCursor(place: start, previous: nil)
      cursor.bareId = acceptsBare ? 0 : nil
      let line = LineBlock(
        buffer: try file.buffer(at: start, count: Int(feed + 1 - start)), offset: start, start: 0)
      var last: (Position, Bool, UInt64)?
      try EventScanner.withOne {
        (scanner: EventScanner) throws(SourceError) -> Void in
        var collector = LineCollector(
          segment: self, block: line, cursor: cursor,
          limits: BatchLimits(events: .max, bytes: .max), scanner: scanner)
        try collector.run()
        last = collector.batch.map { ($0.last, collector.bareId != nil, feed + 1) }
      }
      if let last { return last }
      before = start
      guard file.size - before <= UInt64(Self.lineBytesMax) else { throw noEventInTail }
    }
    return nil
  }

  func locate(id: UInt64) throws(SourceError) -> SegmentCursor {
    let file = try file()
    let beginsBare = try beginsBare(file)
    if beginsBare, let cursor = try locate(file, bareId: id) { return cursor }
    return try bisect(file, acceptsBare: beginsBare) { position, isBare in
      isBare || position.eventId < id
    }
  }

  func locate(time: EventTime, in course: TimeCourse) throws(SourceError) -> SegmentCursor {
    let file = try file()
    return try bisect(file, acceptsBare: beginsBare(file)) { position, _ in
      course.isBefore(position, time)
    }
  }

  /// The events from `cursor` on, or those after its line if that is too long.
  private func readPast(
    _ file: borrowing ReadOnlyFile, _ cursor: SegmentCursor, _ limits: BatchLimits
  ) throws(SourceError) -> (SegmentRead, from: SegmentCursor) {
    do throws(SourceError) { return (try read(file, from: cursor, limits), cursor) } catch {
      guard case .damaged(.some) = error.kind, let feed = try firstFeed(file, from: cursor.place)
      else { throw error }
      let after = SegmentCursor(place: feed + 1)
      return (try read(file, from: after, limits), after)
    }
  }

  private func beginsBare(_ file: borrowing ReadOnlyFile) throws(SourceError) -> Bool {
    guard acceptsBare else { return false }
    let first = try readPast(file, .start, Self.probe).0
    return first.batch != nil && first.cursor.bareId != nil
  }

  /// The cursor before the line without an id whose running index is `id`, or after the last such
  /// line if nothing follows; nil if the event has an id of its own.
  private func locate(_ file: borrowing ReadOnlyFile, bareId id: UInt64) throws(SourceError)
    -> SegmentCursor?
  {
    let boundary = try bisect(file, acceptsBare: true) { _, isBare in isBare }
    let withId = try read(file, from: boundary, Self.probe).batch?.first
    if let withId, id >= withId.eventId { return nil }
    // If that is not enough, the next call continues.
    if bareIndex.mark(before: id, in: identity) == nil {
      try countLines(file, byteCount: Self.countBytes)
    }
    guard let mark = bareIndex.mark(before: id, in: identity) else {
      let count = bareIndex.count(of: identity)
      guard count.isEnded || count.through.offset >= boundary.place else {
        throw notCounted("the event \(id)")
      }
      return boundary
    }
    var cursor = SegmentCursor(place: mark.offset, previous: nil)
    cursor.bareId = mark.id
    return try advance(file, from: cursor) { position, isBare in isBare && position.eventId < id }
  }

  /// The cursor before the first event for which `isBefore` does not hold; it holds for those before.
  private func bisect(
    _ file: borrowing ReadOnlyFile, acceptsBare: Bool,
    _ isBefore: (Position, _ isBare: Bool) -> Bool
  ) throws(SourceError) -> SegmentCursor {
    func probing(at place: UInt64) -> SegmentCursor {
      var cursor = SegmentCursor(place: place, previous: nil)
      cursor.bareId = acceptsBare ? 0 : nil
      return cursor
    }
    var low: UInt64 = 0
    var high = file.size
    while high > low, high - low > Self.bisectionBytesMin {
      let middle = low + (high - low) / 2
      guard let feed = try firstFeed(file, from: middle - 1), feed + 1 < high
      else {
        high = middle
        continue
      }
      let read = try readPast(file, probing(at: feed + 1), Self.probe).0
      if let batch = read.batch, isBefore(batch.last, read.cursor.bareId != nil) {
        low = read.cursor.place
      } else {
        high = middle
      }
    }
    return try advance(file, from: probing(at: low), isBefore)
  }

  /// Reads from `cursor` to before the first event for which `isBefore` does not hold.
  private func advance(
    _ file: borrowing ReadOnlyFile, from cursor: SegmentCursor,
    _ isBefore: (Position, _ isBare: Bool) -> Bool
  ) throws(SourceError) -> SegmentCursor {
    var cursor = cursor
    while true {
      let (read, start) = try readPast(
        file, cursor, BatchLimits(events: 256, bytes: 64 << 10))
      cursor = start
      guard let batch = read.batch else {
        if read.cursor == cursor || read.torn.isEmpty { return read.cursor }
        cursor = read.cursor
        continue
      }
      let isBare = read.cursor.bareId != nil
      var before = batch.entries.prefix { isBefore($0.position, isBare) }.count
      guard before < batch.entries.count else {
        cursor = read.cursor
        continue
      }
      // A cursor within the batch is the end of a smaller batch.
      while before > 0 {
        let read = try self.read(file, from: cursor, BatchLimits(events: before))
        before -= read.batch?.spanCount ?? before
        cursor = read.cursor
      }
      return cursor
    }
  }
}
