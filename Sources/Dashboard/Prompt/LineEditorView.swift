extension Grid {
  /// Draws a line being edited, scrolled so that its cursor is visible, and puts the terminal's
  /// cursor there.
  mutating func put(_ editor: LineEditor, _ style: Style, width: Int, _ pen: inout Pen) {
    let width = min(width, pen.room)
    guard width > 1 else { return }
    var start = 0
    func taken(_ range: Range<Int>) -> Int { columns(of: String(editor.characters[range])) }
    while taken(start..<editor.cursor) >= width { start += 1 }
    let text = String(editor.characters[start...])
    put(text, style, column: pen.column, line: pen.line, width: width)
    cursor = Point(column: pen.column + taken(start..<editor.cursor), line: pen.line)
    pen.skip(min(width, max(12, columns(of: text) + 1)))
  }
}
