import EventPersistence
internal import SecondaryStatus
internal import Wording

/// Draws one frame: the parts that the dashboard of a node and the first view of several share.
protocol ScreenDrawing {
  var layout: Layout { get }
  var theme: Theme { get }
  var glyphs: Glyphs { get }
  var grid: Grid { get set }
}

extension ScreenDrawing {
  /// The only text on a terminal that is too small.
  mutating func putTooSmall() {
    let text =
      "the terminal is \(grid.width)×\(grid.height): "
      + "\(Layout.widthMin)×\(Layout.heightMin) is needed; q quits"
    let lines = DisplayWidth.wrap(text, to: grid.width, lines: grid.height, ellipsis: "")
    for (line, text) in lines.enumerated() { grid.put(text, .plain, column: 0, line: line) }
  }

  /// Foreign text, wrapped to a width.
  func wrap(_ text: String, to width: Int, lines: Int) -> [String] {
    DisplayWidth.wrap(Visible.text(text), to: width, lines: lines, ellipsis: glyphs.ellipsis)
  }

  /// Puts foreign text into `rect`, wrapped to its width; returns how many lines it took.
  @discardableResult
  mutating func putWrapped(_ text: String, _ style: Style, in rect: Rect) -> Int {
    let lines = wrap(text, to: rect.width, lines: rect.height)
    for (index, line) in lines.enumerated() {
      grid.put(
        line, style, column: rect.left, line: rect.top + index, width: rect.width,
        ellipsis: glyphs.ellipsis)
    }
    return lines.count
  }

  /// Makes `row` the selected one: one bar between two columns, because colours reversed would be blocks. What is
  /// left and right of it, a sign and a state, keeps its colour.
  mutating func select(_ row: Rect, from start: Int, to end: Int) {
    let selected = theme.selected
    grid.restyle(row) { $0.attributes.formUnion(.bold) }
    grid.restyle(Rect(left: start - 1, top: row.top, width: end - start + 1, height: 1)) {
      $0 = selected
    }
  }

  /// A panel's border with its title, or only its title; the inside is already blank.
  mutating func drawPanel(
    _ rect: Rect, title: Spans, right: Spans = [], isFocused: Bool = true,
    hasBorders: Bool? = nil
  ) {
    guard rect.height > 0 else { return }
    let hasBorders = hasBorders ?? layout.hasBorders
    let border = isFocused ? theme.focusedBorder : theme.border
    if hasBorders { putBorder(rect, border) }
    let margin = hasBorders ? 1 : 0
    var pen = Pen(rect.inset(columns: margin, lines: 0), line: rect.top, glyphs: glyphs)
    if hasBorders { pen.put(" ", border, on: &grid) }
    pen.put(title + [(" ", border)], on: &grid)

    let width = right.reduce(0) { $0 + grid.columns(of: $1.0) }
    guard width > 0, pen.room >= width + 4 else { return }
    pen.column = rect.right - margin - width - (hasBorders ? 3 : 2)
    pen.put([(" ", border)] + right + [(" ", border)], on: &grid)
  }

  private mutating func putBorder(_ rect: Rect, _ border: Style) {
    let (right, bottom) = (rect.right - 1, rect.bottom - 1)
    for line in [rect.top, bottom] {
      grid.fill(
        Rect(left: rect.left, top: line, width: rect.width, height: 1), glyphs.horizontal, border)
    }
    for column in [rect.left, right] {
      grid.fill(
        Rect(left: column, top: rect.top, width: 1, height: rect.height), glyphs.vertical, border)
    }
    grid.put(glyphs.topLeft, border, column: rect.left, line: rect.top)
    grid.put(glyphs.topRight, border, column: right, line: rect.top)
    grid.put(glyphs.bottomLeft, border, column: rect.left, line: bottom)
    grid.put(glyphs.bottomRight, border, column: right, line: bottom)
  }

  // MARK: - The footer

  /// A notice in place of the footer. A long one covers lines above, because its end says what to
  /// do.
  mutating func put(_ notice: Notice) {
    let lines = DisplayWidth.wrap(
      Visible.text(notice.text, asASCII: !glyphs.isUTF8), to: grid.width - 2, lines: 3,
      ellipsis: glyphs.ellipsis)
    let top = grid.height - lines.count
    grid.fill(Rect(left: 0, top: top, width: grid.width, height: lines.count))
    for (index, line) in lines.enumerated() {
      grid.put(line, theme.severity(notice.severity), column: 1, line: top + index)
    }
  }

  mutating func put(_ hints: [FooterHint]) {
    var pen = Pen(layout.footer, line: layout.footer.top, glyphs: glyphs)
    for hint in hints {
      pen.column = hint.column
      pen.put(hint.label, theme.accentBold, on: &grid)
      pen.put(" " + hint.hint, theme.dim, on: &grid)
    }
  }

  /// The line being edited, and its error or its possible content.
  mutating func put(_ prompt: Prompt, aid: String, in rect: Rect) {
    var pen = Pen(rect, line: rect.top, glyphs: glyphs)
    pen.put(prompt.kind == .command ? ":" : "/", theme.accentBold, on: &grid)
    grid.put(prompt.editor, theme.plain, width: max(20, pen.room / 2), &pen)
    pen.skip(2)
    if let error = prompt.error {
      pen.put(error, theme.severity(.warning), on: &grid)
    } else {
      pen.put(aid, theme.dim, on: &grid)
    }
  }
}
