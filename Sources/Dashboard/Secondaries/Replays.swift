import EventPersistence
internal import SecondaryStatus
internal import Wording

/// A line for a running replay or comparison.
private struct ProgressLine {
  var name: String
  var word: String
  var fraction: Double?
  var text: String
  var style: Style
}

extension Drawing {
  /// One line per replay (whose, what, a bar, how far, how fast, how long), and one per comparison.
  mutating func drawReplays() {
    guard let rect = layout.replays else { return }
    let lines = progressLines(room: rect.width).prefix(rect.height)
    // All bars begin in one column and end in one.
    let nameWidth = lines.map { grid.columns(of: $0.name) }.max() ?? 0
    let textWidth = lines.map { grid.columns(of: $0.text) }.max() ?? 0
    for (index, line) in lines.enumerated() {
      draw(line, rect, line: rect.top + index, nameWidth: nameWidth, textWidth: textWidth)
    }
  }

  private func progressLines(room: Int) -> [ProgressLine] {
    let replays = model.replaying.compactMap { secondary -> ProgressLine? in
      guard let replay = secondary.report.replay else { return nil }
      let severity = secondary.report.severity
      return ProgressLine(
        name: secondary.name, word: replay.kind.word, fraction: replay.fraction,
        text: progressText(replay, of: secondary, room: room),
        style: progressStyle(severity))
    }
    let verifications = model.verifying.sorted { $0.key < $1.key }.map { name, verification in
      ProgressLine(
        name: name, word: "verify", fraction: verification.share,
        text: progressText(verification, room: room),
        style: verification.faults > 0 ? theme.severity(.warning) : theme.accent)
    }
    return replays + verifications
  }

  private mutating func draw(
    _ progress: ProgressLine, _ rect: Rect, line: Int, nameWidth: Int, textWidth: Int
  ) {
    var pen = Pen(rect.inset(columns: 2, lines: 0), line: line, glyphs: glyphs)
    if rect.width < 60 { pen.column = rect.left }
    let style = progress.style
    pen.put(progress.name, style.with(.bold), width: nameWidth, on: &grid)
    pen.skip(2)
    pen.put(progress.word, style.with(.bold), width: 8, on: &grid)
    pen.skip(2)
    let bar = pen.room - textWidth - 2
    if bar >= 6 {
      pen.put(self.bar(progress.fraction ?? 0, width: bar, style), on: &grid)
      pen.skip(2)
    }
    pen.put(progress.text, theme.plain, on: &grid)
  }

  private func progressText(_ verification: VerificationProgress, room: Int) -> String {
    guard let share = verification.share else { return "under way" }
    var text = "\(Int(share * 100)) %".padded(to: 5)
    guard room >= 60 else { return text }
    let faults = verification.faults
    text += "  " + (faults == 0 ? "no fault so far" : Quantity.count(faults, "fault") + " so far")
    if room >= 80 {
      let left = verification.secondsLeft(at: model.now)
      text += "  " + (left.map(Quantity.duration) ?? glyphs.dash).padded(to: 8) + " left"
    }
    return text
  }

  /// The replay of a secondary as one line: a bar, as wide as its text leaves it, and the text.
  func bar(_ replay: ReplayRecord, of secondary: SecondaryObservation, _ width: Int) -> Spans {
    let text = progressText(replay, of: secondary, room: width)
    let bar = min(60, width - 4 - grid.columns(of: text))
    guard bar >= 6, let fraction = replay.fraction else { return [("  " + text, theme.plain)] }
    return [("  ", theme.plain)]
      + self.bar(fraction, width: bar, progressStyle(secondary.report.severity))
      + [("  " + text, theme.plain)]
  }

  private func progressStyle(_ severity: Severity) -> Style {
    severity > .warning ? theme.severity(severity) : theme.accent
  }

  private func bar(_ fraction: Double, width: Int, _ style: Style) -> Spans {
    let filled = Int(fraction * Double(width))
    return [
      (String(repeating: glyphs.barFull, count: filled), style),
      (String(repeating: glyphs.barEmpty, count: width - filled), theme.dim),
    ]
  }

  /// How far, how fast, in how many batches, how long: as much as fits.
  func progressText(
    _ replay: ReplayRecord, of secondary: SecondaryObservation, room: Int
  ) -> String {
    guard let fraction = replay.fraction, let span = replay.span else {
      return replay.state == .requested
        ? "requested; waiting for its driver" : replay.state.rawValue
    }
    let percent = "\(Int(fraction * 100)) %".padded(to: 5)
    guard room >= 60 else { return percent }
    let all = Quantity.count(span)
    let done = Quantity.count(UInt64(fraction * Double(span))).padded(to: all.count)
    var text = "\(percent)  \(done) of \(all)"
    // The last rate of a lost driver means nothing.
    if secondary.report.state == .replayOrphaned { return text + "  it has no driver" }
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
