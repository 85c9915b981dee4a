import EventPersistence

extension Model {
  var helpLines: [Spans] { Drawing(self).helpText() }
}

extension Drawing {
  mutating func drawHelp(scroll: Int) {
    grid.panel(
      layout.body, title: [("Help", theme.accentBold)], isFocused: true, layout: layout,
      theme: theme, glyphs: glyphs)
    drawText(helpText(), scroll: scroll)
  }

  /// From the table of keys, so that it cannot be out of date.
  func helpText() -> [Spans] {
    var lines: [Spans] = [[("Keys", theme.bold)]]
    for binding in KeyTable.bindings {
      let label = glyphs.isUTF8 ? binding.label : KeyTable.asciiLabel(binding.label)
      let isOff = binding.changesSomething && model.settings.isReadOnly
      let help = binding.help + (isOff ? " (off: read-only)" : "")
      lines.append([
        ("  " + label.filled(to: 9), isOff ? theme.dim : theme.accent),
        (help.filled(to: 56) + "  ", isOff ? theme.dim : theme.plain),
        (":\(binding.command)", theme.dim),
      ])
    }
    lines.append([
      ("  " + "".filled(to: 9), theme.plain),
      ("go to an id or a time".filled(to: 56) + "  ", theme.plain),
      (":goto 1234", theme.dim),
    ])
    lines += [[], [("The filter, behind /", theme.bold)]]
    for (form, meaning) in [
      ("word", "in the tag or the summary; several: all of them"),
      ("tag:Snapshot", "in the tag"), ("id:1000-2000", "these ids; also 1000, 1000- and -2000"),
      ("size:>100k", "larger events; < smaller ones"),
      ("since:10m", "the last ten minutes; or since a time"),
      ("!word", "not: before any of these"),
    ] {
      lines.append([("  " + form.filled(to: 16), theme.accent), (meaning, theme.plain)])
    }
    lines += [[], [("States", theme.bold)]]
    for state in SecondaryState.allCases {
      let severity = state.usualSeverity
      lines.append([
        ("  \(glyphs.sign(state, severity)) ", theme.severity(severity)),
        (state.word.filled(to: 16), theme.severity(severity)), (state.meaning, theme.plain),
      ])
    }
    lines += [
      [], [("To read it", theme.bold)],
      [
        (
          "  LAG is what stands in the log behind the checkpoint, BEHIND how old the first of",
          theme.plain
        )
      ],
      [
        (
          "  it is. The bars of the last minute are on a scale from 0 to the row's highest lag.",
          theme.plain
        )
      ],
      [
        (
          "  ? is a value that is not known; \(glyphs.dash) one that there is none of. Times are in UTC.",
          theme.plain
        )
      ],
    ]
    return lines
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
    case .diverged, .gap, .replayStalled, .replayOrphaned, .rewound, .driverLost, .driverHung,
      .stalled:
      .error
    }
  }
}
