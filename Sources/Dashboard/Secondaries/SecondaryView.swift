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
    lines += replayLines(page, width)
    lines += journalLines(page, width)
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

  private func factLines(_ secondary: SecondaryObservation, _ width: Int) -> [Spans] {
    let report = secondary.report
    var facts: [(String, String)] = [
      ("kind", report.kind.rawValue), ("target", secondary.target),
      ("checkpoint", checkpointText(report.checkpoint)),
      ("lag", report.lagEvents.map { Quantity.count($0, "event") } ?? Quantity.unknown),
      ("behind", report.lagEvents == 0 ? "0 s" : report.lagSeconds.map(Quantity.duration) ?? "?"),
      ("rate", report.ratePerSecond.map(Quantity.rate) ?? Quantity.unknown),
      ("time left", report.etaSeconds.map(Quantity.duration) ?? glyphs.dash),
    ]
    facts += generationFacts(report)
    if let verified = report.verified {
      facts.append(("verify", verified.text(at: model.now)))
    }
    if let paused = report.paused {
      let end = paused.resumeAt.map { " until \(Quantity.since($0, now: model.now))" } ?? ""
      let reminder =
        paused.until.map { ", reminder at \(Quantity.since($0, now: model.now))" } ?? ""
      facts.append(
        (
          "paused",
          "by \(paused.by) since \(Quantity.since(paused.at, now: model.now))\(end)\(reminder)"
        ))
      if let reason = paused.reason { facts.append(("reason", reason)) }
    }
    facts += driverFacts(secondary)
    // Two columns where there is room for them; below them each fact of a sink that does not fit.
    let columns = width >= 100 ? 2 : 1
    let label = 12
    var longFacts: [Spans] = []
    for (key, value) in (secondary.driver?.sink ?? [:]).sorted(by: { $0.key < $1.key }) {
      let key = Visible.text(key)
      if key.count < label, DisplayWidth.of(value) <= width / columns - label - 2 {
        facts.append((key, value))
      } else {
        longFacts += longFact(key, value, width)
      }
    }
    let height = (facts.count + columns - 1) / columns
    let cell = width / columns
    let short: [Spans] = (0..<height).map { row in
      var spans: Spans = []
      for column in 0..<columns where column * height + row < facts.count {
        let (key, value) = facts[column * height + row]
        let room = cell - label - 2
        let text = DisplayWidth.cut(Visible.text(value), to: room, ellipsis: glyphs.ellipsis)
        spans.append((key.filled(to: label), theme.dim))
        let blanks = max(0, room - DisplayWidth.of(text)) + 2
        spans.append((text + String(repeating: " ", count: blanks), theme.plain))
      }
      return spans
    }
    return short + longFacts
  }

  private func longFact(_ key: String, _ value: String, _ width: Int) -> [Spans] {
    let pieces = wrap(value, to: max(8, width - key.count - 2), lines: 4)
    return pieces.enumerated().map { index, piece in
      [((index == 0 ? key : "").filled(to: key.count + 2), theme.dim), (piece, theme.plain)]
    }
  }

  private func checkpointText(_ checkpoint: Checkpoint?) -> String {
    guard let checkpoint else { return "nothing stored yet" }
    guard let id = checkpoint.eventId else { return "before the first event" }
    var text = Quantity.count(id)
    if let tag = checkpoint.tag { text += " \(tag)" }
    if let at = checkpoint.at, let now = model.now {
      text += ", \(Quantity.duration(max(0, now.seconds(since: at)))) ago"
    }
    return text
  }

  /// Which of the node's logs is stored, where there was more than one, and which were before it.
  private func generationFacts(_ report: SecondaryReport) -> [(String, String)] {
    guard let generation = report.generation, generation > 1 else { return [] }
    let former = (report.former ?? []).suffix(3).reversed().map { log in
      let end = log.last.map { "through \(Quantity.count($0.eventId))" } ?? "nothing stored"
      return ("before it", "\(log.generation), \(end), ended \(Quantity.since(log.endedAt, now: model.now))")
    }
    return [("generation", "\(generation) of the node's log")] + former
  }

  private func driverFacts(_ secondary: SecondaryObservation) -> [(String, String)] {
    guard secondary.report.kind != .checkpoint else { return [("driver", "elsewhere")] }
    guard let driver = secondary.driver else {
      return [("driver", secondary.report.driver.map { "process \($0.pid)" } ?? "none")]
    }
    let now = model.now ?? driver.at
    let age = Quantity.duration(max(0, now.seconds(since: driver.at)))
    let isHeld = secondary.report.driver != nil
    let whose =
      model.isDrivenHere(secondary.name)
      ? "this process" : "process \(driver.pid) on \(driver.host)"
    var facts = [("driver", isHeld ? "\(whose), seen \(age) ago" : "none; last \(whose)")]
    if let ended = driver.endedAt {
      facts.append(("ended", "\(Quantity.duration(max(0, now.seconds(since: ended)))) ago"))
    } else if isHeld {
      let phase = driver.stopped ? "stopped" : driver.phase.rawValue
      let since = Quantity.duration(max(0, now.seconds(since: driver.phaseSince)))
      facts.append(("phase", "\(phase) for \(since)"))
      if driver.attempts > 1 { facts.append(("attempts", "\(driver.attempts) of this batch")) }
      if let retry = driver.retryAt {
        facts.append(("tries again", "in \(Quantity.duration(retry.seconds(since: now)))"))
      }
    }
    return facts
  }

  /// The lag over time: the hour or the day beside the week, where there is room for both.
  private func chartLines(_ page: SecondaryPage, _ width: Int) -> [Spans] {
    let title: Spans = [("Lag", theme.bold), ("   Tab: hour, day, week", theme.dim)]
    if let error = page.error { return [title, [("  " + error, theme.severity(.error))]] }
    guard page.history != nil else { return [title, [("  reading…", theme.dim)]] }
    let gap = 4
    guard width >= 110, page.span != .week else { return chart(page, page.span, width) }
    let left = (width - gap) / 2
    let beside = chart(page, .week, width - gap - left)
    let first = chart(page, page.span, left)
    return (0..<max(first.count, beside.count)).map { index in
      let line = index < first.count ? first[index] : []
      let columns = line.reduce(0) { $0 + grid.columns(of: $1.0) }
      return line + [("".filled(to: left + gap - columns), theme.plain)]
        + (index < beside.count ? beside[index] : [])
    }
  }

  /// One chart: its title, bars on a scale from 0 to the highest, the axis of time.
  private func chart(_ page: SecondaryPage, _ span: SecondaryPage.Span, _ width: Int) -> [Spans] {
    guard let history = page.history, let now = model.now else { return [] }
    let height = layout.body.height >= 36 ? 8 : 4
    let label = max(7, Quantity.count(history.samples.compactMap(\.lagEvents).max() ?? 0).count)
    let columns = min(width - label - 3, span == .hour ? 60 : 168)
    let current = model.shown?.secondaries.first { $0.name == page.name }?.report.lagEvents
    let latest = SecondaryHistory.Sample(at: now, lagEvents: current)
    let buckets = Chart.buckets(
      history.samples + [latest], seconds: span.seconds, columns: columns, now: now)
    let hint = page.span == span ? "   Tab: hour, day, week" : ""
    // A chart that is empty but for its end says why.
    let first =
      history.samples.first { now.seconds(since: $0.at) <= span.seconds }?.at ?? now
    let isYoung = now.seconds(since: first) < 0.9 * span.seconds
    let since = isYoung ? ", since \(Quantity.since(first, now: now))" : ""
    let title: Spans = [
      ("Lag in \(span.label)", theme.bold), (since, theme.dim), (hint, theme.dim),
    ]
    guard let highest = buckets.compactMap({ $0 }).max() else {
      return [title, [("  nothing was recorded in it", theme.dim)]]
    }
    var lines = [title]
    let bars = Chart.lines(buckets, highest: highest, lines: height, levels: glyphs.levels)
    for (index, bar) in bars.enumerated() {
      let value: UInt64? =
        index == 0
        ? highest
        : index == height / 2 && height >= 8 ? highest / 2 : nil
      let axis = value == nil ? glyphs.vertical : glyphs.axisTick
      let mark = value.map(Quantity.count) ?? ""
      lines.append([("\(mark.padded(to: label)) \(axis)", theme.dim), (bar, theme.accent)])
    }
    lines.append([
      ("\("0".padded(to: label)) \(glyphs.axisCorner)", theme.dim),
      (String(repeating: glyphs.horizontal, count: columns), theme.dim),
    ])
    let axis = Chart.axis(seconds: span.seconds, columns: columns)
    lines.append([("".filled(to: label + 2) + axis, theme.dim)])
    return lines
  }

  private func replayLines(_ page: SecondaryPage, _ width: Int) -> [Spans] {
    guard let replays = page.history?.replays, !replays.isEmpty else { return [] }
    var lines: [Spans] = [[], [("Replays", theme.bold)]]
    for replay in replays.reversed().prefix(20) {
      let severity: Severity =
        replay.state == .done ? .ok : replay.state == .cancelled ? .warning : .error
      let ends = [replay.from, replay.through].map { $0.map { Quantity.count($0.eventId) } ?? "?" }
      var text = "  \(replay.kind.word) \(ends[0]) to \(ends[1])"
      text += ", \(Quantity.count(replay.delivered)) delivered, by \(replay.requestedBy)"
      if let by = replay.cancelledBy { text += ", cancelled by \(by)" }
      if let reason = replay.reason { text += " · \(reason)" }
      if let error = replay.error { text += " · \(error)" }
      let at = Quantity.since(replay.endedAt ?? replay.at, now: model.now).filled(to: 12)
      lines.append([
        ("  \(at)  ", theme.dim), (replay.state.rawValue.filled(to: 9), theme.severity(severity)),
        (text, theme.plain),
      ])
    }
    return lines
  }

  private func journalLines(_ page: SecondaryPage, _ width: Int) -> [Spans] {
    guard let journal = page.history?.journal, !journal.isEmpty else { return [] }
    var lines: [Spans] = [[], [("Journal", theme.bold)]]
    for entry in journal.reversed().prefix(200) {
      let at = Quantity.moment(entry.lastAt, now: model.now).filled(to: 12)
      var text = entry.text
      if entry.count > 1 {
        let since = Quantity.since(entry.at, now: model.now)
        text += " (\(Quantity.count(UInt64(entry.count))) times since \(since))"
      }
      let isError = entry.kind == .error || entry.severity.map { $0 >= .error } ?? false
      let style = isError ? theme.severity(.error) : theme.plain
      let front: Spans = [
        ("  \(at)  ", theme.dim), (entry.kind.rawValue.filled(to: 9) + "  ", theme.dim),
      ]
      let indent = front.reduce(0) { $0 + $1.0.count }
      let pieces = wrap(text, to: max(12, width - indent), lines: 4)
      for (index, piece) in pieces.enumerated() {
        let lead = index == 0 ? front : [("".filled(to: indent), theme.plain)]
        lines.append(lead + [(piece, style)])
      }
    }
    return lines
  }
}
