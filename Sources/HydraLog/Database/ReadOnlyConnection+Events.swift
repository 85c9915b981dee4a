internal import EventPersistence
internal import SQLite

/// Queries of a node's `events` table, all by its primary key.
extension ReadOnlyConnection {
  /// A row's id, and its bytes; if they exceed a batch, their number, which SQLite knows without
  /// reading them.
  private static let row = """
    SELECT event_id, iif(length(event_data) <= \(bytesMax), event_data, length(event_data))
    FROM events
    """

  /// The largest row that is read. A node's largest rows are thousands of times smaller.
  static let bytesMax = 256 << 20

  /// The lowest and the highest id; nil if there is no row.
  func ids() throws(SQLiteFailure) -> ClosedRange<Int64>? {
    guard let first = try firstId(), let last = try lastId() else { return nil }
    return first...last
  }

  /// The lowest id; if the pages of the lowest ones are damaged, that of the first event that can be
  /// read.
  func firstId() throws(SQLiteFailure) -> Int64? {
    do throws(SQLiteFailure) { return try lowestId() } catch {
      guard error.kind == .corrupt, let first = firstReadable(after: -1) else { throw error }
      return Int64(first.eventId)
    }
  }

  /// Whether `id` is still the first one: the result of `firstId`, but without a search.
  func begins(with id: Int64?) throws(SQLiteFailure) -> Bool {
    do throws(SQLiteFailure) { return try lowestId() == id } catch {
      guard error.kind == .corrupt, let id else { throw error }
      return try events(from: id, count: 1).first?.eventId == UInt64(id)
    }
  }

  /// Whether the row of the lowest id cannot be read.
  func beginsDamaged() throws(SQLiteFailure) -> Bool {
    try unlessDamaged { () throws(SQLiteFailure) in _ = try lowestId() } == nil
  }

  private func lowestId() throws(SQLiteFailure) -> Int64? {
    try integer("SELECT min(event_id) FROM events")
  }

  func lastId() throws(SQLiteFailure) -> Int64? {
    try integer("SELECT max(event_id) FROM events")
  }

  /// The form of the last row; nil if there is none, or it cannot be read.
  func lastForm() throws(SQLiteFailure) -> RowForm? {
    let form = try unlessDamaged { () throws(SQLiteFailure) -> RowForm? in
      let statement = try statement(
        "SELECT substr(event_data, 1, 1) FROM events ORDER BY event_id DESC LIMIT 1")
      return try statement.step() ? RowForm(try statement.bytes(0)) : nil
    }
    return form ?? nil
  }

  /// The highest id; `noLast` if its page is damaged.
  private var lastIdMax: Int64 {
    do throws(SQLiteFailure) { return try lastId() ?? -1 } catch { return Self.noLast }
  }

  /// Above the id of every event.
  private static let noLast = Int64(Position.idMax)

  /// The rows whose id is `id` or higher, in order.
  func rows(from id: Int64) throws(SQLiteFailure) -> SQLiteStatement { try rows(id...(.max)) }

  /// The rows with these ids, in order.
  func rows(_ ids: ClosedRange<Int64>) throws(SQLiteFailure) -> SQLiteStatement {
    try statement(
      "\(Self.row) WHERE event_id BETWEEN ?1 AND ?2 ORDER BY event_id", ids.lowerBound,
      ids.upperBound)
  }

  /// The positions of the first `count` events whose id is `id` or higher; skips rows that are not
  /// events.
  func events(from id: Int64, count: Int) throws(SQLiteFailure) -> [Position] {
    let statement = try rows(from: id)
    var found: [Position] = []
    var idMin = id
    for _ in 0..<Self.rowsMax {
      guard found.count < count, try statement.step(unlessDamagedAfter: found.count) else { break }
      let row = statement.integer(0)
      guard row >= idMin else {
        guard !found.isEmpty else { throw .corrupt("row \(row) stands where \(id) or later must") }
        break
      }
      idMin = row == .max ? row : row + 1
      if let position = try Self.position(statement) { found.append(position) }
    }
    return found
  }

  /// The first event after the damage at `id`; nil if none can be read.
  ///
  /// Tries each of the next ids, as many as several pages hold, then takes ever longer steps. What
  /// can be read between two damaged places is missed only beyond these, and within one step.
  func firstReadable(after id: Int64) -> Position? {
    // Its end may be damaged, too.
    let last = lastIdMax
    var low = id
    var step: Int64 = 1
    while low < last {
      var high = low + min(step, last - low)
      if var found = firstEvent(from: high) {
        while high - low > 1 {
          let middle = low + (high - low) / 2
          if let event = firstEvent(from: middle) {
            (high, found) = (middle, event)
          } else {
            low = middle
          }
        }
        return found
      }
      low = high
      if low - id >= Self.idsTried { step *= 2 }
    }
    return nil
  }

