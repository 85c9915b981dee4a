import EventPersistence
internal import Wording

extension Drawing {
  /// The text in place of an empty table: what to paste or to run.
  static func noSecondaries(_ model: Model, room: Int) -> [String] {
    guard let shown = model.shown else { return ["reading the state directory…"] }
    var lines: [String] = []
    if case .note(let note) = model.configuration { lines += [note, ""] }
    let directory = shown.primary.persistenceDir
    lines += [
      "No secondary yet. This archives the log:",
      "    hydra-sinks run --dir \(directory) --sink file:///srv/hydra-archive",
      "Or with this in hydra-sinks.yaml:  hydra-sinks run",
      "    persistence-dir: \(directory)",
      "    secondaries:",
      "      - name: archive",
      "        kind: file",
      "        path: /srv/hydra-archive",
    ]
    return lines.flatMap { line in
      let indent = line.prefix { $0 == " " }
      guard !line.isEmpty, line.count > room else { return [line] }
      let pieces = DisplayWidth.wrap(
        Visible.text(line.trimmed), to: room - indent.count, lines: 4, ellipsis: "…")
      return pieces.map { indent + $0 }
    }
  }

  mutating func drawNoSecondaries(_ rect: Rect) {
    for (index, line) in Self.noSecondaries(model, room: grid.width - 4).prefix(rect.height)
      .enumerated()
    {
      let isPasted = line.hasPrefix("    ")
      grid.put(
        line, isPasted ? theme.accent : theme.plain, column: rect.left + 1,
        line: rect.top + index, width: rect.width - 2, ellipsis: glyphs.ellipsis)
    }
  }

  /// The text in place of an empty stream.
  mutating func drawNoEvents(_ rect: Rect) {
    var lines: [String] = []
    if let filter = model.stream.filter {
      lines = ["no loaded event matches  \(filter.text)"]
      if model.searching != nil {
        lines.append("searching the log; Esc stops")
      } else {
        if !model.stream.isSearchedWhole, !model.stream.atFirst {
          lines.append("N searches the log back from here")
        }
        lines.append("Esc shows all of it again")
      }
    } else if let shown = model.shown {
      let survey = shown.primary.survey
      switch survey.state {
      case .live, .silent:
        lines = [
          model.stream.pending == nil && survey.head == nil
            ? "no event yet: waiting for the node's first" : "reading the log…"
        ]
      case .missing:
        lines = [
          survey.sentence ?? "There is no log of a hydra-node in \(shown.primary.persistenceDir).",
          "Looked for: the file state (up to 2.0), the database hydra.db (from 2.1 on).",
          "This screen looks again each \(Quantity.duration(model.interval / .seconds(1))); "
            + "nothing needs to be restarted when the node comes up.",
        ]
      case .ambiguous, .unreadable:
        lines = [survey.sentence ?? "The log cannot be read."]
      }
    } else {
      lines = ["reading the log of \(model.settings.persistenceDir)…"]
    }
    var room = rect.inset(columns: 2, lines: 0)
    for text in lines { room.removeLines(putWrapped(text, theme.plain, in: room)) }
  }
}
