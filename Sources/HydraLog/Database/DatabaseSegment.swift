internal import EventPersistence
internal import Foundation
internal import SQLite

/// A node's `hydra.db`, or an archive of one, as a stretch of its log.
///
/// Whatever the node does to the rows meanwhile (a rotation, a re-encoding, a lost tail), each call
/// answers from one transaction, which also checks that the segment is still the same: the same
/// file, beginning with the same event.
struct DatabaseSegment: LogSegment {
  let name: String
  let identity: FileIdentity
  let placesAreBytes = false
  private let reader: DatabaseReader
  /// The lowest id when the segment was made. A rotation deletes the rows and so raises it.
  private let firstId: Int64?
  private let format: LogFormat?

  /// The database `name` in `directory`, which a listing has found.
  ///
  /// - Throws: `.missing`, `.unreadable`, `.damaged` (the message says what the file is instead),
  ///   `.unsupported` (the message names its version), and for a half-written archive `.changed`.
  init(directory: String, name: String, isArchive: Bool) throws(SourceError) {
    self.name = name
    reader = DatabaseReader(path: "\(directory)/\(name)", isArchive: isArchive)
    let reader = reader
    let (found, look) = try reader.judged { () throws(SourceError) in
      try reader.read { (connection) throws(SQLiteFailure) in
        let version = try DatabaseVersion(of: connection)
        guard version.format != nil else { return Found(version: version) }
        return try Found(version, connection, isArchive: isArchive)
      }
    }
    try found.version.requireReadable(path: reader.path)
    if let damage = found.endDamage {
      // What can be read of it is read, unless it is still being written.
      let error = reader.judged(reader.sentence(for: damage, look: look))
      guard case .damaged = error.kind else { throw error }
    } else if isArchive, found.last == nil || found.last != ArchiveFile.lastId(name: name) {
      throw ArchiveFile.incomplete(path: reader.path, name: name, lastId: found.last)
    }
    format = found.form.map { $0 == .cbor ? .sqliteCBOR : .sqliteJSON } ?? found.version.format
    firstId = found.first
    identity = look.database.identity
  }

  /// What the first look at a database finds.
  private struct Found {
    var version: DatabaseVersion
    /// The form of the last row; nil if there is none, or it cannot be read.
    var form: RowForm?
    var first: Int64?
    /// Nil also for a live one.
    var last: Int64?
    /// Why the last event of an archive cannot be read, though others can.
    var endDamage: SQLiteFailure?

    init(version: DatabaseVersion) { self.version = version }

    init(
      _ version: DatabaseVersion, _ connection: borrowing ReadOnlyConnection, isArchive: Bool
    ) throws(SQLiteFailure) {
      self.version = version
      form = try connection.lastForm()
      first = try connection.firstId()
      guard isArchive else { return }
      do throws(SQLiteFailure) { last = try connection.lastId() } catch {
        guard error.kind == .corrupt, first != nil else { throw error }
        endDamage = error
      }
    }
  }

  func format(of ends: SegmentEnds) -> LogFormat? { format }

  func ends(knowing known: SegmentEnds?) throws(SourceError) -> SegmentEnds {
    var damage: SQLiteFailure?
    var ends = try answer { (connection) throws(SQLiteFailure) in
      var ends = SegmentEnds()
      if let known, let first = known.first, Int64(exactly: first.eventId) == firstId,
        known.second != nil
      {
        // A head's `Checkpoint` can be large, and only its id is needed.
        ends.first = first
        ends.second = known.second
      } else {
        let first = try connection.events(from: firstId ?? 0, count: 2)
        ends.first = first.first
        ends.second = first.dropFirst().first
      }
      ends.beginsDamaged = try connection.beginsDamaged()
      do throws(SQLiteFailure) { ends.last = try connection.lastEvent(before: nil) } catch {
        guard error.kind == .corrupt, ends.first != nil else { throw error }
        damage = error
      }
      return ends
    }
    if let damage {
      let look = try DatabaseLook(path: reader.path)
      let error = reader.judged(reader.sentence(for: damage, look: look))
      guard case .damaged = error.kind else { throw error }
      ends?.damage = error
    }
    return ends ?? SegmentEnds()
  }

  func locate(id: UInt64) throws(SourceError) -> SegmentCursor {
    let cursor = try answer { (connection) throws(SQLiteFailure) in
      try connection.cursor(at: Int64(clamping: id))
    }
    return cursor ?? .start
  }

  func locate(time: EventTime, in course: TimeCourse) throws(SourceError) -> SegmentCursor {
    let cursor = try answer { (connection) throws(SQLiteFailure) in
      try connection.cursor(at: try connection.firstId(since: time, in: course))
    }
    return cursor ?? .start
  }

