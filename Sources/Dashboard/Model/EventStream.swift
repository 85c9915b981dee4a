import EventPersistence

/// A window on the log: the rows that are at hand, at most `capacity`, and how the user looks at them.
///
/// While it is *attached* its end is the head, and new rows are appended. Scrolling back far, going to a
/// place and freezing the display detach it; new rows are then counted only.
struct EventStream: Sendable {
  enum Item: Sendable, Hashable {
    case row(EventRow)
    /// So many events stand here that came too fast to be shown.
    case left(UInt64)
  }

  static let capacity = 4000
  /// How many rows are asked for at a time.
  static let page = 500

  /// In log order.
  private(set) var items: [Item] = []
  /// The indices of the items that the filter lets through, rising; all where there is none.
  private(set) var visible: [Int] = []
  private(set) var filter: Filter?

  var scroll = Scroll()
  /// The last row is kept in sight.
  var isFollowing = true
  private(set) var isAttached = true
  private(set) var atFirst = false
  /// Arrived and not looked at: shown as "+N new".
  private(set) var unseen: UInt64 = 0
  /// How many items at the front were found by searching the log: between them stand events that are not at
  /// hand.
  private(set) var foundCount = 0
  /// Back to where the log was searched with this filter; nil where it was not.
  private(set) var searchedTo: Position?
  /// The search back has come to the log's beginning.
  private(set) var isSearchedWhole = false
  /// What was asked for and has not come; while something is, arriving rows are only counted.
  private(set) var pending: LoadRequest?
  private var arrivedWhileLoading = false
  /// The last that was asked for did not come.
  private var hasFailed = false
  /// The first rows that arrive behind a load may be among those it gave.
  private var loadedThrough: Position?

  var count: Int { visible.count }

  subscript(index: Int) -> Item { items[visible[index]] }

  var selectedItem: Item? { count > 0 ? self[min(max(0, scroll.selected), count - 1)] : nil }

  /// Where among the visible items an event stands.
  func index(of position: Position) -> Int? {
    visible.firstIndex {
      guard case .row(let row) = items[$0] else { return false }
      return row.position == position
    }
  }

  /// Of the latest events only some are at hand.
  var isSampled: Bool {
    items.suffix(60).contains { if case .left = $0 { true } else { false } }
  }

  var firstRow: EventRow? {
    for case .row(let row) in items { return row }
    return nil
  }

  var lastRow: EventRow? {
    for case .row(let row) in items.reversed() { return row }
    return nil
  }

  /// The row before the item with this index.
  func row(before index: Int) -> EventRow? {
    for case .row(let row) in items[..<visible[index]].reversed() { return row }
    return nil
  }

  // MARK: - What arrives

  /// Takes new rows; `isHeld`: the display is frozen. Linear in what arrives.
  mutating func arrive(_ rows: [EventRow], left: UInt64, isHeld: Bool) {
    var rows = rows[...]
    if let through = loadedThrough {
      rows = rows.drop {
        $0.position.eventId < through.eventId || $0.position.agrees(with: through)
      }
      if rows.isEmpty { return }
      loadedThrough = nil
    }
    let total = UInt64(rows.count) + left
    guard total > 0 else { return }
    if pending != nil {
      arrivedWhileLoading = true
      unseen += total
      return
    }
    if isAttached, isHeld || !isFollowing && items.count + rows.count > Self.capacity {
      isAttached = false
    }
    guard isAttached else {
      unseen += total
      return
    }
    if left > 0 { appendLeft(left) }
    for row in rows.suffix(Self.capacity) { append(.row(row)) }
    if isFollowing {
      unseen = 0
      scroll.selected = count - 1
    } else {
      unseen += total
    }
    if items.count > Self.capacity * 5 / 4 { dropOldest() }
  }

  private mutating func appendLeft(_ count: UInt64) {
    // Two in a row would be one.
    if case .left(let before)? = items.last {
      items[items.count - 1] = .left(before + count)
    } else {
      append(.left(count))
    }
  }

  private mutating func append(_ item: Item) {
    items.append(item)
    if isVisible(items.count - 1) { visible.append(items.count - 1) }
  }

  private func isVisible(_ index: Int) -> Bool {
    guard let filter else { return true }
    guard case .row(let row) = items[index] else { return false }
    // What was found in the log was looked at whole.
    return index < foundCount || filter.matches(row)
  }

  private mutating func dropOldest() {
    let dropped = items.count - Self.capacity
    guard dropped > 0 else { return }
    items.removeFirst(dropped)
    foundCount = max(0, foundCount - dropped)
    atFirst = false
    let hidden = visible.prefix { $0 < dropped }.count
    visible = visible.dropFirst(hidden).map { $0 - dropped }
    scroll.selected = max(0, scroll.selected - hidden)
    scroll.top = max(0, scroll.top - hidden)
  }

  private mutating func dropNewest() {
    guard items.count > Self.capacity else { return }
    items.removeLast(items.count - Self.capacity)
    visible.removeAll { $0 >= items.count }
    isAttached = false
  }

  // MARK: - What was asked for

  /// Notes that `request` is asked for.
  mutating func ask(_ request: LoadRequest) -> Command {
    if pending == nil { arrivedWhileLoading = false }
    pending = request
    return .load(request)
  }

  /// What is to be loaded because the log that ends at `head` is not the one that the rows are of: there was
  /// none that could be read, or it lost its end and gives the ids anew.
  mutating func reload(for head: Position?) -> Command? {
    guard pending == nil, isAttached, let head else { return nil }
    let isAnother = lastRow.map { head.eventId < $0.position.eventId } ?? hasFailed
    return isAnother ? ask(.tail(count: Self.page)) : nil
  }

