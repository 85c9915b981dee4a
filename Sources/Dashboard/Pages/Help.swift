import EventPersistence
internal import SecondaryStatus
internal import Wording

extension Model {
  var helpEntries: [TextPage.Entry] { Drawing(self).helpEntries() }
}

extension Drawing {
  mutating func drawHelp(_ page: TextPage) { drawPage("Help", page, helpEntries()) }

  /// The keys come from their table, so the help cannot be out of date.
  func helpEntries() -> [TextPage.Entry] {
    var lines: [TextPage.Entry] = []
    if case .note(let note) = model.configuration {
      lines += heading("Configuration") + [entry("", theme.plain, note), blank]
    }
    for group in KeyGroup.allCases {
      lines += heading(group.rawValue) + group.rows.map { entry($0) } + [blank]
    }
    lines += heading("The command line, after :") + commands
    lines += [blank] + heading("The filter, after /")
    lines += [
      ("word", "in the tag or the summary; several: all of them"),
      ("tag:Snapshot", "in the tag"), ("id:1000-2000", "these ids; also 1000, 1000- and -2000"),
      ("size:>100k", "larger events; < smaller ones"),
      ("since:10m", "the last ten minutes; or since a time"),
      ("tx:9f3c", "a transaction and what refers to it, by the beginning of its id"),
      ("!word", "not: before any of these"),
    ].map { entry($0.filled(to: 16), theme.accent, $1) }
    lines += [blank] + heading("States")
    lines += SecondaryState.allCases.map { state in
      let severity = state.usualSeverity
      let sign = glyphs.sign(state, severity)
      return entry(
        "\(sign) \(state.word)".filled(to: 18), theme.severity(severity), state.meaning)
    }
    lines += [blank] + heading("How to read it")
    lines += [
      "LAG counts the events after the checkpoint; BEHIND says how old the first of them is.",
      "The bars of the last minute are on a scale from 0 to the row's highest lag, 50 at least.",
      "As you type, the filter searches the loaded events; N continues back through the log.",
      "\(glyphs.more) +41 208 more: events came faster than the dashboard reads; Enter loads them.",
      "? is a value that is not known, \(glyphs.dash) a value that does not exist. Times are in UTC.",
    ].map { entry("", theme.plain, $0) }
    return lines
  }

  /// Each word that takes parameters, once.
  private var commands: [TextPage.Entry] {
    var words: Set<String> = []
    return OrderTable.rows.compactMap { row in
      guard let parameter = row.parameters.first, words.insert(row.word).inserted else {
        return nil
      }
      let options = row.options.compactMap(\.optionName).joined(separator: ", ")
      let text = row.note ?? (options.isEmpty ? row.help : options)
      return entry("\(row.word) \(parameter.text)".filled(to: 16), theme.accent, text)
    }
  }

  private var blank: TextPage.Entry { TextPage.Entry([[]]) }

  private func heading(_ text: String) -> [TextPage.Entry] {
    [TextPage.Entry([[(text, theme.bold)]])]
  }

  private func entry(_ row: OrderRow) -> TextPage.Entry {
    let label = row.label(isUTF8: glyphs.isUTF8)
    let isOff = row.changesSomething && model.settings.isReadOnly
    let help = row.help + (isOff ? " (off: read-only)" : "")
    let style = isOff ? theme.dim : theme.plain
    let labelStyle = isOff ? theme.dim : theme.accent
    guard layout.body.width >= 100 else { return entry(label.filled(to: 9), labelStyle, help) }
    return TextPage.Entry([
      [
        ("  " + label.filled(to: 9), labelStyle), (help.filled(to: 58), style),
        (":\(row.command)", theme.dim),
      ]
    ])
  }

  /// A label and its text, which continues on the next line if it is too long.
  private func entry(_ label: String, _ style: Style, _ text: String) -> TextPage.Entry {
    let room = layout.body.width - (layout.hasBorders ? 4 : 0) - 2 - label.count
    let pieces = wrap(text, to: room, lines: 9)
    return TextPage.Entry(
      pieces.enumerated().map { index, piece in
        let front = index == 0 ? label : "".filled(to: label.count)
        return [("  " + front, style), (piece, theme.plain)]
      })
  }
}

extension SecondaryState {
  /// Without configured limits and reminders.
  var usualSeverity: Severity {
    switch self {
    case .ok: .ok
    case .replaying, .paused, .new, .catchingUp, .lagging: .info
    case .idle, .fallingBehind: .warning
    case .unknown: .unknown
    case .newLog, .diverged, .gap, .replayStalled, .replayOrphaned, .rewound, .driverLost,
      .driverHung,
      .stalled:
      .error
    }
  }
}
