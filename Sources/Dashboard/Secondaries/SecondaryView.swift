import EventPersistence
internal import SecondaryStatus
internal import Wording

extension Model {
  /// How many lines the detail of a secondary has.
  func secondaryDetailLines(_ page: SecondaryPage) -> Int {
    Drawing(self).secondaryLines(page).count
  }
}

extension Drawing {
  mutating func drawSecondary(_ page: SecondaryPage) {
    drawPanel(
      layout.body,
      title: [("Secondary", theme.bold), (" \(page.name)", theme.accentBold)])
    drawText(secondaryLines(page), scroll: page.scroll)
  }

  func secondaryLines(_ page: SecondaryPage) -> [Spans] {
    guard let secondary = model.shown?.secondaries.first(where: { $0.name == page.name }) else {
      return [[("There is no secondary \(page.name) any more. Esc goes back.", theme.plain)]]
    }
    let width = layout.inner(layout.body, head: 0).width - (layout.hasBorders ? 2 : 0)
    var lines = stateLines(secondary, width)
    if let replay = secondary.report.replay { lines.append(bar(replay, of: secondary, width)) }
    lines += [[]] + factLines(secondary, width)
    lines += [[]] + chartLines(page, width)
    lines += replayLines(secondary.replays)
    lines += journalLines(page.journal(and: secondary.journal), width)
    return lines
  }

  private func stateLines(_ secondary: SecondaryObservation, _ width: Int) -> [Spans] {
    let report = secondary.report
    let style = theme.severity(report.severity)
    var first: Spans = [
      (glyphs.sign(report.state, report.severity) + " ", style),
      (report.word, style.with(.bold)),
    ]
    if let since = report.stateSince, let now = model.now {
      let duration = Quantity.duration(max(0, now.seconds(since: since)))
      first.append((" \(duration), since \(Quantity.since(since, now: now))", theme.plain))
    }
    var lines = [first]
    let why = report.explanation ?? report.state.meaning
    let error = report.lastError ?? ""
    for text in error.isEmpty || why.contains(error) ? [why] : [why, error] where !text.isEmpty {
      let pieces = wrap(text, to: width - 2, lines: 6)
      let isError = !error.isEmpty && text.contains(error)
      for piece in pieces { lines.append([("  " + piece, isError ? style : theme.plain)]) }
    }
    if report.errorCount > 1, let since = report.errorSince {
      let text =
        "  \(Quantity.count(UInt64(report.errorCount))) times"
        + " since \(Quantity.since(since, now: model.now))"
      lines.append([(text, theme.dim)])
    }
    return lines
  }
}