  /// Takes the answer; another request where rows arrived in the meantime.
  mutating func take(_ loaded: LoadedRows) -> Command? {
    guard loaded.request == pending else { return nil }
    pending = nil
    hasFailed = false
    let rows = loaded.rows.suffix(Self.capacity).map(Item.row)
    switch loaded.request {
    case .tail, .around:
      items = rows
      forgetFound()
      atFirst = loaded.atFirst
      isAttached = loaded.atHead
      unseen = isAttached ? 0 : unseen
      refilter()
      place(loaded.request)
    case .older where foundCount > 0:
      // What was found stands before them now.
      break
    case .older:
      items.insert(contentsOf: rows, at: 0)
      atFirst = loaded.atFirst
      let before = count
      refilter()
      scroll.selected += count - before
      scroll.top += count - before
      dropNewest()
    case .newer:
      let wasFollowing = isFollowing
      for row in rows { append(row) }
      isAttached = loaded.atHead
      dropOldest()
      if isAttached { unseen = 0 }
      if wasFollowing { scroll.selected = max(0, count - 1) }
    }
    guard isAttached else { return nil }
    loadedThrough = lastRow?.position
    guard arrivedWhileLoading, let last = loadedThrough else { return nil }
    return ask(.newer(than: last, count: Self.page))
  }

  /// The answer was an error.
  mutating func fail(_ request: LoadRequest) {
    guard pending == request else { return }
    pending = nil
    hasFailed = true
  }

  private mutating func place(_ request: LoadRequest) {
    switch request {
    case .around(.id(let id), _):
      scroll.selected = visible.firstIndex { index(items[$0], isAtOrBehind: id) } ?? count - 1
    case .around(.after(let position), _):
      let id = position.eventId
      scroll.selected = visible.firstIndex { index(items[$0], isAtOrBehind: id + 1) } ?? count - 1
    case .around(.time(let time), _):
      scroll.selected =
        visible.firstIndex {
          guard case .row(let row) = items[$0] else { return false }
          return row.position.time.map { $0 >= time } ?? false
        } ?? count - 1
    case .around(.first, _): scroll = Scroll()
    default: scroll.selected = max(0, count - 1)
    }
    scroll.top = max(0, scroll.selected - 5)
  }

  private func index(_ item: Item, isAtOrBehind id: UInt64) -> Bool {
    guard case .row(let row) = item else { return false }
    return row.position.eventId >= id
  }

  // MARK: - Looking

  /// Shows what `filter` lets through of what is at hand; rows to load where the selected one was found by
  /// a search, since without it what stands around it is to be seen.
  mutating func setFilter(_ filter: Filter?) -> Command? {
    guard filter?.conditions != self.filter?.conditions else {
      self.filter = filter
      return nil
    }
    var selected = count > 0 ? visible[min(max(0, scroll.selected), count - 1)] : 0
    var command: Command?
    if foundCount > 0 {
      if filter == nil, selected < foundCount, case .row(let row) = items[selected] {
        command = ask(.around(.id(row.position.eventId), count: Self.page))
      }
      selected = max(0, selected - foundCount)
      items.removeFirst(foundCount)
    }
    forgetFound()
    self.filter = filter
    refilter()
    scroll.selected =
      isFollowing ? max(0, count - 1) : visible.firstIndex { $0 >= selected } ?? max(0, count - 1)
    return command
  }

  private mutating func refilter() {
    visible = filter == nil ? Array(items.indices) : items.indices.filter { isVisible($0) }
  }

  /// The user looks at the end of what is there.
  mutating func sawEnd() {
    if isAttached { unseen = 0 }
  }

  // MARK: - Searching

  /// Where a search that goes on backwards begins: before everything that was searched or is at hand.
  var searchStart: Position? { searchedTo ?? firstRow?.position }

  /// Lets go of the rows before the last stretch that came too fast to be shown, so that a search back from
  /// what remains leaves nothing out.
  mutating func dropThroughLastGap() {
    guard foundCount == 0,
      let gap = items.lastIndex(where: { if case .left = $0 { true } else { false } })
    else { return }
    items.removeFirst(gap + 1)
    atFirst = false
    let before = count
    refilter()
    scroll.selected = max(0, scroll.selected - (before - count))
    scroll.top = max(0, scroll.top - (before - count))
  }

  private mutating func forgetFound() {
    foundCount = 0
    searchedTo = nil
    isSearchedWhole = false
  }

  /// Puts what a search backwards found before what is at hand; how many rows that are.
  mutating func takeFound(_ answer: SearchAnswer) -> Int {
    guard filter != nil else { return 0 }
    if let through = answer.through { searchedTo = through }
    if answer.isAtEnd { isSearchedWhole = true }
    guard !answer.rows.isEmpty else { return 0 }
    var found: [Item] = []
    for (index, row) in answer.rows.enumerated() {
      found.append(.row(row))
      let next = index + 1 < answer.rows.count ? answer.rows[index + 1] : firstRow
      if let id = next?.position.eventId, id > row.position.eventId + 1 {
        found.append(.left(id - row.position.eventId - 1))
      }
    }
    items.insert(contentsOf: found, at: 0)
    foundCount += found.count
    refilter()
    scroll.selected += answer.rows.count
    scroll.top += answer.rows.count
    if !isFollowing { dropNewest() }
    return answer.rows.count
  }
}
