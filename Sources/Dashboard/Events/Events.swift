import EventPersistence
internal import SecondaryStatus
internal import Wording

extension Drawing {
  mutating func drawEvents() {
    guard let panel = layout.events, let rows = layout.eventRows else { return }
    let isFocused = model.focus == .events
    var right: Spans = []
    if panel.width >= 100 { right = [("times in UTC", theme.dim)] }
    if let rate = model.shown?.primary.ratePerSecond, model.stream.isSampled, panel.width >= 60 {
      right = [("\(Quantity.rate(rate)): a sample", theme.severity(.warning))]
    }
    drawPanel(panel, title: eventsTitle(isFocused), right: right, isFocused: isFocused)
    let stream = model.stream
    guard stream.count > 0 else { return drawNoEvents(rows) }

    var scroll = stream.scroll
    if stream.isFollowing { scroll = Scroll(selected: stream.count - 1, top: stream.count) }
    scroll = scroll.fitted(count: stream.count, height: rows.height)
    let margin = layout.hasBorders ? 1 : 0
    let columns = EventColumns(
      room: rows.width - 2 * margin,
      head: model.shown?.primary.survey.head?.eventId ?? stream.lastRow?.position.eventId)
    for index in 0..<min(rows.height, stream.count - scroll.top) {
      let line = rows.top + index
      switch stream[scroll.top + index] {
      case .row(let row):
        draw(row, columns, rows.inset(columns: margin, lines: 0), line: line)
      case .left(let count):
        let text = "\(glyphs.more) +\(Quantity.count(count)) more"
        grid.put(
          text, theme.dim, column: rows.left + margin + columns.idWidth + columns.gap, line: line,
          width: rows.width - columns.idWidth)
      case .loss(let sentence):
        grid.put(
          "\(glyphs.sign(.unknown, .warning)) \(sentence)", theme.severity(.warning),
          column: rows.left + margin, line: line, width: rows.width - 2 * margin)
      }
      if case .row(let row) = stream[scroll.top + index], model.marks.contains(row.position) {
        grid.put(glyphs.mark, theme.accentBold, column: rows.left, line: line)
      }
      if scroll.top + index == scroll.selected, isFocused {
        let rect = Rect(left: rows.left, top: line, width: rows.width, height: 1)
        grid.restyle(rect) { $0 = theme.selected }
      }
    }
  }

  private func eventsTitle(_ isFocused: Bool) -> Spans {
    let stream = model.stream
    var spans: Spans = [("Events", isFocused ? theme.accentBold : theme.bold)]
    func add(_ text: String, _ style: Style) {
      let line = glyphs.horizontal + glyphs.horizontal
      spans.append((layout.hasBorders ? " \(line) " : "  ", theme.border))
      spans.append((text, style))
    }
    if model.isFrozen {
      add("frozen", theme.severity(.warning))
    } else if stream.pending != nil {
      add("reading…", theme.dim)
    } else if stream.isFollowing {
      add("following", theme.severity(.ok))
    } else {
      add("stopped", theme.dim)
    }
    if let searching = model.searching {
      var text = searching.search.direction == .backward ? "searching back" : "searching on"
      if let progress = searching.progress {
        text += " \(glyphs.dot) at \(Quantity.count(progress.at.eventId))"
        text += " \(glyphs.dot) \("\(Int(progress.share * 100)) %".padded(to: 4))"
        if let rate = progress.eventsPerSecond { text += " \(glyphs.dot) \(Quantity.rate(rate))" }
        // Whole units: the time left is only an estimate.
        if let left = progress.secondsLeft {
          text += " \(glyphs.dot) \(Quantity.shortDuration(left).padded(to: 4)) left"
        }
      }
      add(text, theme.accent)
      add("Esc stops", theme.dim)
    }
    if stream.unseen > 0 { add("+\(Quantity.count(stream.unseen)) new", theme.accent) }
    if let filter = stream.filter {
      add("/\(filter.text)", theme.accent)
      add("\(Quantity.count(UInt64(stream.count))) match", theme.dim)
    }
    return spans
  }

  private mutating func draw(_ row: EventRow, _ columns: EventColumns, _ rect: Rect, line: Int) {
    var pen = Pen(rect, line: line, glyphs: glyphs)
    pen.put(
      Quantity.count(row.position.eventId), theme.plain, width: columns.idWidth,
      rightAligned: true, on: &grid)
    pen.skip(columns.gap)
    if columns.timeWidth > 0 {
      let text = row.position.time.map { time in
        columns.timeWidth < 12
          ? Quantity.timeOfDay(time) : Quantity.moment(time, now: model.now)
      }
      pen.put(text ?? glyphs.dash, theme.dim, width: columns.timeWidth, on: &grid)
      pen.skip(columns.gap)
    }
    pen.put(
      row.position.tag ?? glyphs.dash, theme.tag(row.position.tag), width: columns.tagWidth,
      on: &grid)
    pen.skip(columns.gap)
    if columns.sizeWidth > 0 {
      pen.put(
        Quantity.bytes(UInt64(max(0, row.bytes))), theme.dim, width: columns.sizeWidth,
        rightAligned: true, on: &grid)
      pen.skip(columns.gap)
    }
    if columns.summaryWidth > 0 {
      pen.put(row.summary, theme.dim, width: columns.summaryWidth, on: &grid)
    }
  }
}

/// The widths of the stream's columns; they depend only on the room and the head. 0: no such
/// column.
struct EventColumns: Sendable, Hashable {
  var idWidth: Int
  var timeWidth: Int
  var tagWidth: Int
  var summaryWidth: Int
  var sizeWidth: Int
  var gap = 2

  init(room: Int, head: UInt64?) {
    idWidth = max(7, Quantity.count(head ?? 0).count)
    timeWidth = room >= 70 ? 12 : room >= 48 ? 8 : 0
    sizeWidth = room >= 64 ? 7 : 0
    if room < 60 { gap = 1 }
    let rest =
      room - idWidth - gap - (timeWidth > 0 ? timeWidth + gap : 0)
      - (sizeWidth > 0 ? sizeWidth + gap : 0)
    // The longest tag that a node writes often has 29 letters.
    tagWidth = min(rest, room >= 90 ? 29 : room >= 76 ? 24 : max(18, rest - 12))
    summaryWidth = rest - tagWidth - gap
    if summaryWidth < 8 {
      tagWidth = rest
      summaryWidth = 0
    }
  }
}
