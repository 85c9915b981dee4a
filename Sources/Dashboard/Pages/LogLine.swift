package import EventPersistence
internal import SecondaryStatus
internal import Wording

/// One report, in the log panel or beneath the nodes.
package struct LogLine: Sendable, Hashable {
  package var at: EventTime
  /// A secondary, or this program (empty).
  package var who: String
  package var severity: Severity
  package var text: String
  package var count = 1
}

extension LogLine {
  /// The journals of these secondaries, in no order.
  static func lines(of secondaries: [SecondaryObservation]) -> [LogLine] {
    secondaries.flatMap { secondary in
      secondary.journal.map {
        LogLine(
          at: $0.lastAt, who: secondary.name, severity: severity($0), text: $0.text,
          count: $0.count)
      }
    }
  }

  /// The latest first.
  static func newest(_ count: Int, of lines: [LogLine]) -> [LogLine] {
    Array(lines.sorted { $0.at > $1.at }.prefix(count))
  }

  private static func severity(_ entry: JournalEntry) -> Severity {
    if let severity = entry.severity { return severity }
    return switch entry.kind {
    case .error: .error
    case .state: entry.stateNoted?.usualSeverity ?? .info
    case .primary, .sink: .warning
    case .driver, .order, .replay: .info
    }
  }
}

extension ScreenDrawing {
  /// The lines in columns, as wide as `room`; long sentences are wrapped.
  func entries(of lines: [LogLine], room: Int, now: EventTime?) -> [TextPage.Entry] {
    let isNarrow = room < 58
    // At least as wide as this program's own name.
    let whoMax = room >= 100 ? 24 : 16
    let who = isNarrow ? 9 : min(whoMax, max(9, lines.map { $0.who.count }.max() ?? 0))
    let clock = isNarrow ? 5 : 12
    let indent = clock + who + 6
    return lines.map { line in
      let time =
        isNarrow
        ? Quantity.since(line.at, now: line.at) : Quantity.moment(line.at, now: now)
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
