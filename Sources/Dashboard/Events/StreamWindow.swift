import EventPersistence

/// The rows of the log that are at hand, and which of them a filter lets through.
///
/// Before the others, those that a search has found, with the counts of what stands between them.
struct StreamWindow: Sendable {
  /// In log order.
  private(set) var items: [EventStream.Item] = []
  /// The indices of the items that the filter lets through, rising; all where there is none.
  private(set) var visible: [Int] = []
  private(set) var filter: Filter?
  /// How many items at the front were found by searching the log.
  private(set) var foundCount = 0

  var count: Int { visible.count }

  /// The visible items, from 0.
  subscript(index: Int) -> EventStream.Item { items[visible[index]] }

  /// Where among the visible items an event stands.
  func index(of position: Position) -> Int? {
    firstIndex { $0.position == position }
  }

  /// The first of the visible rows for which something holds.
  func firstIndex(where holds: (EventRow) -> Bool) -> Int? {
    visible.firstIndex {
      guard case .row(let row) = items[$0] else { return false }
      return holds(row)
    }
  }

  var firstRow: EventRow? {
    for case .row(let row) in items { return row }
    return nil
  }

  var lastRow: EventRow? {
    for case .row(let row) in items.reversed() { return row }
    return nil
  }

  /// The row before the visible item with this index.
  func row(before index: Int) -> EventRow? {
    for case .row(let row) in items[..<visible[index]].reversed() { return row }
    return nil
  }

  // MARK: - Rows

  /// After the rows at hand.
  mutating func append(_ row: EventRow) { append(.row(row)) }

  mutating func append(left count: UInt64) {
    // Two in a row would be one.
    if case .left(let before)? = items.last {
      items[items.count - 1] = .left(before + count)
    } else {
      append(.left(count))
    }
  }

  private mutating func append(_ item: EventStream.Item) {
    items.append(item)
    if isVisible(items.count - 1) { visible.append(items.count - 1) }
  }

  /// In place of the rows at hand.
  mutating func replace(with rows: some Sequence<EventRow>) {
    items = rows.map { .row($0) }
    foundCount = 0
    refilter()
  }

  /// Before the rows at hand; returns how many more are visible.
  mutating func prepend(_ rows: some Sequence<EventRow>) -> Int {
    let before = count
    items.insert(contentsOf: rows.map { .row($0) }, at: 0)
    refilter()
    return count - before
  }

  /// Lets go of the oldest beyond `capacity`; how many visible ones these were, nil where there was none.
  mutating func dropOldest(capacity: Int) -> Int? {
    let dropped = items.count - capacity
    guard dropped > 0 else { return nil }
    items.removeFirst(dropped)
    foundCount = max(0, foundCount - dropped)
    let hidden = visible.prefix { $0 < dropped }.count
    visible = visible.dropFirst(hidden).map { $0 - dropped }
    return hidden
  }

  /// Lets go of the newest beyond `capacity`; false where there was none.
  mutating func dropNewest(capacity: Int) -> Bool {
    guard items.count > capacity else { return false }
    items.removeLast(items.count - capacity)
    visible.removeAll { $0 >= items.count }
    return true
  }

  /// Lets go of all through the last stretch that came too fast to be shown; how many visible ones these
  /// were, nil where there is no such stretch.
  mutating func dropThroughLastGap() -> Int? {
    guard foundCount == 0,
      let gap = items.lastIndex(where: { if case .left = $0 { true } else { false } })
    else { return nil }
    let before = count
    items.removeFirst(gap + 1)
    refilter()
    return before - count
  }

  // MARK: - The filter, and what a search finds

  private func isVisible(_ index: Int) -> Bool {
    guard let filter else { return true }
    guard case .row(let row) = items[index] else { return false }
    // What was found in the log was looked at whole.
    return index < foundCount || filter.matches(row)
  }

  private mutating func refilter() {
    visible = filter == nil ? Array(items.indices) : items.indices.filter { isVisible($0) }
  }

  /// Shows what `filter` lets through, and forgets what was found with another one.
  ///
  /// Where the visible item `selected`, or else the next one, stands then; and the row of it that is gone
  /// with what was found.
  mutating func setFilter(
    _ filter: Filter?, selected: Int
  ) -> (selected: Int?, lost: EventRow?) {
    var index = count > 0 ? visible[min(max(0, selected), count - 1)] : 0
    var lost: EventRow?
    if foundCount > 0 {
      if index < foundCount, case .row(let row) = items[index] { lost = row }
      index = max(0, index - foundCount)
      items.removeFirst(foundCount)
      foundCount = 0
    }
    self.filter = filter
    refilter()
    return (visible.firstIndex { $0 >= index }, lost)
  }

  /// The same filter, as it was typed anew.
  mutating func rename(_ filter: Filter?) { self.filter = filter }

  /// Puts what a search backwards found before the rows at hand.
  mutating func prependFound(_ rows: [EventRow]) {
    var found: [EventStream.Item] = []
    for (index, row) in rows.enumerated() {
      found.append(.row(row))
      let next = index + 1 < rows.count ? rows[index + 1] : firstRow
      if let id = next?.position.eventId, id > row.position.eventId + 1 {
        found.append(.left(id - row.position.eventId - 1))
      }
    }
    items.insert(contentsOf: found, at: 0)
    foundCount += found.count
    refilter()
  }
}
