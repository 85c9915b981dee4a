internal import SecondaryStatus
internal import Wording
import EventPersistence

/// A hint of the footer, and the columns that it covers.
struct FooterHint: Sendable, Hashable {
  var action: Action
  var label: String
  var hint: String
  var column: Int

  var width: Int { label.count + 1 + hint.count }

  func covers(_ column: Int) -> Bool { column >= self.column && column < self.column + width }
}

extension Model {
  /// What the footer offers now: as much as there is room for, the more important first.
  func footerHints(_ layout: Layout) -> [FooterHint] {
    let context = context
    let offered = KeyTable.bindings.filter {
      $0.weight > 0 && $0.contexts.contains(context) && isOffered($0)
    }
    let gap = 2
    var room = layout.footer.width - 2 + gap
    var chosen: Set<Action> = []
    for binding in offered.sorted(by: { $0.weight > $1.weight }) {
      let width = hint(binding, column: 0).width + gap
      guard width <= room else { continue }
      room -= width
      chosen.insert(binding.action)
    }
    var column = 1
    return offered.filter { chosen.contains($0.action) }.map {
      let hint = hint($0, column: column)
      column += hint.width + gap
      return hint
    }
  }

  private var selectedReport: SecondaryReport? {
    selectedName.flatMap { secondary($0) }?.report
  }

  private func hint(_ binding: KeyBinding, column: Int) -> FooterHint {
    let label = settings.isUTF8 ? binding.label : KeyTable.asciiLabel(binding.label)
    var hint = settings.isUTF8 ? binding.hint : Visible.text(binding.hint, asASCII: true)
    let resume = settings.isUTF8 ? "resume…" : Visible.text("resume…", asASCII: true)
    switch (context, binding.action) {
    case (.event, .filter), (.log, .filter), (.help, .filter): hint = "search"
    // There is no more of it than the page.
    case (.event, .previousMatch), (.log, .previousMatch), (.help, .previousMatch):
      hint = "previous"
    case (_, .replay) where selectedReport?.state == .replayOrphaned: hint = resume
    case (_, .pause) where selectedReport?.paused != nil: hint = resume
    default: break
    }
    return FooterHint(action: binding.action, label: label, hint: hint, column: column)
  }

  /// Whether a key has something to do at the moment.
  private func isOffered(_ binding: KeyBinding) -> Bool {
    if binding.changesSomething, settings.isReadOnly { return false }
    let secondary = selectedName.flatMap { self.secondary($0) }
    switch binding.action {
    case .follow: return !stream.isFollowing
    case .back: return isBackUseful
    case .replay, .pause: return secondary != nil && secondary?.report.kind != .checkpoint
    case .cancelReplay: return secondary?.report.replay != nil
    case .retry:
      let state = secondary?.report.state
      return secondary?.driver?.stopped == true || state == .stalled || state == .replayStalled
    case .drive:
      guard let secondary, secondary.report.kind != .checkpoint else { return false }
      return secondary.report.driver == nil
    case .nextMatch, .previousMatch: return hasMatches
    case .mark: return stream.count > 0
    case .open: return context != .secondaries || secondary != nil
    case .archives:
      // On a node that keeps none it says what becomes of what they would have had.
      let primary = shown?.primary
      return primary?.survey.archives.isEmpty == false || primary?.forecastGrounds.isEmpty == false
        || context == .log
    case .sort: return secondaryNames.count > 1
    case .copy: return context == .events ? stream.count > 0 : selectedName != nil
    default: return true
    }
  }

  private var isBackUseful: Bool {
    guard case .overview = page else { return true }
    return stream.filter != nil || isZoomed
  }

  private var hasMatches: Bool {
    switch page {
    case .event, .log, .help: !pageSearch.isEmpty
    case .overview, .secondary, .archives: stream.filter != nil
    }
  }
}

extension Drawing {
  mutating func drawFooter() {
    if let prompt = model.prompt { return draw(prompt) }
    var pen = Pen(layout.footer, line: layout.footer.top, glyphs: glyphs)
    pen.skip(1)
    if let notice = model.notice { return grid.put(notice, theme: theme, glyphs: glyphs) }
    if let dialog = model.dialog {
      for (label, hint) in keys(in: dialog) {
        pen.put(label, theme.accentBold, on: &grid)
        pen.put(" \(hint)  ", theme.dim, on: &grid)
      }
      return
    }
    for hint in model.footerHints(layout) {
      pen.column = hint.column
      pen.put(hint.label, theme.accentBold, on: &grid)
      pen.put(" " + hint.hint, theme.dim, on: &grid)
    }
  }

  private func keys(in dialog: Dialog) -> [(label: String, hint: String)] {
    let enter = (glyphs.isUTF8 ? "↵" : "Enter", "choose")
    guard case .question(let question) = dialog else {
      return [("Tab", "next"), enter, ("Esc", "back")]
    }
    let buttons = question.form.buttons
    let yes = question.yes > 0 ? [("y", buttons[question.yes])] : []
    return yes + [enter, ("Esc", buttons[0])]
  }

  private mutating func draw(_ prompt: Prompt) {
    var pen = Pen(layout.footer, line: layout.footer.top, glyphs: glyphs)
    pen.put(prompt.kind == .command ? ":" : "/", theme.accentBold, on: &grid)
    grid.put(prompt.editor, theme.plain, width: max(20, pen.room / 2), &pen)
    pen.skip(2)
    if let error = prompt.error {
      pen.put(error, theme.severity(.warning), on: &grid)
    } else if prompt.kind == .command {
      let candidates = Completion.candidates(
        for: prompt.editor.text, names: model.secondaryNames)
      pen.put(candidates.prefix(12).joined(separator: "  "), theme.dim, on: &grid)
    } else if prompt.kind == .filter, prompt.editor.characters.isEmpty {
      pen.put(
        "words  tag:Snapshot  id:1000-2000  tx:9f3c  since:10m  size:>100k  !not", theme.dim,
        on: &grid)
    }
  }
}
