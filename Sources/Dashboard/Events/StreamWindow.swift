import EventPersistence

/// The loaded rows of the log, and which of them pass a filter.
///
/// The rows that a search has found come before the others, with the counts of the events between
/// them.
struct StreamWindow: Sendable {
  /// In log order.
  private(set) var items: [EventStream.Item] = []
  /// The rising indices of the items that pass the filter; all without one.
  private(set) var visible: [Int] = []
  private(set) var filter: Filter?
  /// How many items at the front came from searching the log.
  private(set) var foundCount = 0

  var count: Int { visible.count }

  /// The visible items, from 0.
  subscript(index: Int) -> EventStream.Item { items[visible[index]] }

  /// The index of an event among the visible items.
  func index(of position: Position) -> Int? {
    firstIndex { $0.position == position }
  }

  /// The first visible row that satisfies a condition.
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

  /// Appends rows after the loaded ones.
  mutating func append(_ row: EventRow) {
    for item in Self.items(of: row) { append(item) }
  }

  mutating func append(loss: String) {
    if items.last != .loss(loss) { append(.loss(loss)) }
  }

  /// A row, after what is lost before it.
  private static func items(of row: EventRow) -> [EventStream.Item] {
    (row.lossBefore.map { [.loss($0)] } ?? []) + [.row(row)]
  }

  mutating func append(left count: UInt64) {
    // Two neighbouring counts become one.
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

  /// Replaces the loaded rows.
  mutating func replace(with rows: some Sequence<EventRow>) {
    items = rows.flatMap(Self.items)
    foundCount = 0
    refilter()
  }

  /// Inserts rows before the loaded ones; returns how many more are visible.
  ///
  /// - Parameter loss: what is lost between these rows and the loaded ones.
  mutating func prepend(_ rows: some Sequence<EventRow>, loss: String? = nil) -> Int {
    let before = count
    if let loss, items.first != .loss(loss) { items.insert(.loss(loss), at: 0) }
    items.insert(contentsOf: rows.flatMap(Self.items), at: 0)
    refilter()
    return count - before
  }

  /// Removes the oldest beyond `capacity`; returns how many of them were visible, or nil if none
  /// was removed.
  mutating func dropOldest(capacity: Int) -> Int? {
    let dropped = items.count - capacity
    guard dropped > 0 else { return nil }
    items.removeFirst(dropped)
    foundCount = max(0, foundCount - dropped)
    let hidden = visible.prefix { $0 < dropped }.count
    visible = visible.dropFirst(hidden).map { $0 - dropped }
    return hidden
  }

  /// Removes the newest beyond `capacity`; false if there was none.
  mutating func dropNewest(capacity: Int) -> Bool {
    guard items.count > capacity else { return false }
    items.removeLast(items.count - capacity)
    visible.removeAll { $0 >= items.count }
    return true
  }

  /// Removes everything through the last events that came too fast to be shown; returns how many of
  /// them were visible, or nil if there are no such events.
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
    // The search already checked the rows that it found.
    return index < foundCount || filter.matches(row)
  }

  private mutating func refilter() {
    visible = filter == nil ? Array(items.indices) : items.indices.filter { isVisible($0) }
  }

  /// Shows the rows that pass `filter`, and forgets those that were found with another filter.
  ///
  /// Returns the new index of the visible item `selected`, or else of the next one; and its row, if
  /// it was a found one and is gone.
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

  /// The same filter, typed differently.
  mutating func rename(_ filter: Filter?) { self.filter = filter }

  /// Puts the rows that a search backwards found before the loaded ones.
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
