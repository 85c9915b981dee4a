internal import Wording

extension Drawing {
  /// A page of sentences, with the searched text marked.
  mutating func drawPage(
    _ title: String, _ page: TextPage, _ entries: [TextPage.Entry], right: Spans = []
  ) {
    var right = right
    if !page.search.isEmpty {
      right = [("/\(page.search)", theme.accent)]
      if let (index, count) = page.place(in: entries) {
        right.append(("  \(index + 1) of \(count)", theme.dim))
      }
    }
    drawPanel(layout.body, title: [(title, theme.accentBold)], right: right)
    let lines = entries.flatMap(\.lines)
    drawText(lines, scroll: page.scroll)
    guard !page.search.isEmpty else { return }
    let rect = layout.inner(layout.body, head: 0)
    let top = page.scroll.fitted(lines: lines.count, height: rect.height)
    for row in 0..<min(rect.height, lines.count - top) {
      mark(
        page.search, Rect(left: rect.left, top: rect.top + row, width: rect.width, height: 1))
    }
    // Which match it has reached: a wrapped sentence may show no mark.
    guard layout.hasBorders,
      let found = entries.firstIndex(where: { $0.text == page.found })
    else { return }
    let line = entries[..<found].reduce(0) { $0 + $1.lines.count } - top
    guard (0..<rect.height).contains(line) else { return }
    grid.put(glyphs.marker, theme.accentBold, column: rect.left, line: rect.top + line)
  }

  /// A page of text, from line `scroll` on.
  mutating func drawText(_ lines: [Spans], scroll: TextScroll) {
    let rect = layout.inner(layout.body, head: 0)
    let margin = layout.hasBorders ? 1 : 0
    let top = scroll.fitted(lines: lines.count, height: rect.height)
    for (index, spans) in lines.dropFirst(top).prefix(rect.height).enumerated() {
      var pen = Pen(
        rect.inset(columns: margin, lines: 0), line: rect.top + index, glyphs: glyphs)
      pen.put(spans, on: &grid)
    }
    guard lines.count > rect.height, layout.body.width >= 60 else { return }
    let place = " \(top + rect.height)/\(lines.count) "
    grid.put(
      place, theme.dim, column: layout.body.right - place.count - 2,
      line: layout.hasBorders ? layout.body.bottom - 1 : layout.body.top)
  }

  /// Marks the searched text in a drawn line.
  mutating func mark(_ search: String, _ rect: Rect) {
    let wanted = Array(search).map(String.init)
    guard !wanted.isEmpty, rect.width >= wanted.count else { return }
    let cells = grid.line(rect.top)
    let texts = cells[cells.startIndex + rect.left..<cells.startIndex + rect.right]
      .map { $0.text.lowercased() }
    var column = 0
    while column + wanted.count <= texts.count {
      if texts[column] == wanted[0], Array(texts[column..<column + wanted.count]) == wanted {
        let found = Rect(
          left: rect.left + column, top: rect.top, width: wanted.count, height: 1)
        grid.restyle(found) { $0 = theme.match }
        column += wanted.count
      } else {
        column += 1
      }
    }
  }
}
