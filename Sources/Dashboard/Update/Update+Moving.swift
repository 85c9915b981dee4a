internal import Wording
import EventPersistence

extension Model {
  mutating func move(_ move: Move) -> [Command] {
    switch page {
    case .overview where focus == .secondaries:
      let names = sortedSecondaries.map(\.name)
      let height = layout.secondaryRows?.height ?? 0
      let selected = table.selectedName.flatMap { names.firstIndex(of: $0) } ?? 0
      var scroll = Scroll(selected: selected, top: table.top)
      scroll.move(move, count: names.count, height: height)
      table.top = scroll.top
      if names.indices.contains(scroll.selected) { table.selectedName = names[scroll.selected] }
      return []
    case .overview: return moveInStream(move)
    case .event(var event):
      event.scroll.move(move, count: event.rows.count, height: layout.eventLines.height)
      page = .event(event)
    case .secondary(var secondary):
      secondary.scroll = scrolled(secondary.scroll, move, lines: secondaryDetailLines(secondary))
      page = .secondary(secondary)
    case .archives(var archives):
      let count = shown.map { ArchivesPage.rows($0).count } ?? 0
      archives.scroll.move(move, count: count, height: layout.archiveRows.height)
      page = .archives(archives)
    case .log(var text, let behind):
      text.scroll = scrolled(text.scroll, move, lines: logEntries.lineCount)
      page = .log(text, behind: behind)
    case .help(var text, let behind):
      text.scroll = scrolled(text.scroll, move, lines: helpEntries.lineCount)
      page = .help(text, behind: behind)
    }
    return []
  }

  /// Text without a cursor moves as a whole.
  private func scrolled(_ scroll: Int, _ move: Move, lines: Int) -> Int {
    let height = layout.textLines
    var cursor = Scroll(selected: scroll, top: scroll)
    cursor.move(move, count: max(1, lines - height + 1), height: 1)
    switch move {
    case .pageUp, .pageDown, .halfUp, .halfDown:
      let step = move == .halfUp || move == .halfDown ? height / 2 : height - 1
      cursor.top = scroll + (move.isUpward ? -step : step)
    default: break
    }
    return min(max(0, cursor.top), max(0, lines - height))
  }

  private mutating func moveInStream(_ move: Move) -> [Command] {
    let height = layout.eventRows?.height ?? 0
    if move.isUpward { stream.isFollowing = false }
    if move == .last { return follow() }
    stream.scroll = stream.scroll.fitted(count: stream.count, height: height)
    stream.scroll.move(move, count: stream.count, height: height)
    if move == .first, !stream.atFirst, stream.filter == nil {
      // The first row of the log, not of what is at hand.
      marks.leave(selectedPosition)
      return [stream.ask(.around(.first, count: EventStream.page))]
    }
    return loadBeyondEdge(move, height: height)
  }

  /// Asks for rows before they are needed.
  mutating func loadBeyondEdge(_ move: Move, height: Int) -> [Command] {
    guard stream.pending == nil else { return [] }
    // With a filter, what is not at hand is searched: page by page it would be read for nothing.
    if stream.filter != nil, !stream.isAttached || move.isUpward { return [] }
    if move.isUpward, stream.scroll.top < height, !stream.atFirst, let first = stream.firstRow {
      return [stream.ask(.older(than: first.position, count: EventStream.page))]
    }
    if !move.isUpward, stream.scroll.top + 2 * height >= stream.count {
      if stream.isAttached {
        if stream.scroll.selected == stream.count - 1 { stream.sawEnd() }
      } else if let last = stream.lastRow {
        return [stream.ask(.newer(than: last.position, count: EventStream.page))]
      }
    }
    return []
  }

  mutating func follow() -> [Command] {
    focus = .events
    stream.isFollowing = true
    var commands: [Command] = []
    if isFrozen { commands += toggleFreeze() }
    if stream.isAttached {
      stream.scroll.selected = max(0, stream.count - 1)
      stream.sawEnd()
    } else if stream.pending != .tail(count: EventStream.page) {
      commands.append(stream.ask(.tail(count: EventStream.page)))
    }
    return commands
  }

  mutating func toggleFreeze() -> [Command] {
    if isFrozen {
      frozenAt = nil
      shown = latest
      guard stream.isFollowing, !stream.isAttached else { return [] }
      return [stream.ask(.tail(count: EventStream.page))]
    }
    frozenAt = now
    return []
  }

  mutating func nextPanel() {
    switch page {
    case .overview: focus = focus == .secondaries ? .events : .secondaries
    case .secondary(var secondary):
      secondary.span = secondary.span.next
      page = .secondary(secondary)
    case .event, .archives, .log, .help: break
    }
  }
}
