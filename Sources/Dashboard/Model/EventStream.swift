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
    if isVisible(item) { visible.append(items.count - 1) }
  }

  private func isVisible(_ item: Item) -> Bool {
    guard let filter else { return true }
    guard case .row(let row) = item else { return false }
    return filter.matches(row)
  }

  private mutating func dropOldest() {
    let dropped = items.count - Self.capacity
    guard dropped > 0 else { return }
    items.removeFirst(dropped)
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
      atFirst = loaded.atFirst
      isAttached = loaded.atHead
      unseen = isAttached ? 0 : unseen
      refilter()
      place(loaded.request)
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

  mutating func setFilter(_ filter: Filter?) {
    let selected = count > 0 ? visible[min(max(0, scroll.selected), count - 1)] : 0
    self.filter = filter
    refilter()
    scroll.selected =
      isFollowing ? max(0, count - 1) : visible.firstIndex { $0 >= selected } ?? max(0, count - 1)
  }

  private mutating func refilter() {
    visible = filter == nil ? Array(items.indices) : items.indices.filter { isVisible(items[$0]) }
  }

  /// The user looks at the end of what is there.
  mutating func sawEnd() {
    if isAttached { unseen = 0 }
  }
}
