import EventPersistence
internal import SecondaryStatus
internal import Wording

/// The mouse: the wheel scrolls the panel under it, a click selects, a double click opens.
extension Model {
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
        let hint = footerHints(layout).first { $0.covers(event.column) }
        return hint.map { press($0.key) } ?? []
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
    case .event(let open):
      let lines = layout.lines(of: open, in: layout.body)
      let index = open.scroll.top + event.line - lines.top
      guard event.line >= lines.top, index < open.rows.count else { return false }
      page.event?.scroll.selected = index
      return true
    case .archives(let archives):
      let rows = layout.archiveRows
      let index = archives.scroll.top + event.line - rows.top
      guard rows.contains(column: event.column, line: event.line),
        index < (shown.map { ArchivesPage.rows($0).count } ?? 0)
      else { return false }
      page.archives?.scroll.selected = index
      return true
    case .secondary, .tags, .log, .help: return false
    }
  }
}
