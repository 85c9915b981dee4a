package import EventPersistence

/// A pass over a log that finds its torn lines, with all their offsets.
///
/// It skips what was read before (`PersistenceDirectory.adopt`). It holds one batch of events in
/// memory, whatever the log's size, and returns torn lines as it finds them.
package actor TornSearch {
  /// How far the search has come, and what it found since the last step.
  package struct Step: Sendable {
    package var torn: [TornLine]
    /// The last event before it, if known.
    package var through: Position?
    /// Relative to the persistence directory.
    package var file: String
    /// The offset at which it continues; in a database, the event id.
    package var offset: UInt64
    package var bytesDone: UInt64
    /// An estimate for a database.
    package var bytesTotal: UInt64
  }

  /// A stretch of a segment that is not searched yet.
  private struct Part {
    var link: LogLink
    var from: SegmentCursor
    /// The place at which the search of this segment ends.
    var end: UInt64
    var bytes: UInt64

    /// How much of it is before `place`, assuming that it is all of one density.
    func bytes(before place: UInt64) -> UInt64 {
      guard place < end, end > from.place else { return bytes }
      return UInt64(Double(bytes) * Double(place - from.place) / Double(end - from.place))
    }
  }

  private let executor = BlockingExecutor(label: "log.torn")
  package nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  private static let limits = BatchLimits()
  /// How often the log may change before anything is read.
  private static let attemptsMax = 5

  private let chain: LogChain
  private var start: Start
  private let last: UInt64?
  private var parts: [Part]?
  private var cursor = SegmentCursor.start
  private var through: Position?
  private var attempts = 0
  private var bytesDone: UInt64 = 0

  init(chain: LogChain, from start: Start, through last: UInt64?) {
    self.chain = chain
    self.start = start
    self.last = last
  }

  /// The next stretch; nil after the last.
  ///
  /// - Throws: as a reader of the log does. The next call continues after the last stretch.
  package func next() throws(SourceError) -> Step? {
    while true {
      do throws(SourceError) {
        if parts == nil { try begin() }
        let step = try step()
        attempts = 0
        return step
      } catch {
        attempts += 1
        guard error.kind == .changed, attempts < Self.attemptsMax else { throw error }
        if let through { start = .after(through) }
        parts = nil
      }
    }
  }

  private func begin() throws(SourceError) {
    let links: [LogLink]
    // Beginning at an id needs the count of the lines without ids.
    if start == .first { links = try chain.links() } else { links = try chain.countedLinks() }
    let view = LogView(links: links)
    guard let first = try chain.place(of: start, in: view) else {
      parts = []
      return
    }
    let end: LogPlace?
    if let last { end = try view.place(from: last + 1) } else { end = nil }
    var found: [Part] = []
    for link in links.drop(while: { $0.item != first.link.item }) {
      guard let segment = link.segment else {
        if let failure = link.failure { throw failure }
        continue
      }
      let from = link.item == first.link.item ? first.cursor : .start
      let isLast = link.item == end?.link.item
      let size = link.item.name.isDatabase ? (link.ends.last?.eventId ?? 0) + 1 : link.item.bytes
      found.append(
        Part(
          link: link, from: from, end: isLast ? end!.cursor.place : size,
          bytes: try segment.byteCount(from: from, to: isLast ? end!.cursor : nil) ?? 0))
      if isLast { break }
    }
    parts = found
    cursor = found.first?.from ?? .start
  }

  private func step() throws(SourceError) -> Step? {
    while let part = parts?.first {
      if let torn = skipKnown(part) { return step(torn, part) }
      if cursor.place < part.end || part.link.item.name.isDatabase,
        let segment = part.link.segment
      {
        let from = cursor
        let read = try segment.read(from: cursor, Self.limits)
        precondition(read.cursor.place >= from.place, "a read goes forward")
        chain.note(read, from: from, part.link.item)
        cursor = read.cursor
        if let batch = read.batch { through = batch.last }
        if read.batch != nil || !read.torn.isEmpty, cursor.place > from.place {
          return step(read.torn.filter { $0.offset < part.end || last == nil }, part)
        }
      }
      let rest = unfinished(part)
      let step = step(rest, part)
      bytesDone += part.bytes
      parts?.removeFirst()
      cursor = parts?.first?.from ?? .start
      if !rest.isEmpty { return step }
    }
    return nil
  }

  /// Skips a stretch that was read before, and returns its torn lines; nil if the cursor is not in
  /// one.
  private func skipKnown(_ part: Part) -> [TornLine]? {
    // The ids of a bare log are counted from its beginning.
    guard !part.link.ends.beginsBare, cursor.skip == 0 else { return nil }
    let notes = chain.notes.notes(of: part.link.item.stamp.identity)
    guard notes.tornCount == notes.torn.count, cursor.place < part.end,
      let range = notes.read.first(where: { $0.contains(cursor.place) })
    else { return nil }
    let upper = min(range.upperBound, part.end)
    let torn = notes.torn.filter { (cursor.place..<upper).contains($0.offset) }
    if upper >= part.end || range.upperBound >= part.link.item.bytes {
      through = last == nil ? part.link.ends.last ?? through : through
    }
    cursor = SegmentCursor(place: upper)
    // A rotation renames the file, and the offset stays.
    return torn.sorted { $0.offset < $1.offset }.map {
      TornLine(file: part.link.item.path, offset: $0.offset, length: $0.length)
    }
  }

  /// The bytes after the last line feed of a file that no longer grows.
  private func unfinished(_ part: Part) -> [TornLine] {
    let item = part.link.item
    guard item.name.isArchive, !item.name.isDatabase, part.end == item.bytes,
      cursor.place < item.bytes
    else { return [] }
    return [
      TornLine(file: item.path, offset: cursor.place, length: item.bytes - cursor.place)
    ]
  }

  private func step(_ torn: [TornLine], _ part: Part) -> Step {
    Step(
      torn: torn, through: through, file: part.link.item.path, offset: cursor.place,
      bytesDone: bytesDone + part.bytes(before: cursor.place),
      bytesTotal: bytesDone + (parts ?? []).reduce(0) { $0 + $1.bytes })
  }
}

extension PersistenceDirectory {
  /// A search for torn lines, from `start` through the id `last`; with nil, to the log's present end.
  package func tornSearch(from start: Start, through last: UInt64? = nil) -> TornSearch {
    TornSearch(chain: chain, from: start, through: last)
  }
}
