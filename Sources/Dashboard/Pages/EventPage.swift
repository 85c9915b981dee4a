import EventPersistence

/// The page of a whole event: its lines, which of them are folded, and the search.
struct EventPage: Sendable {
  var position: Position
  var detail: EventDetail?
  /// Why there is no detail.
  var error: String?
  /// The Hydra Head as of this event; nil while it is read, `.some(nil)` if the log does not tell.
  var head: String??
  /// The JSON, one key and its value per line.
  private(set) var lines: [JSONLine] = []
  /// The visible lines, and which part of each.
  private(set) var rows: [Row] = []
  var scroll = Scroll()
  private(set) var search = ""

  /// The lines with closed brackets, and those whose text is shown in full.
  private var folded: Set<Int> = []
  private var unfolded: Set<Int> = []
  /// The columns at which texts are wrapped.
  private var width = 80

  struct Row: Sendable, Hashable {
    var line: Int
    /// Which piece of a text shown in full; 0 for the line itself.
    var piece: Int
  }

  init(position: Position) { self.position = position }

  mutating func take(_ detail: EventDetail, width: Int) {
    guard position.agrees(with: detail.position) else { return }
    setWidth(width)
    position = detail.position
    self.detail = detail
    error = nil
    lines = JSONLine.lines(of: detail.tokens)
    folded = []
    unfolded = []
    scroll = Scroll()
    arrange()
  }

  mutating func takeHead(_ text: String?, at position: Position) {
    if self.position.agrees(with: position) { head = .some(text) }
  }

  mutating func fail(_ why: String, at position: Position) {
    if self.position == position { error = why }
  }

  mutating func move(_ move: Move, height: Int) {
    scroll.move(move, count: rows.count, height: height)
  }

  mutating func setWidth(_ width: Int) {
    guard width != self.width, width > 0 else { return }
    self.width = width
    if !unfolded.isEmpty { arrange() }
  }

  var selectedLine: JSONLine? {
    rows.indices.contains(scroll.selected) ? lines[rows[scroll.selected].line] : nil
  }

  /// How many lines of facts its transactions take.
  var transactionLines: Int { detail?.transactions.isEmpty == false ? 1 : 0 }

  func isFolded(_ line: Int) -> Bool { folded.contains(line) }
  func isUnfolded(_ line: Int) -> Bool { unfolded.contains(line) }

  /// How many columns one piece of a line's text has.
  func pieceWidth(_ line: JSONLine) -> Int { max(8, width - line.depth * 2 - 2) }

  /// Closes or opens the brackets, or the long text, of the selected line.
  mutating func toggle() {
    guard rows.indices.contains(scroll.selected) else { return }
    let index = rows[scroll.selected].line
    if lines[index].closing != nil {
      if folded.remove(index) == nil { folded.insert(index) }
    } else if unfolded.remove(index) == nil {
      unfolded.insert(index)
    }
    arrange()
    scroll.selected = rows.firstIndex { $0.line == index } ?? 0
  }

  private mutating func arrange() {
    rows = []
    var index = 0
    while index < lines.count {
      let line = lines[index]
      rows.append(Row(line: index, piece: 0))
      if unfolded.contains(index) {
        let pieces = line.pieces(pieceWidth(line))
        for piece in 0..<pieces { rows.append(Row(line: index, piece: piece + 1)) }
      }
      index = folded.contains(index) ? (line.closing ?? index) + 1 : index + 1
    }
  }

  // MARK: - Searching

  /// Searches for `text`, and goes to the first line that has it, at or after the selected one.
  mutating func setSearch(_ text: String) -> Bool {
    search = text.lowercased()
    return search.isEmpty || findNext(from: 0, step: 1)
  }

  /// Goes to the next line (or the one before) that contains the searched text; false if there is
  /// none.
  mutating func findNext(step: Int) -> Bool { findNext(from: step, step: step) }

  private mutating func findNext(from offset: Int, step: Int) -> Bool {
    guard !search.isEmpty, !lines.isEmpty else { return false }
    let start = rows.indices.contains(scroll.selected) ? rows[scroll.selected].line : 0
    for distance in 0..<lines.count {
      let index = (start + offset + distance * step + lines.count * 2) % lines.count
      guard lines[index].contains(search) else { continue }
      reveal(index)
      return true
    }
    return false
  }

  private mutating func reveal(_ line: Int) {
    let closed = folded.filter { $0 < line && lines[$0].closing.map { $0 >= line } ?? false }
    if !closed.isEmpty {
      folded.subtract(closed)
      arrange()
    }
    scroll.selected = rows.firstIndex { $0.line == line } ?? 0
  }
}