  private func firstEvent(from id: Int64) -> Position? { (try? events(from: id, count: 1))?.first }

  /// The position of the last event whose id is below `id`, or of the last event with nil; skips
  /// rows that are not events.
  func lastEvent(before id: Int64?) throws(SQLiteFailure) -> Position? {
    let comparison = id == nil ? "<=" : "<"
    let statement = try statement(
      "\(Self.row) WHERE event_id \(comparison) ?1 ORDER BY event_id DESC", id ?? .max)
    for _ in 0..<Self.rowsMax {
      guard try statement.step() else { return nil }
      if let position = try Self.position(statement) { return position }
    }
    return nil
  }

  /// Whether the database has the event at `position`.
  func holds(_ position: Position) throws(SQLiteFailure) -> Bool {
    let statement = try statement(
      "\(Self.row) WHERE event_id = ?1",
      Int64(clamping: position.eventId))
    guard try statement.step(), let found = try Self.position(statement) else { return false }
    return found.agrees(with: position)
  }

  /// The cursor before the first row whose id is `id` or higher; after the last row if there is none.
  func cursor(at id: Int64) throws(SQLiteFailure) -> SegmentCursor {
    let isEmpty = try unlessDamaged { () throws(SQLiteFailure) in try lowestId() == nil }
    if isEmpty ?? false { return .start }
    // Damage before the cursor does not matter, and what is damaged at it is there.
    let previous =
      try unlessDamaged { () throws(SQLiteFailure) in try lastEvent(before: id) } ?? nil
    let isThere = try unlessDamaged { () throws(SQLiteFailure) in
      try statement("SELECT 1 FROM events WHERE event_id >= ?1", id).step()
    }
    if isThere ?? true { return SegmentCursor(place: UInt64(clamping: id), previous: previous) }
    return SegmentCursor(
      place: try lastId().map { UInt64(clamping: $0) + 1 } ?? 0, previous: previous)
  }

  /// The first id whose event is of `time` or later; above the last id if there is none.
  func firstId(since time: EventTime, in course: TimeCourse) throws(SQLiteFailure) -> Int64 {
    guard let first = try firstId() else { return 0 }
    let last = lastIdMax
    var low = max(first, 0)
    var high = last == .max ? .max : last + 1
    while low < high {
      let middle = low + (high - low) / 2
      guard let probe = try timedEvent(from: middle, below: high, isEndKnown: last != Self.noLast)
      else {
        high = middle
        continue
      }
      if course.isBefore(probe, time) { low = Int64(probe.eventId) + 1 } else { high = middle }
    }
    return low
  }

  /// The first event with a time whose id is in `from..<below`.
  private func timedEvent(
    from: Int64, below: Int64, isEndKnown: Bool
  ) throws(SQLiteFailure) -> Position? {
    let found = try unlessDamaged { () throws(SQLiteFailure) -> Position? in
      let statement = try rows(from: from)
      for _ in 0..<Self.rowsMax {
        guard try statement.step(), statement.integer(0) < below else { return nil }
        if let position = try Self.position(statement), position.time != nil { return position }
      }
      return nil
    }
    if let found { return found }
    guard isEndKnown, let next = firstReadable(after: from), next.eventId < UInt64(below) else {
      return nil
    }
    return next.time == nil ? nil : next
  }

  /// The answer of `body`; nil if that needs a damaged page.
  private func unlessDamaged<Answer>(
    _ body: () throws(SQLiteFailure) -> Answer
  ) throws(SQLiteFailure) -> Answer? {
    do throws(SQLiteFailure) { return try body() } catch {
      guard error.kind == .corrupt else { throw error }
      return nil
    }
  }

  private static func position(_ statement: borrowing SQLiteStatement) throws(SQLiteFailure)
    -> Position?
  {
    RowEvents.position(id: statement.integer(0), bytes: try statement.bytes(1))
  }

  /// A search for an event gives up after this many rows that are not events.
  private static let rowsMax = 1000

  /// Ids after a damaged place that are tried one by one.
  private static let idsTried: Int64 = 4096
}

extension SQLiteStatement {
  /// The next step; false also at a damaged page, if `count` rows before it were read.
  func step(unlessDamagedAfter count: Int) throws(SQLiteFailure) -> Bool {
    do throws(SQLiteFailure) { return try step() } catch {
      guard error.kind == .corrupt, count > 0 else { throw error }
      return false
    }
  }
}
