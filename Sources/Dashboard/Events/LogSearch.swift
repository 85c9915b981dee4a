package import EventPersistence
internal import Wording

/// A search through the log itself, beyond the loaded rows.
///
/// It runs backwards, because most matches are near the end; forwards from a place that the user
/// went to.
package struct LogSearch: Sendable, Hashable {
  package enum Direction: Sendable, Hashable { case backward, forward }

  /// Distinguishes the answers of one search from those of another.
  package var id: UInt64
  package var direction: Direction
  /// The events before it (or after it) are searched.
  package var from: Position
  /// The search ends after so many matches, and can continue from there.
  package var count: Int

  let filter: Filter

  /// The most rows that one search returns.
  static let countMax = 200

  init(id: UInt64, _ direction: Direction, from: Position, count: Int = countMax, filter: Filter) {
    self.id = id
    self.direction = direction
    self.from = from
    self.count = count
    self.filter = filter
  }

  /// The lowest and the highest id that can match: nothing outside needs to be read.
  package var ids: ClosedRange<UInt64> {
    filter.conditions.reduce(0 ... .max) { range, condition in
      guard !condition.isNegated, case .ids(let ids) = condition.term else { return range }
      guard range.overlaps(ids) else { return range.lowerBound...range.lowerBound }
      return range.clamped(to: ids)
    }
  }

  /// Nothing before this time can match.
  package var since: EventTime? {
    filter.conditions.compactMap { condition in
      guard !condition.isNegated, case .since(let time) = condition.term else { return nil }
      return time
    }.max()
  }

  /// Whether an event can match, judged without making a row of it; this excludes most events.
  package func canMatch(_ position: Position, _ json: UnsafeRawBufferPointer) -> Bool {
    filter.conditions.allSatisfy { condition in
      let holds: Bool
      switch condition.term {
      // The summary may contain it.
      case .word: return true
      case .tag(let tag): holds = Filter.contains(position.tag ?? "", tag)
      case .ids(let ids): holds = ids.contains(position.eventId)
      case .larger(let bytes): holds = json.count > bytes
      case .smaller(let bytes): holds = json.count < bytes
      case .since(let time): holds = position.time.map { $0 >= time } ?? false
      case .transaction(let digits): holds = Self.hasTransaction(digits, json)
      }
      return holds != condition.isNegated
    }
  }

  /// Whether the event of `row`, which can match, does match.
  package func matches(_ row: EventRow) -> Bool {
    filter.conditions.allSatisfy { condition in
      guard case .word = condition.term else { return true }
      return filter.holds(condition.term, row) != condition.isNegated
    }
  }

  /// Whether the id of a transaction in the JSON begins with these lower-case hex digits.
  private static func hasTransaction(
    _ digits: String, _ json: UnsafeRawBufferPointer
  ) -> Bool {
    var isFound = false
    TransactionIds.find(in: json) { id in
      isFound = id.prefix(digits.utf8.count).elementsEqual(digits.utf8) { $0 | 0x20 == $1 | 0x20 }
      return !isFound
    }
    return isFound
  }
}

/// How far a search has come.
package struct SearchProgress: Sendable, Hashable {
  package var id: UInt64
  /// Everything between its start and this event has been read.
  package var at: Position
  /// Read so far.
  package var events: UInt64
  /// What is left to read, at most: it may find enough earlier.
  package var left: UInt64
  /// Since it began; nil while that is too short.
  package var eventsPerSecond: Double?

  package init(
    id: UInt64, at: Position, events: UInt64, left: UInt64, eventsPerSecond: Double?
  ) {
    self.id = id
    self.at = at
    self.events = events
    self.left = left
    self.eventsPerSecond = eventsPerSecond
  }

  /// The share that was read, from 0 to 1.
  var share: Double {
    let all = Double(events) + Double(left)
    return all > 0 ? Double(events) / all : 1
  }

  /// At most.
  var secondsLeft: Double? {
    eventsPerSecond.flatMap { $0 > 0 ? Double(left) / $0 : nil }
  }
}

/// What a search has found.
package struct SearchAnswer: Sendable, Hashable {
  package var id: UInt64
  /// In log order.
  package var rows: [EventRow]
  /// Everything between its start and this event has been searched; nil: nothing yet.
  package var through: Position?
  /// The search is over.
  package var isOver: Bool
  /// It is over because it reached the end of the log in its direction.
  package var isAtEnd: Bool
  /// It is over because the log could not be read.
  package var error: String?
  /// Why a part of the log could not be searched; nil: it could.
  package var unread: String?

  package init(
    id: UInt64, rows: [EventRow], through: Position?, isOver: Bool, isAtEnd: Bool = false,
    error: String? = nil, unread: String? = nil
  ) {
    self.id = id
    self.rows = rows
    self.through = through
    self.isOver = isOver
    self.isAtEnd = isAtEnd
    self.error = error
    self.unread = unread
  }
}
