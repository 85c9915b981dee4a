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

  /// The rows that are at hand.
  private(set) var window = StreamWindow()

  var scroll = Scroll()
  /// The last row is kept in sight.
  var isFollowing = true
  private(set) var isAttached = true
  private(set) var atFirst = false
  /// Arrived and not looked at: shown as "+N new".
  private(set) var unseen: UInt64 = 0
  /// Back to where the log was searched with this filter; nil where it was not.
  private(set) var searchedTo: Position?
  /// The search back has come to the log's beginning.
  private(set) var isSearchedWhole = false
  /// What was asked for and has not come; while something is, arriving rows are only counted.
  private(set) var pending: LoadRequest?
  private var arrivedWhileLoading = false
  /// The last that was asked for did not come.
  private var hasFailed = false
  /// The first rows that arrive after a load may be among those it gave.
  private var loadedThrough: Position?

  var items: [Item] { window.items }
  var filter: Filter? { window.filter }
  var foundCount: Int { window.foundCount }
  var count: Int { window.count }
  var firstRow: EventRow? { window.firstRow }
  var lastRow: EventRow? { window.lastRow }

  subscript(index: Int) -> Item { window[index] }

  var selectedItem: Item? { count > 0 ? self[min(max(0, scroll.selected), count - 1)] : nil }

  /// Where among the visible items an event stands.
  func index(of position: Position) -> Int? { window.index(of: position) }

  /// The row before the item with this index.
  func row(before index: Int) -> EventRow? { window.row(before: index) }

  /// Of the latest events only some are at hand.
  var isSampled: Bool {
    items.suffix(60).contains { if case .left = $0 { true } else { false } }
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

  /// So many visible items at the front are gone.
  private mutating func moveUp(_ rows: Int) {
    scroll.selected = max(0, scroll.selected - rows)
    scroll.top = max(0, scroll.top - rows)
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
      // What was found stands before them now.
      break
    case .older:
      atFirst = loaded.atFirst
      let more = window.prepend(rows)
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

  /// The first row for which something holds; else the last.
  private mutating func select(_ holds: (EventRow) -> Bool) {
    scroll.selected = window.firstIndex(where: holds) ?? count - 1
  }

  // MARK: - Looking

  /// Shows what `filter` lets through of what is at hand; rows to load where the selected one was found by
  /// a search, since without it what stands around it is to be seen.
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

  /// The user looks at the end of the rows at hand.
  mutating func sawEnd() {
    if isAttached { unseen = 0 }
  }

  // MARK: - Searching

  /// Where a search that goes on backwards begins: before everything that was searched or is at hand.
  var searchStart: Position? { searchedTo ?? firstRow?.position }

  /// Lets go of the rows before the last stretch that came too fast to be shown, so that a search back from
  /// what remains leaves nothing out.
  mutating func dropThroughLastGap() {
    guard let hidden = window.dropThroughLastGap() else { return }
    atFirst = false
    moveUp(hidden)
  }

  private mutating func forgetSearch() {
    searchedTo = nil
    isSearchedWhole = false
  }

  /// Puts what a search backwards found before what is at hand; how many rows that are.
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
