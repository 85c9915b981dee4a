internal import SecondaryStatus
internal import Wording
import EventPersistence

extension Model {
  /// A key goes to the dialog, else to the line that is typed into, else to what the table says.
  mutating func press(_ key: Key) -> [Command] {
    // Always, whatever stands open.
    if key == .control("c") { return perform(.quitNow) }
    if key == .control("z") { return perform(.suspend) }
    notice = nil
    if dialog != nil { return pressInDialog(key) }
    if prompt != nil { return pressInPrompt(key) }
    guard let binding = KeyTable.binding(for: key, in: context) else { return [] }
    if binding.changesSomething, refusesChange(binding) { return [] }
    return perform(binding.action)
  }

  private mutating func refusesChange(_ binding: KeyBinding) -> Bool {
    guard settings.isReadOnly else { return false }
    tell("read-only: \(binding.label) (\(binding.hint)) is switched off here", .warning)
    return true
  }

  /// A paste is text for the line that is typed into; without one it does nothing.
  mutating func paste(_ text: String) -> [Command] {
    if dialog != nil { return pasteInDialog(text) }
    guard prompt != nil else {
      tell("pasted text goes into a line that is typed into: / or : opens one", .info)
      return []
    }
    prompt?.editor.insert(text)
    return promptEdited()
  }

  mutating func point(_ event: MouseEvent) -> [Command] {
    guard dialog == nil, prompt == nil else { return [] }
    let layout = layout
    switch event.kind {
    case .wheelUp, .wheelDown:
      if case .overview = page {
        if layout.events?.contains(column: event.column, line: event.line) == true {
          focus = .events
        } else if layout.secondaries?.contains(column: event.column, line: event.line) == true {
          focus = .secondaries
        }
      }
      return move(event.kind == .wheelUp ? .wheelUp : .wheelDown)
    case .click, .doubleClick:
      if event.line == layout.footer.top {
        guard let action = footerHints(layout).first(where: { $0.covers(event.column) })?.action
        else { return [] }
        let binding = KeyTable.binding(for: action)
        return press(binding.keys[0])
      }
      guard select(at: event, layout) else { return [] }
      return event.kind == .doubleClick ? perform(.open) : []
    }
  }

  private mutating func select(at event: MouseEvent, _ layout: Layout) -> Bool {
    switch page {
    case .overview:
      if let rows = layout.secondaryRows, rows.contains(column: event.column, line: event.line) {
        let names = sortedSecondaries.map(\.name)
        let index = secondaryTop(layout) + event.line - rows.top
        guard names.indices.contains(index) else { return false }
        focus = .secondaries
        table.selectedName = names[index]
        return true
      }
      if let rows = layout.eventRows, rows.contains(column: event.column, line: event.line) {
        let scroll = stream.scroll.fitted(count: stream.count, height: rows.height)
        let index = scroll.top + event.line - rows.top
        guard index < stream.count else { return false }
        focus = .events
        stream.scroll = Scroll(selected: index, top: scroll.top)
        stream.isFollowing = false
        return true
      }
      return false
    case .event(var eventPage):
      let index = eventPage.scroll.top + event.line - layout.eventLines.top
      guard event.line >= layout.eventLines.top, index < eventPage.rows.count else { return false }
      eventPage.scroll.selected = index
      page = .event(eventPage)
      return true
    case .archives(var archives):
      let rows = layout.archiveRows
      let index = archives.scroll.top + event.line - rows.top
      guard rows.contains(column: event.column, line: event.line),
        index < (shown.map { ArchivesPage.rows($0).count } ?? 0)
      else { return false }
      archives.scroll.selected = index
      page = .archives(archives)
      return true
    case .secondary, .log, .help: return false
    }
  }
}
