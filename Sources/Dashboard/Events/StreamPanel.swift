import EventPersistence
internal import Wording

/// The panel of the events, and going to places in the log.
extension Model {
  /// The event under the cursor of the stream.
  var selectedPosition: Position? {
    guard case .row(let row)? = stream.selectedItem else { return nil }
    return row.position
  }

  // MARK: - Moving

  mutating func moveInStream(_ move: Move) -> [Command] {
    let height = layout.eventRows?.height ?? 0
    if move.isUpward { stream.isFollowing = false }
    if move == .last { return follow() }
    stream.scroll = stream.scroll.fitted(count: stream.count, height: height)
    stream.scroll.move(move, count: stream.count, height: height)
    if move == .first, !stream.atFirst, stream.filter == nil {
      // The first row of the log, not of the loaded rows.
      marks.leave(selectedPosition)
      return [stream.ask(.around(.first, count: EventStream.page))]
    }
    return stream.loadBeyondEdge(move, height: height)
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

  // MARK: - Opening

  mutating func openSelectedItem() -> [Command] {
    switch stream.selectedItem {
    case .row(let row):
      page = .event(EventPage(position: row.position))
      return [.loadEvent(row.position)]
    case .left:
      // Events that came too fast to be shown are in the log.
      guard let before = stream.row(before: stream.scroll.selected) else { return [] }
      stream.isFollowing = false
      return [stream.ask(.around(.after(before.position), count: EventStream.page))]
    case .loss(let sentence):
      tell(sentence, .warning)
      return []
    case nil: return []
    }
  }

  /// The event before or after the one that is open.
  mutating func neighbour(_ step: Int) -> [Command] {
    guard case .event(let event) = page else { return [] }
    var index = stream.scroll.selected
    if stream.position(at: index) != event.position {
      guard
        let found = (0..<stream.count).last(where: { stream.position(at: $0) == event.position })
      else {
        tell("the stream has moved on; Esc goes back to it", .info)
        return []
      }
      index = found
    }
    stream.isFollowing = false
    let move: Move = step < 0 ? .up : .down
    index += step
    while (0..<stream.count).contains(index) {
      stream.scroll.selected = index
      if let position = stream.position(at: index) {
        page = .event(EventPage(position: position))
        return [.loadEvent(position)] + stream.loadBeyondEdge(move, height: 20)
      }
      index += step
    }
    tell(step < 0 ? "no earlier event is loaded" : "this is the last event", .info)
    return stream.loadBeyondEdge(move, height: 20)
  }

  // MARK: - Places

  /// Shows the log around a place; `'` comes back.
  mutating func goto(_ start: Start) -> [Command] {
    page = .overview
    focus = .events
    if start == .head { return follow() }
    marks.leave(selectedPosition)
    stream.isFollowing = false
    return [stream.ask(.around(start, count: EventStream.page))]
  }

  /// The first event of the archive under the cursor.
  mutating func openArchive(_ archives: ArchivesPage) -> [Command] {
    let rows = shown.map(ArchivesPage.rows) ?? []
    guard rows.indices.contains(archives.scroll.selected),
      let first = rows[archives.scroll.selected].first
    else { return [] }
    return goto(.id(first))
  }

  /// Shows and selects an event of the log.
  mutating func jump(to position: Position) -> [Command] {
    page = .overview
    focus = .events
    stream.isFollowing = false
    if let index = stream.index(of: position) {
      stream.scroll.selected = index
      return []
    }
    return [stream.ask(.around(.id(position.eventId), count: EventStream.page))]
  }

  mutating func mark() {
    guard let position = selectedPosition else { return }
    let isMarked = marks.toggle(position)
    let id = Quantity.count(position.eventId)
    tell(isMarked ? "event \(id) is marked; ' comes back to it" : "the mark is removed", .info)
  }

  mutating func jumpBack() -> [Command] {
    guard let place = marks.back(from: selectedPosition) else {
      tell("nothing to jump back to: m marks an event", .info)
      return []
    }
    return jump(to: place)
  }
}

extension EventStream {
  /// The event at this index of the visible items, if any.
  fileprivate func position(at index: Int) -> Position? {
    guard (0..<count).contains(index), case .row(let row) = self[index] else { return nil }
    return row.position
  }

  /// Loads rows before they are needed.
  fileprivate mutating func loadBeyondEdge(_ move: Move, height: Int) -> [Command] {
    guard pending == nil else { return [] }
    // With a filter, the log is searched instead: loading it page by page would be a waste.
    if filter != nil, !isAttached || move.isUpward { return [] }
    if move.isUpward {
      guard scroll.top < height, !atFirst, let first = firstRow else { return [] }
      return [ask(.older(than: first.position, count: Self.page))]
    }
    guard scroll.top + 2 * height >= count else { return [] }
    if isAttached {
      if scroll.selected == count - 1 { sawEnd() }
      return []
    }
    return lastRow.map { [ask(.newer(than: $0.position, count: Self.page))] } ?? []
  }
}
