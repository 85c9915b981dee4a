import EventPersistence

/// A window on the log: the loaded rows, at most `capacity`, and how the user views them.
///
/// While it is *attached*, its end is the head, and new rows are appended. Scrolling back far,
/// going to a place, or freezing the display detaches it; then new rows are only counted.
struct EventStream: Sendable {
  enum Item: Sendable, Hashable {
    case row(EventRow)
    /// The number of events at this place that came too fast to be shown.
    case left(UInt64)
    /// Events at this place are lost, or cannot be read: a sentence.
    case loss(String)
  }

  static let capacity = 4000
  /// How many rows one request loads.
  static let page = 500

  /// The loaded rows.
  private(set) var window = StreamWindow()

  var scroll = Scroll()
  /// Whether the last row is kept in sight.
  var isFollowing = true
  private(set) var isAttached = true
  private(set) var atFirst = false
  /// How many rows arrived and were not seen: shown as "+N new".
  private(set) var unseen: UInt64 = 0
  /// How far back the log was searched with this filter; nil if it was not.
  private(set) var searchedTo: Position?
  /// Whether the search has reached the log's beginning.
  private(set) var isSearchedWhole = false
  /// The pending request; while there is one, arriving rows are only counted.
  private(set) var pending: LoadRequest?
  private var arrivedWhileLoading = false
  /// Whether the last request failed.
  private var hasFailed = false
  /// Whether the next rows may overlap with those of the last load.
  private var loadedThrough: Position?

  var items: [Item] { window.items }
  var filter: Filter? { window.filter }
  var foundCount: Int { window.foundCount }
  var count: Int { window.count }
  var firstRow: EventRow? { window.firstRow }
  var lastRow: EventRow? { window.lastRow }

  subscript(index: Int) -> Item { window[index] }

  var selectedItem: Item? { count > 0 ? self[min(max(0, scroll.selected), count - 1)] : nil }

  /// The index of an event among the visible items.
  func index(of position: Position) -> Int? { window.index(of: position) }

  /// The row before the item with this index.
  func row(before index: Int) -> EventRow? { window.row(before: index) }

  /// Whether only some of the latest events are loaded.
  var isSampled: Bool {
    items.suffix(60).contains { if case .left = $0 { true } else { false } }
  }

  // MARK: - What arrives

  /// Takes new rows; `isHeld`: the display is frozen. Linear in their number.
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
    if left > 0 { window.append(left: left) }
    for row in rows.suffix(Self.capacity) { window.append(row) }
    if isFollowing {
      unseen = 0
      scroll.selected = count - 1
    } else {
      unseen += total
    }
    if items.count > Self.capacity * 5 / 4 { dropOldest() }
  }

  private mutating func dropOldest() {
    guard let hidden = window.dropOldest(capacity: Self.capacity) else { return }
    atFirst = false
    moveUp(hidden)
  }

  private mutating func dropNewest() {
    if window.dropNewest(capacity: Self.capacity) { isAttached = false }
  }

  /// Adjusts to the loss of so many visible items at the front.
  private mutating func moveUp(_ rows: Int) {
    scroll.selected = max(0, scroll.selected - rows)
    scroll.top = max(0, scroll.top - rows)
  }

  // MARK: - What was asked for

  /// Notes that `request` is pending.
  mutating func ask(_ request: LoadRequest) -> Command {
    if pending == nil { arrivedWhileLoading = false }
    pending = request
    return .load(request)
  }

  /// What to load if the log that ends at `head` is not the one of the loaded rows: there was no
  /// readable log before, or it lost its end and reuses the ids.
  mutating func reload(for head: Position?) -> Command? {
    guard pending == nil, isAttached, let head else { return nil }
    let isAnother = lastRow.map { head.eventId < $0.position.eventId } ?? hasFailed
    return isAnother ? ask(.tail(count: Self.page)) : nil
  }

  /// Takes the answer; returns another request if rows arrived in the meantime.
  mutating func take(_ loaded: LoadedRows) -> Command? {
    guard loaded.request == pending else { return nil }
    pending = nil
    hasFailed = false
    let rows = loaded.rows.suffix(Self.capacity)
    switch loaded.request {
    case .tail, .around:
      window.replace(with: rows)
      forgetSearch()
      atFirst = loaded.atFirst
      isAttached = loaded.atHead
      unseen = isAttached ? 0 : unseen
      place(loaded.request)
    case .older where foundCount > 0:
      // The found rows are now before them.
      break
    case .older:
      atFirst = loaded.atFirst
      let more = window.prepend(rows, loss: loaded.lossAfter)
      scroll.selected += more
      scroll.top += more
      dropNewest()
    case .newer:
      let wasFollowing = isFollowing
      for row in rows { window.append(row) }
      isAttached = loaded.atHead
      dropOldest()
      if isAttached { unseen = 0 }
      if wasFollowing { scroll.selected = max(0, count - 1) }
    }
    guard isAttached else { return nil }
    if let loss = loaded.lossAfter { window.append(loss: loss) }
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
    case .around(.id(let id), _): select { $0.position.eventId >= id }
    case .around(.after(let position), _): select { $0.position.eventId > position.eventId }
    case .around(.time(let time), _): select { $0.position.time.map { $0 >= time } ?? false }
    case .around(.first, _): scroll = Scroll()
    default: scroll.selected = max(0, count - 1)
    }
    scroll.top = max(0, scroll.selected - 5)
  }

  /// The first row that satisfies a condition; else the last.
  private mutating func select(_ holds: (EventRow) -> Bool) {
    scroll.selected = window.firstIndex(where: holds) ?? count - 1
  }

  // MARK: - Looking

  /// Shows the loaded rows that pass `filter`. Returns rows to load if a search found the selected
  /// one, so that its neighbours appear.
  mutating func setFilter(_ filter: Filter?) -> Command? {
    guard filter?.conditions != self.filter?.conditions else {
      window.rename(filter)
      return nil
    }
    let (selected, lost) = window.setFilter(filter, selected: scroll.selected)
    forgetSearch()
    let last = max(0, count - 1)
    scroll.selected = isFollowing ? last : selected ?? last
    guard filter == nil, let lost else { return nil }
    return ask(.around(.id(lost.position.eventId), count: Self.page))
  }

  /// Whether the user looks at the end of the loaded rows.
  mutating func sawEnd() {
    if isAttached { unseen = 0 }
  }

  // MARK: - Searching

  /// Where the next search backwards begins: before everything that was searched or loaded.
  var searchStart: Position? { searchedTo ?? firstRow?.position }

  /// Removes the rows before the last events that came too fast to be shown, so that a search back
  /// from the rest skips nothing.
  mutating func dropThroughLastGap() {
    guard let hidden = window.dropThroughLastGap() else { return }
    atFirst = false
    moveUp(hidden)
  }

  private mutating func forgetSearch() {
    searchedTo = nil
    isSearchedWhole = false
  }

  /// Puts the results of a search backwards before the loaded rows; returns how many these are.
  mutating func takeFound(_ answer: SearchAnswer) -> Int {
    guard filter != nil else { return 0 }
    if let through = answer.through { searchedTo = through }
    if answer.isAtEnd { isSearchedWhole = true }
    guard !answer.rows.isEmpty else { return 0 }
    window.prependFound(answer.rows)
    scroll.selected += answer.rows.count
    scroll.top += answer.rows.count
    if !isFollowing { dropNewest() }
    return answer.rows.count
  }
}