  func part(from cursor: SegmentCursor, _ limits: BatchLimits) throws(SourceError) -> SegmentPart {
    guard let from = Int64(exactly: cursor.place) else { return .nothing(at: cursor) }
    let next = foreseen(after: cursor, limits)
    let ids = from...(next.map { Int64($0.place) - 1 } ?? .max)
    var readable: Position?
    let found: (before: [UInt8]?, page: RowPage)??
    do throws(SourceError) {
      found = try answer { (connection) throws(SQLiteFailure) in
        if let previous = cursor.previous, try !connection.holds(previous) {
          return nil as (before: [UInt8]?, page: RowPage)?
        }
        do throws(SQLiteFailure) {
          let rows = try connection.rows(from - 1...from - 1)
          let before = cursor.bytesAnEvent > 0 ? try RowPage.trail(of: rows) : nil
          // With the row before them, if that was read: damage after it shows then, which a search for
          // their ids may leap over.
          let isAfterRead = cursor.previous.map { $0.eventId == from - 1 } ?? false
          rows.restart(isAfterRead ? from - 1 : from, ids.upperBound)
          let page = try connection.readingAhead { () throws(SQLiteFailure) in
            try RowPage(rows, from: from, stored(limits))
          }
          return (before, page)
        } catch {
          if error.kind == .corrupt { readable = connection.firstReadable(after: from) }
          throw error
        }
      }
    } catch {
      guard case .damaged = error.kind else { throw error }
      throw SourceError(.damaged(next: readable), error.message)
    }
    guard let found else { return .nothing(at: cursor) }
    guard let (before, page) = found else {
      throw changed("its event \(cursor.previous!) is gone")
    }
    let isEnd = page.isLast && next == nil
    return SegmentPart(before: before, next: isEnd ? nil : page.end) {
      let events = RowEvents(of: page, limits, file: name)
      guard let last = events.lastId else { return SegmentRead(cursor: cursor) }
      let after = SegmentCursor(
        place: UInt64(clamping: last) + 1, previous: events.batch?.last ?? cursor.previous)
      return SegmentRead(
        batch: events.batch, cursor: after, torn: events.torn, tornPlaces: events.tornPlaces)
    }
  }

  /// A node counts its events one by one, so that about as many ids have about as many bytes.
  func foreseen(after cursor: SegmentCursor, _ limits: BatchLimits) -> SegmentCursor? {
    guard cursor.bytesAnEvent > 0 else { return nil }
    let stored = stored(limits)
    let count = max(1, min(stored.events, stored.bytes / cursor.bytesAnEvent / 8 * 7))
    let place = cursor.place + UInt64(count)
    guard place <= Position.idMax else { return nil }
    var next = SegmentCursor(place: place)
    next.bytesAnEvent = cursor.bytesAnEvent
    return next
  }

  /// The limits of rows whose events are within `limits`.
  private func stored(_ limits: BatchLimits) -> BatchLimits {
    var stored = limits
    // Bytes become two hexadecimal digits each, and their names are written out.
    if format == .sqliteCBOR { stored.bytes /= 3 }
    return stored
  }

  func byteCount(from: SegmentCursor, to: SegmentCursor?) throws(SourceError) -> UInt64? {
    let found: ClosedRange<Int64>??
    do throws(SourceError) {
      found = try answer { (connection) throws(SQLiteFailure) in try connection.ids() }
    } catch {
      // If an end is damaged, the sizes are not known.
      guard case .damaged = error.kind else { throw error }
      return nil
    }
    guard let ids = found ?? nil else { return 0 }
    let bytes = try DatabaseLook(path: reader.path).database.byteCount
    // Assumes that all rows have the same size: adding up the real sizes would read them all.
    let all = Double(ids.upperBound) - Double(ids.lowerBound) + 1
    let low = max(Double(from.place), Double(ids.lowerBound))
    let high = min(to.map { Double($0.place) } ?? .infinity, Double(ids.upperBound) + 1)
    return UInt64(Double(bytes) * max(0, high - low) / all)
  }

  /// The result of `body` in one transaction on this same segment; nil if it has no table yet.
  private func answer<Answer>(
    _ body: (borrowing ReadOnlyConnection) throws(SQLiteFailure) -> Answer
  ) throws(SourceError) -> Answer? {
    let (found, look) = try reader.judged { () throws(SourceError) in
      try reader.read {
        connection throws(SQLiteFailure) -> (DatabaseVersion, isSame: Bool, Answer?) in
        let version = try DatabaseVersion(of: connection)
        guard version.format != nil else { return (version, firstId == nil, nil) }
        guard try connection.begins(with: firstId) else { return (version, false, nil) }
        return (version, true, try body(connection))
      }
    }
    guard look.database.identity == identity else { throw changed("another file has its name") }
    try found.0.requireReadable(path: reader.path)
    guard found.isSame else { throw changed("it begins with another event") }
    return found.2
  }

  private func changed(_ what: String) -> SourceError {
    SourceError(
      .changed, "\(reader.path) has changed: \(what). hydra-sinks reads the directory again.")
  }
}
