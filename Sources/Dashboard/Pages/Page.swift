import EventPersistence
internal import SecondaryStatus

/// The page on the screen.
enum Page: Sendable {
  case overview
  case event(EventPage)
  case secondary(SecondaryPage)
  case archives(ArchivesPage)
  case tags(TagsPage)
  indirect case log(TextPage, behind: Page)
  indirect case help(TextPage, behind: Page)

  // A page is changed in place if it is the shown one; otherwise nothing happens.

  var event: EventPage? {
    get { if case .event(let event) = self { event } else { nil } }
    set { if let newValue { self = .event(newValue) } }
  }

  var secondary: SecondaryPage? {
    get { if case .secondary(let secondary) = self { secondary } else { nil } }
    set { if let newValue { self = .secondary(newValue) } }
  }

  var archives: ArchivesPage? {
    get { if case .archives(let archives) = self { archives } else { nil } }
    set { if let newValue { self = .archives(newValue) } }
  }

  var tags: TagsPage? {
    get { if case .tags(let tags) = self { tags } else { nil } }
    set { if let newValue { self = .tags(newValue) } }
  }

  /// The text of the log or of the help.
  var text: TextPage? {
    get {
      switch self {
      case .log(let text, _), .help(let text, _): text
      case .overview, .event, .secondary, .archives, .tags: nil
      }
    }
    set {
      guard let newValue else { return }
      switch self {
      case .log(_, let behind): self = .log(newValue, behind: behind)
      case .help(_, let behind): self = .help(newValue, behind: behind)
      case .overview, .event, .secondary, .archives, .tags: break
      }
    }
  }

  /// The page that Esc goes back to.
  var behind: Page {
    switch self {
    case .help(_, let behind), .log(_, let behind): behind
    case .overview, .event, .secondary, .archives, .tags: .overview
    }
  }
}

/// The panels of the overview.
enum Panel: Sendable, Hashable, CaseIterable { case secondaries, events }

extension Model {
  var context: KeyContext {
    switch page {
    case .overview: focus == .secondaries ? .secondaries : .events
    case .event: .event
    case .secondary: .secondary
    case .archives: .archives
    case .tags: .tags
    case .log: .log
    case .help: .help
    }
  }

  // MARK: - Opening and closing

  mutating func open() -> [Command] {
    switch page {
    case .overview where focus == .secondaries:
      return table.selectedName.map { openSecondary($0) } ?? []
    case .overview: return openSelectedItem()
    case .event: page.event?.toggle()
    case .archives(let archives): return openArchive(archives)
    case .secondary, .tags, .log, .help: break
    }
    return []
  }

  mutating func openSecondary(_ name: String) -> [Command] {
    table.selectedName = name
    page = .secondary(SecondaryPage(name: name, askedAt: now))
    return [.loadHistory(name: name)]
  }

  /// Opens or closes the log.
  mutating func toggleLog() {
    if case .log = page {
      page = page.behind
    } else {
      page = .log(TextPage(), behind: page)
    }
  }

  mutating func toggleHelp() {
    if case .help = page {
      page = page.behind
    } else {
      page = .help(TextPage(), behind: page)
    }
  }

  mutating func back() -> [Command] {
    // The search ends first.
    if !pageSearch.isEmpty {
      _ = searchPage("")
      return []
    }
    guard case .overview = page else {
      let isCounting = page.tags != nil
      page = page.behind
      return isCounting ? [.stopCounting] : []
    }
    if searching != nil { return stopSearch() }
    if stream.filter != nil { return applyFilter("") }
    if isZoomed { isZoomed = false } else { focus = .secondaries }
    return []
  }

  mutating func nextPanel() {
    switch page {
    case .overview: focus = focus == .secondaries ? .events : .secondaries
    case .secondary: page.secondary?.nextSpan()
    case .event, .archives, .tags, .log, .help: break
    }
  }

  // MARK: - Moving

  mutating func move(_ move: Move) -> [Command] {
    let layout = layout
    switch page {
    case .overview where focus == .secondaries:
      table.move(
        move, names: sortedSecondaries.map(\.name), height: layout.secondaryRows?.height ?? 0)
    case .overview: return moveInStream(move)
    case .event(let event):
      page.event?.move(move, height: layout.lines(of: event, in: layout.body).height)
    case .secondary(let secondary):
      let lines = secondaryDetailLines(secondary)
      page.secondary?.scroll.move(move, lines: lines, height: layout.textLines)
    case .archives:
      let count = shown.map { ArchivesPage.rows($0).count } ?? 0
      page.archives?.scroll.move(move, count: count, height: layout.archiveRows.height)
    case .tags:
      let lines = tagLines.count
      page.tags?.scroll.move(move, lines: lines, height: layout.textLines)
    case .log, .help:
      let lines = pageEntries.lineCount
      page.text?.scroll.move(move, lines: lines, height: layout.textLines)
    }
    return []
  }

  // MARK: - Searching

  /// The sentences of the shown page: of the log or of the help.
  private var pageEntries: [TextPage.Entry] {
    switch page {
    case .log: logEntries
    case .help: helpEntries
    case .overview, .event, .secondary, .archives, .tags: []
    }
  }

  /// The searched text of the page, in lower case; empty: none.
  var pageSearch: String { page.event?.search ?? page.text?.search ?? "" }

  /// Searches the page for `text` and goes to its first match; false if there is none.
  mutating func searchPage(_ text: String) -> Bool {
    let (entries, height) = (pageEntries, layout.textLines)
    return page.event?.setSearch(text)
      ?? page.text?.setSearch(text, in: entries, height: height) ?? true
  }

  /// Goes to the match after (`step` 1) or before (-1).
  mutating func nextMatch(_ step: Int) -> [Command] {
    let (entries, height, search) = (pageEntries, layout.textLines, pageSearch)
    guard
      let isFound = page.event?.findNext(step: step)
        ?? page.text?.go(step, in: entries, height: height)
    else { return nextMatchInStream(step) }
    if search.isEmpty {
      tell("no search is set: / sets one", .info)
    } else if !isFound {
      tell("no match for \(search) on this page", .info)
    }
    return []
  }

  // MARK: - Copying

  mutating func copy() -> [Command] {
    switch page {
    case .overview where focus == .events:
      return selectedPosition.map { [.copyEvent($0)] } ?? []
    case .event(let event):
      guard let line = event.selectedLine, let detail = event.detail else { return [] }
      switch line.kind {
      case .string, .number, .literal:
        tell("copied the value", .ok)
        return [.screen(.copy(detail.tokens[line.token].text))]
      case .open, .close, .key: return [.copyEvent(event.position)]
      }
    case .overview, .secondary:
      guard let name = selectedName, let report = secondary(name)?.report else { return [] }
      tell(report.lastError == nil ? "copied the name" : "copied the error", .ok)
      return [.screen(.copy(report.lastError ?? name))]
    case .archives, .tags, .log, .help: return []
    }
  }
}
