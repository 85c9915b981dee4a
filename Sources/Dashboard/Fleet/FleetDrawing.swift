import EventPersistence
internal import SecondaryStatus
internal import Wording

extension Fleet {
  package func view() -> Grid {
    if let entered { return entered.model.view() }
    var drawing = FleetDrawing(self)
    drawing.draw()
    return drawing.grid
  }

  var layout: Layout {
    Layout(
      isTooSmall: width < Layout.widthMin || height < Layout.heightMin,
      hasBorders: width >= 60 && height >= 16,
      header: Rect(left: 0, top: 0, width: width, height: 1),
      body: Rect(left: 0, top: 1, width: width, height: max(0, height - 2)),
      footer: Rect(left: 0, top: height - 1, width: width, height: 1))
  }

  /// Below the rows: where the selected node is, and what is wrong with it.
  private static let explanationLines = 3

  /// The height that a screen needs for so many nodes, with borders.
  package static func height(nodes count: Int) -> Int {
    // The header, the border, the titles and the footer.
    max(16, count + explanationLines + 5)
  }

  /// The panel of the table: all of the screen, unless the journal has room beneath it.
  var tableRect: Rect {
    var rect = layout.body
    guard !isHelpShown, !nodes.isEmpty, nodes.contains(where: { !$0.journal.isEmpty }) else {
      return rect
    }
    let wanted = nodes.count + 1 + Self.explanationLines + (layout.hasBorders ? 2 : 1)
    if rect.height - wanted >= Self.journalHeightMin { rect.height = wanted }
    return rect
  }

  /// The panel of the journal, beneath the table.
  var journalRect: Rect? {
    let (table, body) = (tableRect, layout.body)
    guard table.height < body.height else { return nil }
    return Rect(
      left: 0, top: table.bottom, width: width, height: body.bottom - table.bottom)
  }

  /// Fewer lines are useless.
  private static let journalHeightMin = 6

  /// The rows of the table alone.
  var rowsRect: Rect {
    var rect = layout.inner(tableRect, head: 1)
    rect.height = max(0, rect.height - Self.explanationLines)
    return rect
  }

  /// Which row is drawn first.
  var top: Int {
    let rows = shownNodes
    let selected = rows.firstIndex { $0.name == self.selected?.name } ?? 0
    return Scroll(selected: selected, top: scroll.top)
      .fitted(count: rows.count, height: rowsRect.height).top
  }
}

/// Draws one frame of the first view.
struct FleetDrawing: ScreenDrawing {
  let fleet: Fleet
  let layout: Layout
  let theme: Theme
  let glyphs: Glyphs
  var grid: Grid

  init(_ fleet: Fleet) {
    self.fleet = fleet
    layout = fleet.layout
    theme = Theme(fleet.settings.theme, hasColors: fleet.settings.hasColors)
    glyphs = Glyphs(isUTF8: fleet.settings.isUTF8)
    grid = Grid(width: fleet.width, height: fleet.height, isASCII: !fleet.settings.isUTF8)
  }

  mutating func draw() {
    guard !layout.isTooSmall else { return putTooSmall() }
    drawHeader()
    var title: Spans = [(fleet.isHelpShown ? "Help" : "Nodes", theme.accentBold)]
    if !fleet.filter.isEmpty, !fleet.isHelpShown {
      let line = layout.hasBorders ? " \(glyphs.horizontal)\(glyphs.horizontal) " : "  "
      title += [(line, theme.border), ("/\(fleet.filter)", theme.accent), (line, theme.border)]
      title.append(("\(fleet.shownNodes.count) of \(fleet.nodes.count)", theme.dim))
    }
    drawPanel(fleet.tableRect, title: title)
    if fleet.isHelpShown { drawHelp() } else { drawNodes() }
    drawJournal()
    drawFooter()
  }

  private mutating func drawHeader() {
    var counts: Spans = []
    for severity in [Severity.error, .unknown, .warning] {
      let count = fleet.nodes.count { $0.severity(at: fleet.now) == severity }
      guard count > 0 else { continue }
      if !counts.isEmpty { counts.append((" \(glyphs.dot) ", theme.dim)) }
      let word = severity == .unknown || count == 1 ? severity.rawValue : severity.rawValue + "s"
      counts.append(("\(count) \(word)", theme.severity(severity)))
    }
    if counts.isEmpty, !fleet.nodes.isEmpty { counts = [("all well", theme.severity(.ok))] }
    var pen = Pen(layout.header.inset(columns: 1, lines: 0), line: 0, glyphs: glyphs)
    if grid.width >= 60 { pen.put("hydra-sinks  ", theme.accentBold, on: &grid) }
    let count = fleet.nodes.count
    pen.put(count == 1 ? "1 node" : "\(count) nodes", theme.bold, on: &grid)
    if fleet.settings.isReadOnly { pen.put("  read-only", theme.severity(.warning), on: &grid) }
    let width = counts.reduce(0) { $0 + grid.columns(of: $1.0) }
    guard pen.room > width + 2 else { return }
    pen.column = grid.width - 1 - width
    pen.put(counts, on: &grid)
  }

  /// What happened last in all nodes of this machine.
  private mutating func drawJournal() {
    guard let panel = fleet.journalRect else { return }
    drawPanel(panel, title: [("Journal", theme.bold)], isFocused: false)
    let room = layout.inner(panel, head: 0).inset(columns: layout.hasBorders ? 1 : 0, lines: 0)
    let all = fleet.shownNodes.flatMap { node in
      node.journal.map { line in
        var line = line
        line.who = "\(node.name)/\(line.who)"
        return line
      }
    }
    let lines = entries(
      of: LogLine.newest(room.height, of: all), room: room.width, now: fleet.now
    ).flatMap(\.lines)
    for (index, spans) in lines.prefix(room.height).enumerated() {
      var pen = Pen(room, line: room.top + index, glyphs: glyphs)
      pen.put(spans, on: &grid)
    }
  }

  // MARK: - The help and the footer

  private mutating func drawHelp() {
    let rect = layout.inner(layout.body, head: 0)
    let rows = OrderTable.keyed.filter { $0.contexts.contains(.nodes) }
    for (index, row) in rows.prefix(rect.height).enumerated() {
      var pen = Pen(rect.inset(columns: 2, lines: 0), line: rect.top + index, glyphs: glyphs)
      pen.put(row.label(isUTF8: glyphs.isUTF8).filled(to: 9), theme.accent, on: &grid)
      pen.put(row.help(in: .nodes), theme.plain, on: &grid)
    }
  }

  private mutating func drawFooter() {
    if let prompt = fleet.prompt {
      let aid = prompt.text.isEmpty ? "a name  stalled  error  !ok" : ""
      return put(prompt, aid: aid, in: layout.footer.inset(columns: 1, lines: 0))
    }
    if let notice = fleet.notice { return put(notice) }
    let hints = OrderTable.keyed.filter { $0.contexts.contains(.nodes) && isOffered($0.order) }
      .map { FooterHint($0, hint: $0.hint(in: .nodes), isUTF8: glyphs.isUTF8) }
    put(FooterHint.fitted(hints, width: layout.footer.width))
  }

  private func isOffered(_ order: Order) -> Bool {
    switch order {
    case .help, .quit: true
    case .open, .filter, .sort: !fleet.nodes.isEmpty
    default: false
    }
  }
}
