/// Draws text from left to right in one line, and knows the room that is left.
struct Pen {
  var column: Int
  let line: Int
  let end: Int
  let glyphs: Glyphs

  init(_ rect: Rect, line: Int, glyphs: Glyphs) {
    column = rect.left
    self.line = line
    end = rect.right
    self.glyphs = glyphs
  }

  var room: Int { max(0, end - column) }

  /// Puts text, cut if there is not enough room.
  mutating func put(_ text: String, _ style: Style, on grid: inout Grid) {
    column += grid.put(
      text, style, column: column, line: line, width: room, ellipsis: glyphs.ellipsis)
  }

  mutating func put(_ spans: Spans, on grid: inout Grid) {
    for (text, style) in spans { put(text, style, on: &grid) }
  }

  /// Puts text into a column of `width`, to its left or its right.
  mutating func put(
    _ text: String, _ style: Style, width: Int, rightAligned: Bool = false, on grid: inout Grid
  ) {
    let width = min(width, room)
    guard width > 0 else { return }
    let taken = grid.columns(of: text)
    let start = rightAligned ? max(0, width - taken) : 0
    grid.put(
      text, style, column: column + start, line: line, width: width - start,
      ellipsis: glyphs.ellipsis)
    column += width
  }

  mutating func skip(_ columns: Int) { column += columns }
}

/// Pieces of a line, each in its style.
typealias Spans = [(String, Style)]
