import EventPersistence

extension Drawing {
  /// A line a replay: whose, what, a bar, how far, how fast, how long.
  mutating func drawReplays() {
    guard let rect = layout.replays else { return }
    let shown = model.replaying.prefix(rect.height)
    // The bars begin in one column.
    let nameWidth = shown.map { grid.columns(of: $0.name) }.max() ?? 0
    for (index, secondary) in shown.enumerated() {
      guard let replay = secondary.report.replay else { continue }
      draw(replay, of: secondary, rect, line: rect.top + index, nameWidth: nameWidth)
    }
  }

  private mutating func draw(
    _ replay: ReplayRecord, of secondary: Observed.Secondary, _ rect: Rect, line: Int,
    nameWidth: Int
  ) {
    let severity = secondary.report.severity
    let style = severity > .warning ? theme.severity(severity) : theme.accent
    let right = progressText(replay, of: secondary, room: rect.width)
    var pen = Pen(rect.inset(columns: 2, lines: 0), line: line, glyphs: glyphs)
    if rect.width < 60 { pen.column = rect.left }
    pen.put(secondary.name, style.with(.bold), width: nameWidth, on: &grid)
    pen.skip(2)
    pen.put(replay.kind.word, style.with(.bold), width: 8, on: &grid)
    pen.skip(2)
    let rightColumns = grid.columns(of: right)
    let bar = pen.room - rightColumns - 2
    if bar >= 6 {
      let filled = Int((replay.fraction ?? 0) * Double(bar))
      pen.put(String(repeating: glyphs.barFull, count: filled), style, on: &grid)
      pen.put(String(repeating: glyphs.barEmpty, count: bar - filled), theme.dim, on: &grid)
      pen.skip(2)
    }
    pen.put(right, theme.plain, on: &grid)
  }

  /// How far, how fast, in how many batches, how long: as much of it as there is room for.
  func progressText(
    _ replay: ReplayRecord, of secondary: Observed.Secondary, room: Int
  ) -> String {
    guard let fraction = replay.fraction, let span = replay.span else {
      return replay.state == .requested ? "asked of its driver" : "\(replay.state.rawValue)"
    }
    let percent = "\(Int(fraction * 100)) %".padded(to: 5)
    guard room >= 60 else { return percent }
    let all = Quantity.count(span)
    let done = Quantity.count(UInt64(fraction * Double(span))).padded(to: all.count)
    var text = "\(percent)  \(done) of \(all)"
    // Of who is gone, the last rate is nothing to reckon with.
    if secondary.report.state == .replayOrphaned { return text + "  nobody drives it" }
    if secondary.report.paused != nil { return text + "  paused" }
    if room >= 120, let batches = replay.batches {
      text += "  " + "\(Quantity.count(batches)) batch\(batches == 1 ? "" : "es")".padded(to: 13)
    }
    let rate = secondary.driver?.ratePerSecond ?? secondary.report.ratePerSecond
    if room >= 80 { text += "  " + (rate.map(Quantity.rate) ?? Quantity.unknown).padded(to: 7) }
    if room >= 100 {
      let left = rate.flatMap { $0 > 0 ? (1 - fraction) * Double(span) / $0 : nil }
      text += "  " + (left.map(Quantity.duration) ?? glyphs.dash).padded(to: 8) + " left"
    }
    return text
  }
}
