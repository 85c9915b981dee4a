import EventPersistence
internal import SecondaryStatus
internal import Wording

extension Drawing {
  mutating func drawSecondaries() {
    guard let panel = layout.secondaries, let rows = layout.secondaryRows else { return }
    let isFocused = model.focus == .secondaries
    var title: Spans = [("Secondaries", isFocused ? theme.accentBold : theme.bold)]
    if let stateDir = model.shown?.stateDir, panel.width >= 60,
      layout.header.height < 2 || model.trouble != nil
    {
      title.append(("  \(stateDir)", theme.dim))
    }
    drawPanel(
      panel, title: title,
      right: severityCounts(), isFocused: isFocused)
    let secondaries = model.sortedSecondaries
    guard !secondaries.isEmpty else { return drawNoSecondaries(layout.inner(panel, head: 0)) }

    let margin = layout.hasBorders ? 1 : 0
    let columns = SecondaryColumns(
      room: rows.width - 2 * margin - 2, secondaries: secondaries,
      head: model.shown?.primary.survey.head?.eventId)
    if rows.top > panel.top + 1 { drawTitles(columns, rows, margin) }
    let top = model.secondaryTop(layout)
    for (index, secondary) in secondaries.dropFirst(top).prefix(rows.height).enumerated() {
      draw(secondary, columns, rows, line: rows.top + index, margin)
    }
    drawExplanation(margin)
    if model.staleness != nil { grid.restyle(panel) { $0 = Style(.standard, .dim) } }
  }

  /// `1 error · 2 warnings`, counting the rows out of sight, too.
  private func severityCounts() -> Spans {
    let severities = (model.shown?.secondaries ?? []).map(\.report.severity)
    var spans: Spans = []
    for severity in [Severity.error, .unknown, .warning] {
      let count = severities.filter { $0 == severity }.count
      guard count > 0 else { continue }
      let word =
        severity == .unknown ? "unknown" : severity.rawValue + (count == 1 ? "" : "s")
      if !spans.isEmpty { spans.append((" · ", theme.dim)) }
      spans.append(("\(count) \(word)", theme.severity(severity)))
    }
    return spans
  }

  private mutating func drawTitles(_ columns: SecondaryColumns, _ rows: Rect, _ margin: Int) {
    var pen = Pen(rows.inset(columns: margin, lines: 0), line: rows.top - 1, glyphs: glyphs)
    pen.skip(2)
    for column in columns.columns {
      var title = column.kind.title
      if title.count > column.width { title = "MINUTE" }
      var style = theme.dim
      if column.kind.order == model.table.order {
        // A column of numbers is sorted with the largest first.
        let isDown = (column.kind != .name) != model.table.isReversed
        title += isDown ? glyphs.down : glyphs.up
        style = theme.accent
      }
      pen.put(
        title, style, width: column.width, rightAligned: column.kind.isNumber, on: &grid)
      pen.skip(columns.gap)
    }
  }

  private mutating func draw(
    _ secondary: SecondaryObservation, _ columns: SecondaryColumns, _ rows: Rect, line: Int,
    _ margin: Int
  ) {
    let report = secondary.report
    let isSelected = secondary.name == model.table.selectedName
    let severity = theme.severity(report.severity)
    var pen = Pen(rows.inset(columns: margin, lines: 0), line: line, glyphs: glyphs)
    pen.put(glyphs.sign(report.state, report.severity), severity, width: 2, on: &grid)
    let barStart = pen.column
    var barEnd = barStart
    for column in columns.columns {
      let (text, style) = cell(column, secondary)
      if column.kind == .state { barEnd = pen.column - 1 }
      pen.put(text, style, width: column.width, rightAligned: column.kind.isNumber, on: &grid)
      pen.skip(columns.gap)
    }
    guard isSelected else { return }
    let row = Rect(left: rows.left, top: line, width: rows.width, height: 1)
    if model.focus == .secondaries {
      select(row, from: barStart, to: barEnd)
    } else {
      grid.restyle(row) { $0.attributes.formUnion(.bold) }
    }
  }

