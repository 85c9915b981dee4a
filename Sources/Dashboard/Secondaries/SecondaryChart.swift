import EventPersistence
internal import SecondaryStatus
internal import Wording

extension Drawing {
  /// The lag over time: the hour or the day beside the week, where there is room for both.
  func chartLines(_ page: SecondaryPage, _ width: Int) -> [Spans] {
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
}
