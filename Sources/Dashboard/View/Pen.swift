/// Draws text from left to right within one line, and knows what room is left.
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

  /// Puts text where there is room for it, cut where there is not.
  mutating func put(_ text: String, _ style: Style, on grid: inout Grid) {
    column += grid.put(
      text, style, column: column, line: line, width: room, ellipsis: glyphs.ellipsis)
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

extension Grid {
  /// A panel's border with its title, or its title alone; what is inside is blank already.
  mutating func panel(
    _ rect: Rect, title: [(String, Style)], right: [(String, Style)] = [], isFocused: Bool,
    layout: Layout, theme: Theme, glyphs: Glyphs
  ) {
    guard rect.height > 0 else { return }
    let border = isFocused ? theme.focusedBorder : theme.border
    if layout.hasBorders {
      fill(
        Rect(left: rect.left, top: rect.top, width: rect.width, height: 1), glyphs.horizontal,
        border)
      fill(
        Rect(left: rect.left, top: rect.bottom - 1, width: rect.width, height: 1),
        glyphs.horizontal, border)
      let sides = Rect(left: rect.left, top: rect.top, width: 1, height: rect.height)
      fill(sides, glyphs.vertical, border)
      var other = sides
      other.left = rect.right - 1
      fill(other, glyphs.vertical, border)
      put(glyphs.topLeft, border, column: rect.left, line: rect.top)
      put(glyphs.topRight, border, column: rect.right - 1, line: rect.top)
      put(glyphs.bottomLeft, border, column: rect.left, line: rect.bottom - 1)
      put(glyphs.bottomRight, border, column: rect.right - 1, line: rect.bottom - 1)
    }
    let margin = layout.hasBorders ? 1 : 0
    var pen = Pen(rect.inset(columns: margin, lines: 0), line: rect.top, glyphs: glyphs)
    if layout.hasBorders { pen.put(" ", border, on: &self) }
    for (text, style) in title { pen.put(text, style, on: &self) }
    pen.put(" ", border, on: &self)

    let width = right.reduce(0) { $0 + columns(of: $1.0) }
    guard width > 0, pen.room >= width + 4 else { return }
    pen.column = rect.right - margin - width - (layout.hasBorders ? 3 : 2)
    pen.put(" ", border, on: &self)
    for (text, style) in right { pen.put(text, style, on: &self) }
    pen.put(" ", border, on: &self)
  }
}
