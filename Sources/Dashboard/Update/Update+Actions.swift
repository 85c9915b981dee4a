import EventPersistence

extension Model {
  /// Does what a key, or its form on the command line, stands for.
  mutating func perform(_ action: Action) -> [Command] {
    switch action {
    case .up: return move(.up)
    case .down: return move(.down)
    case .pageUp: return move(.pageUp)
    case .pageDown: return move(.pageDown)
    case .halfUp: return move(.halfUp)
    case .halfDown: return move(.halfDown)
    case .first: return move(.first)
    case .last: return move(.last)
    case .nextPanel: nextPanel()
    case .zoom: isZoomed.toggle()
    case .open: return open()
    case .back: return back()
    case .before: return neighbour(-1)
    case .after: return neighbour(1)
    case .archives: page = .archives(ArchivesPage())
    case .log:
      if case .log(_, let behind) = page {
        page = behind
      } else {
        page = .log(scroll: 0, behind: page)
      }
    case .mark: mark()
    case .jumpBack: return jumpBack()
    case .mouse:
      hasMouse.toggle()
      tell(hasMouse ? "the mouse is ours; M gives it back" : "the mouse selects text again", .info)
      return [.mouse(hasMouse)]
    case .filter: openPrompt()
    case .commandLine: prompt = Prompt(.command)
    case .nextMatch: return nextMatch(1)
    case .previousMatch: return nextMatch(-1)
    case .follow: return follow()
    case .freeze: return toggleFreeze()
    case .sort:
      let orders = SecondaryTable.Order.allCases
      let index = orders.firstIndex(of: table.order)!
      table.order = orders[(index + 1) % orders.count]
      table.isReversed = false
    case .reverseSort: table.isReversed.toggle()
    case .copy: return copy()
    case .slower: return setInterval(Self.intervals.first { $0 > interval } ?? interval)
    case .faster: return setInterval(Self.intervals.last { $0 < interval } ?? interval)
    case .redraw: return [.redraw]
    case .suspend: return [.suspend]
    case .help:
      if case .help(_, let behind) = page {
        page = behind
      } else {
        page = .help(scroll: 0, behind: page)
      }
    case .quit: return quit()
    case .quitNow: return [.quit(namesReplayingHere.isEmpty ? .none : .leave)]
    case .replay, .cancelReplay, .pause, .retry, .drive: return order(action)
    case .verify: return selectedName.map { openVerify($0) } ?? []
    }
    return []
  }

  private mutating func order(_ action: Action) -> [Command] {
    guard !settings.isReadOnly else {
      tell("read-only: nothing can be ordered from here", .warning)
      return []
    }
    guard let name = selectedName else {
      tell("there is no secondary to order anything of", .warning)
      return []
    }
    switch action {
    case .replay: return openReplay(name, ReplayRequest())
    case .cancelReplay: return openCancel(name, stay: false)
    case .pause: return openPause(name)
    case .drive: return openDrive(name)
    default: return isWatchedOnly(name) ? [] : [.retry(name: name)]
    }
  }

  /// Each step about doubles.
  static let intervals: [Duration] = [
    .milliseconds(50), .milliseconds(100), .milliseconds(200), .milliseconds(500), .seconds(1),
    .seconds(2), .seconds(5), .seconds(10), .seconds(30), .seconds(60),
  ]

  mutating func setInterval(_ interval: Duration) -> [Command] {
    tell("polling each \(Quantity.duration(interval / .seconds(1)))", .info)
    guard interval != self.interval else { return [] }
    self.interval = interval
    return [.setInterval(interval)]
  }

  // MARK: - Moving

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
    case .log(let scroll, let behind):
      page = .log(scroll: scrolled(scroll, move, lines: logLines.count), behind: behind)
    case .help(let scroll, let behind):
      page = .help(scroll: scrolled(scroll, move, lines: helpLines.count), behind: behind)
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
  private mutating func loadBeyondEdge(_ move: Move, height: Int) -> [Command] {
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

  private mutating func follow() -> [Command] {
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

  private mutating func toggleFreeze() -> [Command] {
    if isFrozen {
      frozenAt = nil
      shown = latest
      guard stream.isFollowing, !stream.isAttached else { return [] }
      return [stream.ask(.tail(count: EventStream.page))]
    }
    frozenAt = now
    return []
  }

  private mutating func nextPanel() {
    switch page {
    case .overview: focus = focus == .secondaries ? .events : .secondaries
    case .secondary(var secondary):
      secondary.span = secondary.span.next
      page = .secondary(secondary)
    case .event, .archives, .log, .help: break
    }
  }

  private mutating func back() -> [Command] {
    switch page {
    case .help(_, let behind), .log(_, let behind): page = behind
    case .archives: page = .overview
    case .event(var event):
      if event.search.isEmpty {
        page = .overview
      } else {
        _ = event.setSearch("")
        page = .event(event)
      }
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

  // MARK: - Opening

  private mutating func open() -> [Command] {
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
  private mutating func neighbour(_ step: Int) -> [Command] {
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

  private mutating func openPrompt() {
    if case .event(let event) = page {
      prompt = Prompt(.search, text: event.search)
    } else {
      focus = .events
      prompt = Prompt(.filter, text: stream.filter?.text ?? "")
    }
  }

  private mutating func nextMatch(_ step: Int) -> [Command] {
    if case .event(var event) = page {
      if event.search.isEmpty {
        tell("nothing is searched for: / does", .info)
      } else if !event.findNext(step: step) {
        tell("nothing here has \(event.search)", .info)
      }
      page = .event(event)
      return []
    }
    return nextMatchInStream(step)
  }

  private mutating func copy() -> [Command] {
    switch page {
    case .overview where focus == .events:
      guard case .row(let row)? = stream.selectedItem else { return [] }
      return [.copyEvent(row.position)]
    case .event(let event):
      guard let line = event.selectedLine, let detail = event.detail else { return [] }
      switch line.kind {
      case .string, .number, .literal:
        tell("copied the value", .ok)
        return [.copy(detail.tokens[line.token].text)]
      case .open, .close, .key: return [.copyEvent(event.position)]
      }
    case .overview, .secondary:
      guard let name = selectedName, let report = secondary(name)?.report else { return [] }
      tell(report.lastError == nil ? "copied the name" : "copied the error", .ok)
      return [.copy(report.lastError ?? name)]
    case .archives, .log, .help: return []
    }
  }

  /// The secondaries whose replay ends with this process: ordered here, or of a driver that is here.
  private var namesReplayingHere: [String] {
    let driven = (latest?.secondaries ?? []).filter {
      $0.isDrivenHere && $0.report.replay != nil
    }
    return Set(replaysHere.keys).union(driven.map(\.name)).sorted()
  }

  private mutating func quit() -> [Command] {
    let names = namesReplayingHere
    guard !names.isEmpty else { return [.quit(.none)] }
    dialog = .question(
      Question(
        title: "Quit",
        lines: [
          "The replay of \(names.joined(separator: ", ")) runs in this process.",
          "Left, it stands until a driver or --resume takes it up.",
          "Cancelled, the checkpoint of a rewind goes back to where it was.",
        ],
        back: "Stay",
        answers: [
          ("Quit, leave it to be resumed", [.quit(.leave)]),
          ("Quit, cancel it", [.quit(.cancel(names: names))]),
        ]))
    return []
  }
}