  private func cell(
    _ column: SecondaryColumns.Column, _ secondary: SecondaryObservation
  ) -> (String, Style) {
    let report = secondary.report
    switch column.kind {
    case .name: return (report.name, theme.bold)
    case .kind: return (report.kind.rawValue, theme.dim)
    case .checkpoint:
      guard let checkpoint = report.checkpoint else {
        return (report.state == .unknown ? Quantity.unknown : glyphs.dash, theme.dim)
      }
      return (checkpoint.eventId.map(Quantity.count) ?? glyphs.dash, theme.plain)
    case .lag:
      guard let lag = report.lagEvents else { return (Quantity.unknown, theme.dim) }
      return (Quantity.count(lag), lag == 0 ? theme.dim : theme.plain)
    case .behind:
      if report.lagEvents == 0 { return (glyphs.dash, theme.dim) }
      guard let seconds = report.lagSeconds else { return (Quantity.unknown, theme.dim) }
      return (Quantity.age(seconds), theme.plain)
    case .rate:
      guard let rate = report.ratePerSecond else { return (Quantity.unknown, theme.dim) }
      return (Quantity.rate(rate), rate < 0.05 ? theme.dim : theme.plain)
    case .eta:
      guard let seconds = report.etaSeconds, report.lagEvents != 0, report.state != .ok else {
        return (glyphs.dash, theme.dim)
      }
      return (Quantity.age(seconds), theme.plain)
    case .sparkline:
      let lags = model.shown.map { secondary.lags(at: $0.instant) } ?? []
      let text = Sparkline.text(lags, width: column.width, levels: glyphs.levels)
      return (text, report.severity == .ok ? theme.dim : theme.severity(report.severity))
    case .state:
      return (stateText(secondary, room: column.width), theme.severity(report.severity))
    }
  }

  /// `stalled 5 h 58 m, since 03:02 · ExpiredToken`, or as much as fits.
  func stateText(_ secondary: SecondaryObservation, room: Int) -> String {
    let report = secondary.report
    var text = report.word
    if report.state == .replaying, let fraction = report.replay?.fraction {
      text += " \(Int(fraction * 100)) %"
      // It may continue by itself: not an alarm, but worth showing.
      if let code = secondary.driver?.errorCode, report.lastError != nil,
        text.count + code.count + 3 <= room
      {
        text += " · " + code
      }
      return text
    }
    if report.state == .ok || report.state == .new, report.severity < .warning { return text }
    let why = Visible.text(report.shortReason(at: model.now))
    if report.state == .ok, report.wordSince == nil, why.count <= room { return why }
    func fits(_ more: String) -> Bool { (text + more).count <= room }
    if let since = report.wordSince, let now = model.now,
      case let seconds = now.seconds(since: since), seconds >= 10 || report.severity >= .warning
    {
      let duration = " " + Quantity.duration(max(0, seconds))
      // The time of day adds nothing for a moment ago.
      let clock = seconds < 600 ? "" : ", since \(Quantity.since(since, now: now))"
      let reserve = why.isEmpty ? "" : " · " + why
      if fits(duration) {
        text += fits(duration + clock + reserve) ? duration + clock : duration
      }
    }
    if !why.isEmpty, room - text.count >= min(why.count, 6) + 3 { text += " · " + why }
    return text
  }

  /// Why the selected secondary is in its state, and what to do about it.
  private mutating func drawExplanation(_ margin: Int) {
    let all = model.shown?.secondaries ?? []
    let selected = all.first { $0.name == model.table.selectedName }
    guard let rect = layout.explanation, rect.height > 0,
      let worst = all.max(by: { $0.report.severity < $1.report.severity })
    else { return }
    // If the selected one is well, the worst is explained.
    let isSelectedWell = selected.map { $0.report.severity < .warning } ?? true
    let secondary = isSelectedWell ? worst : selected ?? worst
    let report = secondary.report
    var text = report.explanation ?? ""
    if let error = report.lastError, !text.contains(error) {
      text = text.isEmpty ? error : text + " · " + error
    }
    if text.isEmpty { text = report.state.meaning }
    if secondary.name != selected?.name { text = "\(secondary.name): \(text)" }
    let indent = margin + 2
    var style = theme.severity(report.severity)
    if theme.hasColors { style.attributes = [] }
    putWrapped(
      text, style,
      in: Rect(
        left: rect.left + indent, top: rect.top, width: rect.width - indent - margin,
        height: rect.height))
  }
}

extension ReplayRecord {
  /// How far it has come, from 0 to 1, by ids; nil if not known yet.
  var fraction: Double? {
    guard let from, let through, through.eventId >= from.eventId else { return nil }
    guard let position else { return state == .requested ? nil : 0 }
    guard position.eventId >= from.eventId else { return 0 }
    let all = Double(through.eventId - from.eventId) + 1
    return min(1, (Double(position.eventId - from.eventId) + 1) / all)
  }

  /// How many ids it spans.
  var span: UInt64? {
    guard let from, let through, through.eventId >= from.eventId else { return nil }
    return through.eventId - from.eventId + 1
  }
}
