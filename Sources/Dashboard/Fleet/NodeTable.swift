import EventPersistence
internal import SecondaryStatus
internal import Wording

/// The columns of the table that fit.
private struct NodeColumns {
  var name, head, rate, age, secondaries, lag, behind: Int
  var state = 0
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
    // What is wrong is what the table is for: the others make room for it.
    let stateMin = room >= 100 ? 34 : 20
    for dropped in [\Self.behind, \.age, \.rate] where room - used < stateMin {
      self[keyPath: dropped] = 0
    }
    state = max(8, room - used)
  }

  private var used: Int {
    [name, head, rate, age, secondaries, lag, behind].reduce(0) { $1 > 0 ? $0 + $1 + gap : $0 }
  }
}

/// The nodes, one row each, and below them what is wrong with the selected one.
extension FleetDrawing {
  mutating func drawNodes() {
    let rows = fleet.rowsRect
    let margin = layout.hasBorders ? 1 : 0
    let columns = NodeColumns(room: rows.width - 2 * margin - 2, nodes: fleet.nodes)
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
    _ node: NodeRow, _ columns: NodeColumns, _ rows: Rect, line: Int, _ margin: Int
  ) {
    let severity = node.severity(at: fleet.now)
    let style = theme.severity(severity)
    let primary = node.status?.primary
    var pen = Pen(rows.inset(columns: margin, lines: 0), line: line, glyphs: glyphs)
    pen.put(glyphs.sign(severity == .ok ? .ok : .lagging, severity), style, width: 2, on: &grid)
    let barStart = pen.column
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
    let barEnd = pen.column - 1
    pen.put(state(node), style, width: columns.state, on: &grid)
    let row = Rect(left: rows.left, top: line, width: rows.width, height: 1)
    if node.staleness(at: fleet.now) != nil { grid.restyle(row) { $0 = theme.dim } }
    guard node.name == fleet.selected?.name else { return }
    select(row, from: barStart, to: barEnd)
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
      var text = "\(worst.name): \(worst.word)"
      if let since = worst.stateSince, let now = fleet.now {
        text += " " + Quantity.duration(max(0, now.seconds(since: since)))
      }
      let why = worst.shortReason(at: fleet.now)
      return why.isEmpty ? text : "\(text) \(glyphs.dot) \(why)"
    }
    let state = status.primary.state.rawValue
    if let warning = status.primary.warnings?.first {
      return "\(state) \(glyphs.dot) \(warning.word)"
    }
    return status.secondaries.isEmpty ? "\(state) \(glyphs.dot) no secondaries yet" : state
  }

  private mutating func drawExplanation(_ rows: Rect, _ margin: Int) {
    guard let node = fleet.selected else { return }
    var texts: [(String, Style)] = [(node.address, theme.dim)]
    let why =
      node.trouble ?? node.worst?.explanation ?? node.worst?.lastError
      ?? node.status?.primary.explanation ?? node.status?.primary.warnings?.first?.message
    if let why { texts.append((why, theme.severity(node.severity(at: fleet.now)))) }
    var room = Rect(
      left: rows.left + margin + 2, top: rows.bottom, width: rows.width - 2 * margin - 2,
      height: fleet.tableRect.bottom - margin - rows.bottom)
    for (text, style) in texts { room.removeLines(putWrapped(text, style, in: room)) }
  }

  /// The text if no node is known.
  private mutating func drawNone() {
    let rect = layout.inner(layout.body, head: 0)
    var line = rect.top
    for text in fleet.settings.advice {
      let indent = text.prefix { $0 == " " }.count
      let pieces = wrap(String(text.dropFirst(indent)), to: rect.width - 4 - indent, lines: 4)
      for piece in pieces.isEmpty ? [""] : pieces where line < rect.bottom {
        grid.put(
          piece, indent > 0 ? theme.accent : theme.plain, column: rect.left + 2 + indent,
          line: line)
        line += 1
      }
    }
  }
}
