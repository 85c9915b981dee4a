internal import Wording

/// What the keys do in the first view: its help, and its footer.
extension FleetDrawing {
  mutating func drawHelp() {
    let rect = layout.inner(layout.body, head: 0)
    let bindings = KeyTable.bindings.filter { Fleet.actions.contains($0.action) }
    for (index, binding) in bindings.prefix(rect.height).enumerated() {
      var pen = Pen(rect.inset(columns: 2, lines: 0), line: rect.top + index, glyphs: glyphs)
      pen.put(label(binding).filled(to: 9), theme.accent, on: &grid)
      pen.put(Self.help(binding), theme.plain, on: &grid)
    }
  }

  private func label(_ binding: KeyBinding) -> String {
    glyphs.isUTF8 ? binding.label : KeyTable.asciiLabel(binding.label)
  }

  private static func help(_ binding: KeyBinding) -> String {
    switch binding.action {
    case .open: "enter the node; Esc comes back"
    case .filter: "only the nodes with these words: name, state, !not"
    case .sort: "the worst first, or as configured"
    case .copy: "copy the command of a node on another machine"
    default: binding.help
    }
  }

  mutating func drawFooter() {
    var pen = Pen(
      layout.footer.inset(columns: 1, lines: 0), line: layout.footer.top, glyphs: glyphs)
    if let prompt = fleet.prompt {
      pen.put("/", theme.accentBold, on: &grid)
      grid.put(prompt.editor, theme.plain, width: max(20, pen.room / 2), &pen)
      pen.skip(2)
      if prompt.editor.characters.isEmpty {
        pen.put("a name  stalled  error  !ok", theme.dim, on: &grid)
      }
      return
    }
    if let notice = fleet.notice { return grid.put(notice, theme: theme, glyphs: glyphs) }
    for (action, hint) in [
      (Action.open, "enter"), (.filter, "filter"), (.sort, "worst first"), (.help, "help"),
      (.quit, "quit"),
    ] where !fleet.nodes.isEmpty || [.help, .quit].contains(action) {
      let label = label(KeyTable.binding(for: action))
      guard pen.room > label.count + hint.count + 1 else { return }
      pen.put(label, theme.accentBold, on: &grid)
      pen.put(" \(hint)  ", theme.dim, on: &grid)
    }
  }
}
