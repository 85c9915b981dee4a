internal import SecondaryStatus
import EventPersistence

extension Model {
  /// What Esc goes back to.
  private var pageBehind: Page {
    switch page {
    case .help(_, let behind), .log(_, let behind): behind
    case .overview, .event, .secondary, .archives: .overview
    }
  }

  mutating func open() -> [Command] {
    switch page {
    case .overview where focus == .secondaries:
      return table.selectedName.map { openSecondary($0) } ?? []
    case .overview: return openSelectedItem()
    case .event(var event):
      event.toggle()
      page = .event(event)
      return []
    case .archives(let archives): return openArchive(archives)
    case .secondary, .log, .help: return []
    }
  }

  /// The first event of the log under the cursor.
  private mutating func openArchive(_ archives: ArchivesPage) -> [Command] {
    let rows = shown.map(ArchivesPage.rows) ?? []
    guard rows.indices.contains(archives.scroll.selected),
      let first = rows[archives.scroll.selected].first
    else { return [] }
    marks.leave(selectedPosition)
    page = .overview
    focus = .events
    stream.isFollowing = false
    return [stream.ask(.around(.id(first), count: EventStream.page))]
  }

  mutating func openSecondary(_ name: String) -> [Command] {
    var secondary = SecondaryPage(name: name)
    secondary.askedAt = now
    table.selectedName = name
    page = .secondary(secondary)
    return [.loadHistory(name: name)]
  }

  private mutating func openSelectedItem() -> [Command] {
    switch stream.selectedItem {
    case .row(let row):
      page = .event(EventPage(position: row.position))
      return [.loadEvent(row.position)]
    case .left:
      // What was too fast to be shown is in the log.
      guard let before = stream.row(before: stream.scroll.selected) else { return [] }
      stream.isFollowing = false
      return [stream.ask(.around(.after(before.position), count: EventStream.page))]
    case nil: return []
    }
  }

  /// The event before or after the one that is open.
  mutating func neighbour(_ step: Int) -> [Command] {
    guard case .event(let event) = page else { return [] }
    var index = stream.scroll.selected
    if !isRow(at: index, event.position) {
      guard let found = (0..<stream.count).last(where: { isRow(at: $0, event.position) }) else {
        tell("the stream has moved on; Esc goes back to it", .info)
        return []
      }
      index = found
    }
    stream.isFollowing = false
    index += step
    while (0..<stream.count).contains(index) {
      stream.scroll.selected = index
      if case .row(let row) = stream[index] {
        page = .event(EventPage(position: row.position))
        let more = loadBeyondEdge(step < 0 ? .up : .down, height: 20)
        return [.loadEvent(row.position)] + more
      }
      index += step
    }
    tell(step < 0 ? "no event before this one is at hand" : "this is the last event", .info)
    return loadBeyondEdge(step < 0 ? .up : .down, height: 20)
  }

  private func isRow(at index: Int, _ position: Position) -> Bool {
    guard (0..<stream.count).contains(index), case .row(let row) = stream[index] else {
      return false
    }
    return row.position == position
  }

  mutating func back() -> [Command] {
    switch page {
    case .help, .log, .event:
      // What is searched for goes first.
      if !pageSearch.isEmpty { _ = searchPage("") } else { page = pageBehind }
    case .archives: page = .overview
    case .secondary: page = .overview
    case .overview:
      if searching != nil {
        return stopSearch()
      } else if stream.filter != nil {
        return applyFilter("")
      } else if isZoomed {
        isZoomed = false
      } else {
        focus = .secondaries
      }
    }
    return []
  }
}
