import EventPersistence
internal import SecondaryStatus
internal import Wording

extension Model {
  var logEntries: [TextPage.Entry] { Drawing(self).logEntries() }
}

extension Drawing {
  mutating func drawLog(_ page: TextPage) {
    drawPage(
      "Log", page, logEntries(),
      right: layout.body.width >= 60 ? [("the latest first, times in UTC", theme.dim)] : [])
  }

  /// What this program and the drivers reported, the latest first; long sentences are wrapped.
  func logEntries() -> [TextPage.Entry] {
    let lines = model.journal.merged(with: model.shown?.secondaries ?? [])
    guard !lines.isEmpty else {
      return [TextPage.Entry([[("nothing has been reported yet", theme.dim)]])]
    }
    let room = layout.inner(layout.body, head: 0).width - (layout.hasBorders ? 2 : 0)
    let isNarrow = room < 58
    // At least as wide as this program's own name.
    let who = isNarrow ? 9 : min(16, max(9, lines.map { $0.who.count }.max() ?? 0))
    let clock = isNarrow ? 5 : 12
    let indent = clock + who + 6
    return lines.map { line in
      let time =
        isNarrow
        ? Quantity.since(line.at, now: line.at) : Quantity.moment(line.at, now: model.now)
      var text = line.text
      if line.count > 1 { text += " (\(Quantity.count(UInt64(line.count))) times)" }
      let sign =
        switch line.severity {
        case .error: glyphs.isUTF8 ? "✖" : "X"
        case .warning: glyphs.isUTF8 ? "▲" : "!"
        case .unknown: "?"
        case .ok, .info: glyphs.dot
        }
      let name = DisplayWidth.cut(
        Visible.text(line.who.isEmpty ? "dashboard" : line.who), to: who,
        ellipsis: glyphs.ellipsis)
      let pieces = wrap(text, to: max(8, room - indent), lines: 4)
      let drawn = pieces.enumerated().map { index, piece -> Spans in
        let style = line.severity >= .warning ? theme.severity(line.severity) : theme.plain
        guard index == 0 else { return [("".filled(to: indent), theme.plain), (piece, style)] }
        return [
          (time.filled(to: clock), theme.dim), ("  ", theme.plain),
          (name.filled(to: who), theme.bold), (" ", theme.plain),
          (sign + "  ", theme.severity(line.severity)), (piece, style),
        ]
      }
      return TextPage.Entry(drawn)
    }
  }
}
