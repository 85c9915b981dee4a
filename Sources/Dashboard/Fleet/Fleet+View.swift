internal import SecondaryStatus
internal import Wording
import EventPersistence

extension Fleet {
  public func view() -> Grid {
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

  /// Beneath the rows: where the selected node is, and what is wrong with it.
  private static let explanationLines = 3

  /// How high a screen has to be for all of so many nodes, and to have borders.
  public static func height(nodes count: Int) -> Int {
    // The header, the border, the titles and the footer.
    max(16, count + explanationLines + 5)
  }

  /// The rows of the table alone.
  var rowsRect: Rect {
    var rect = layout.inner(layout.body, head: 1)
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

/// One frame of the first view in the making.
struct FleetDrawing {
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
    guard !layout.isTooSmall else { return grid.putTooSmall() }
    drawHeader()
    var title: Spans = [(fleet.isHelpShown ? "Help" : "Nodes", theme.accentBold)]
    if !fleet.filter.isEmpty, !fleet.isHelpShown {
      let line = layout.hasBorders ? " \(glyphs.horizontal)\(glyphs.horizontal) " : "  "
      title += [(line, theme.border), ("/\(fleet.filter)", theme.accent), (line, theme.border)]
      title.append(("\(fleet.shownNodes.count) of \(fleet.nodes.count)", theme.dim))
    }
    grid.panel(
      layout.body, title: title, isFocused: true, layout: layout, theme: theme, glyphs: glyphs)
    if fleet.isHelpShown { drawHelp() } else { drawNodes() }
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
    for (text, style) in counts { pen.put(text, style, on: &grid) }
  }

  // MARK: - The table

  private struct Columns {
    var name, head, rate, age, secondaries, lag, behind, state: Int
    var gap: Int

    init(room: Int, nodes: [NodeRow]) {
      gap = room >= 110 ? 3 : 2
      let longest = nodes.map { $0.name.count }.max() ?? 4
      name = min(max(4, longest), room >= 100 ? 24 : 12)
      head = room >= 70 ? 11 : 0
      rate = room >= 90 ? 7 : 0
      age = room >= 100 ? 8 : 0
      secondaries = room >= 60 ? 11 : 0
      lag = room >= 76 ? 11 : 0
      behind = room >= 112 ? 8 : 0
      var used = 0
      for width in [name, head, rate, age, secondaries, lag, behind] where width > 0 {
        used += width + gap
      }
      state = max(8, room - used)
    }
  }

  private mutating func drawNodes() {
    let rows = fleet.rowsRect
    let margin = layout.hasBorders ? 1 : 0
    let columns = Columns(room: rows.width - 2 * margin - 2, nodes: fleet.nodes)
    guard !fleet.nodes.isEmpty else { return drawNone() }
    var pen = Pen(rows.inset(columns: margin, lines: 0), line: rows.top - 1, glyphs: glyphs)
    pen.skip(2)
    for (title, width, isNumber) in [
      ("NODE", columns.name, false), ("HEAD", columns.head, true), ("RATE", columns.rate, true),
      ("LAST", columns.age, true), ("SECONDARIES", columns.secondaries, false),
      ("MOST LAG", columns.lag, true), ("BEHIND", columns.behind, true),
      ("STATE", columns.state, false),
    ] where width > 0 {
      let isOrder = title == "STATE" && fleet.order == .worst
      pen.put(
        isOrder ? title + glyphs.down : title, isOrder ? theme.accent : theme.dim, width: width,
        rightAligned: isNumber, on: &grid)
      pen.skip(columns.gap)
    }
    let shown = fleet.shownNodes
    if shown.isEmpty {
      grid.put(
        "no node has these words; Esc shows all of them again", theme.dim,
        column: rows.left + margin + 2, line: rows.top, width: rows.width - 2)
    }
    for (index, node) in shown.dropFirst(fleet.top).prefix(rows.height).enumerated() {
      draw(node, columns, rows, line: rows.top + index, margin)
    }
    drawExplanation(rows, margin)
  }

  private mutating func draw(
    _ node: NodeRow, _ columns: Columns, _ rows: Rect, line: Int, _ margin: Int
  ) {
    let severity = node.severity(at: fleet.now)
    let style = theme.severity(severity)
    let primary = node.status?.primary
    var pen = Pen(rows.inset(columns: margin, lines: 0), line: line, glyphs: glyphs)
    pen.put(glyphs.sign(severity == .ok ? .ok : .lagging, severity), style, width: 2, on: &grid)
    func number(_ text: String?, _ width: Int) {
      guard width > 0 else { return }
      pen.put(
        text ?? Quantity.unknown, text == nil ? theme.dim : theme.plain, width: width,
        rightAligned: true, on: &grid)
      pen.skip(columns.gap)
    }
    pen.put(node.name, theme.bold, width: columns.name, on: &grid)
    pen.skip(columns.gap)
    number(primary?.lastEventId.map(Quantity.count), columns.head)
    number(node.ratePerSecond.map(Quantity.rate), columns.rate)
    let age = primary?.lastEventTime.flatMap { time in
      fleet.now.map { now in
        let age = max(0, now.seconds(since: time))
        return age < 9.95 ? Quantity.age(age) : Quantity.shortDuration(age)
      }
    }
    number(age, columns.age)
    if columns.secondaries > 0 {
      pen.put(secondaries(node), theme.plain, width: columns.secondaries, on: &grid)
      pen.skip(columns.gap)
    }
    let last = node.mostLagging
    let none = node.status?.secondaries.isEmpty == true ? glyphs.dash : nil
    number(last?.lagEvents.map(Quantity.count) ?? none, columns.lag)
    number(last.map { $0.lagEvents == 0 ? glyphs.dash : behind($0) } ?? none, columns.behind)
    pen.put(state(node), style, width: columns.state, on: &grid)
    let row = Rect(left: rows.left, top: line, width: rows.width, height: 1)
    if node.staleness(at: fleet.now) != nil { grid.restyle(row) { $0 = theme.dim } }
    if node.name == fleet.selected?.name { grid.restyle(row) { $0 = theme.selected } }
  }

  private func behind(_ report: SecondaryReport) -> String {
    report.lagSeconds.map(Quantity.shortDuration) ?? Quantity.unknown
  }

  /// `4 well`, `3 of 4 well`
  private func secondaries(_ node: NodeRow) -> String {
    guard let all = node.status?.secondaries else { return Quantity.unknown }
    guard !all.isEmpty else { return "none" }
    let well = all.count { $0.severity <= .info }
    return well == all.count ? "\(well) well" : "\(well) of \(all.count) well"
  }

  private func state(_ node: NodeRow) -> String {
    if let age = node.staleness(at: fleet.now) {
      return "as of \(Quantity.shortDuration(age)) ago"
    }
    guard let status = node.status else { return node.trouble ?? "looking…" }
    if let worst = node.worst {
      var text = "\(worst.name): \(worst.state.word)"
      if let since = worst.stateSince, let now = fleet.now {
        text += " " + Quantity.duration(max(0, now.seconds(since: since)))
      }
      let why = worst.shortReason
      return why.isEmpty ? text : "\(text) \(glyphs.dot) \(why)"
    }
    let state = status.primary.state.rawValue
    return status.secondaries.isEmpty ? "\(state) \(glyphs.dot) no secondaries yet" : state
  }

  private mutating func drawExplanation(_ rows: Rect, _ margin: Int) {
    guard let node = fleet.selected else { return }
    var texts: [(String, Style)] = [(node.address, theme.dim)]
    let why =
      node.trouble ?? node.worst?.explanation ?? node.worst?.lastError
      ?? node.status?.primary.explanation
    if let why { texts.append((why, theme.severity(node.severity(at: fleet.now)))) }
    var line = rows.bottom
    for (text, style) in texts {
      let room = rows.width - 2 * margin - 2
      let pieces = DisplayWidth.wrap(
        Visible.text(text), to: room, lines: layout.body.bottom - margin - line,
        ellipsis: glyphs.ellipsis)
      for piece in pieces {
        grid.put(piece, style, column: rows.left + margin + 2, line: line, width: room)
        line += 1
      }
    }
  }

  /// What stands here where no node is known.
  private mutating func drawNone() {
    let rect = layout.inner(layout.body, head: 0)
    var line = rect.top
    for text in fleet.settings.advice {
      let indent = text.prefix { $0 == " " }.count
      let pieces = DisplayWidth.wrap(
        Visible.text(String(text.dropFirst(indent))), to: rect.width - 4 - indent, lines: 4,
        ellipsis: glyphs.ellipsis)
      for piece in pieces.isEmpty ? [""] : pieces where line < rect.bottom {
        grid.put(
          piece, indent > 0 ? theme.accent : theme.plain, column: rect.left + 2 + indent,
          line: line)
        line += 1
      }
    }
  }
}
