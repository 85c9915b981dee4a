import EventPersistence
internal import SecondaryStatus
internal import Wording

extension Drawing {
  mutating func drawEvent(_ event: EventPage) { draw(event, in: layout.body, isFocused: true) }

  mutating func draw(_ event: EventPage, in panel: Rect, isFocused: Bool) {
    let title = "Event \(Quantity.count(event.position.eventId))"
    var spans: Spans = [(title, isFocused ? theme.accentBold : theme.bold)]
    if let tag = event.position.tag { spans.append(("  \(tag)", theme.bold)) }
    let right: Spans = event.search.isEmpty ? [] : [("/\(event.search)", theme.accent)]
    drawPanel(panel, title: spans, right: right, isFocused: isFocused)
    let rect = layout.lines(of: event, in: panel)
    let margin = layout.hasBorders ? 1 : 0
    let facts = Rect(
      left: rect.left + margin, top: layout.inner(panel, head: 0).top,
      width: rect.width - 2 * margin, height: layout.facts(of: event))
    drawEventFacts(event, facts)
    drawMoreFacts(event, facts)
    guard event.detail != nil else {
      let text = event.error ?? "reading…"
      let style = event.error == nil ? theme.dim : theme.severity(.error)
      putWrapped(text, style, in: rect.inset(columns: 2, lines: 0))
      return
    }
    let scroll = event.scroll.fitted(count: event.rows.count, height: rect.height)
    for (index, row) in event.rows.dropFirst(scroll.top).prefix(rect.height).enumerated() {
      let line = rect.top + index
      let area = Rect(
        left: rect.left + margin, top: line, width: rect.width - 2 * margin, height: 1)
      draw(row, of: event, area)
      if !event.search.isEmpty { mark(event.search, area) }
      if scroll.top + index == scroll.selected, isFocused {
        grid.restyle(Rect(left: rect.left, top: line, width: rect.width, height: 1)) {
          // The searched text stays marked.
          if $0 != theme.match { $0 = theme.selected }
        }
      }
    }
  }

  private mutating func drawEventFacts(_ event: EventPage, _ rect: Rect) {
    var facts: [String] = []
    if let time = event.position.time {
      facts.append(
        rect.width >= 70 ? time.description : Quantity.timeOfDay(time, fractionDigits: 3))
      if let now = model.now, rect.width >= 100 {
        facts.append("\(Quantity.duration(max(0, now.seconds(since: time)))) ago")
      }
    }
    if let detail = event.detail {
      facts.append(Quantity.bytes(UInt64(max(0, detail.bytes))))
      if detail.isCut { facts.append("only its beginning is shown") }
      if !detail.summary.isEmpty { facts.append(detail.summary) }
    }
    grid.put(
      facts.joined(separator: " · "), theme.dim, column: rect.left, line: rect.top,
      width: rect.width, ellipsis: glyphs.ellipsis)
  }

  /// Its transactions, and the Hydra Head as of it.
  private mutating func drawMoreFacts(_ event: EventPage, _ rect: Rect) {
    var line = rect.top + 1
    func put(_ label: String, _ text: String, _ grid: inout Grid) {
      guard line < rect.bottom else { return }
      var pen = Pen(rect, line: line, glyphs: glyphs)
      pen.put(label.filled(to: 15), theme.dim, on: &grid)
      pen.put(text, theme.plain, on: &grid)
      line += 1
    }
    if let transactions = event.detail?.transactions, let first = transactions.first {
      let isOne = transactions.count == 1
      let inputs = transactions.allSatisfy { $0.inputs != nil }
      var text =
        isOne
        ? first.id : transactions.prefix(4).map { "\($0.id.prefix(8))" }.joined(separator: " ")
      if transactions.count > 4 { text += " \(glyphs.ellipsis)" }
      if inputs {
        let sum = transactions.reduce((0, 0)) {
          ($0.0 + ($1.inputs ?? 0), $0.1 + ($1.outputs ?? 0))
        }
        let counts = "\(Self.counted(sum.0, "input")), \(Self.counted(sum.1, "output"))"
        // The counts matter most; the id is also in the JSON.
        text = rect.width >= 100 || !isOne ? "\(text)  \(counts)" : "\(counts)  \(text)"
      }
      put(isOne ? "transaction" : "\(Quantity.count(UInt64(transactions.count))) tx", text, &grid)
    }
    switch event.head {
    case .some(.some(let head)): put("Hydra Head", head, &grid)
    case .some(.none): put("Hydra Head", "not known from the log before this event", &grid)
    case .none: put("Hydra Head", event.detail == nil ? "" : "reading…", &grid)
    }
  }

  private static func counted(_ count: Int, _ noun: String) -> String {
    Quantity.count(UInt64(count), noun)
  }

  private mutating func draw(_ row: EventPage.Row, of event: EventPage, _ rect: Rect) {
    let line = event.lines[row.line]
    var pen = Pen(rect, line: rect.top, glyphs: glyphs)
    pen.skip(line.depth * 2)
    if row.piece > 0 {
      pen.skip(2)
      let width = event.pieceWidth(line)
      pen.put(line.piece(row.piece - 1, width: width), theme.token(line.kind), on: &grid)
      return
    }
    if let key = line.key {
      pen.put(key, theme.token(.key), on: &grid)
      pen.put(": ", theme.dim, on: &grid)
    }
    switch line.kind {
    case .open:
      pen.put(line.text, theme.token(.open), on: &grid)
      guard line.closing != nil else { return }
      let closer = line.text == "{" ? "}" : "]"
      if event.isFolded(row.line) { pen.put(" \(glyphs.ellipsis) \(closer)", theme.dim, on: &grid) }
      let isWorthCounting = event.isFolded(row.line) || line.items > 3
      if isWorthCounting {
        pen.put("  \(Quantity.count(UInt64(line.items)))", theme.dim, on: &grid)
      }
    case .close: pen.put(line.text, theme.token(.close), on: &grid)
    case .string, .number, .literal, .key: drawValue(line, row, event, &pen)
    }
  }

  private mutating func drawValue(
    _ line: JSONLine, _ row: EventPage.Row, _ event: EventPage, _ pen: inout Pen
  ) {
    let style = theme.token(line.kind)
    let quote = line.kind == .string ? "\"" : ""
    if event.isUnfolded(row.line) {
      pen.put("\(Quantity.count(UInt64(line.text.utf8.count))) characters", theme.dim, on: &grid)
      return
    }
    let room = pen.room - 2 * quote.count
    if line.text.utf8.count <= room || grid.columns(of: String(line.text.prefix(room + 1))) <= room,
      line.text.utf8.count <= 4 * room
    {
      pen.put(quote + line.text + quote, style, on: &grid)
      return
    }
    let rest = " \(Quantity.count(UInt64(line.text.utf8.count))) characters"
    let shown = max(4, room - rest.count - 1)
    let beginning = DisplayWidth.cut(
      String(line.text.prefix(shown + 1)), to: shown, ellipsis: "")
    pen.put(quote + beginning + glyphs.ellipsis, style, on: &grid)
    pen.put(rest, theme.dim, on: &grid)
  }
}
