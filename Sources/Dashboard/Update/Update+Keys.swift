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

  // MARK: - The line at the bottom

  private mutating func pressInPrompt(_ key: Key) -> [Command] {
    guard var prompt else { return [] }
    switch key {
    case .escape:
      self.prompt = nil
      return restore(prompt)
    case .enter:
      if prompt.error != nil { return [] }
      self.prompt = nil
      if prompt.kind == .command { return run(prompt.editor.text) }
      // Nothing at hand has it: the log may.
      if prompt.kind == .filter, stream.count == 0 { return searchBack(isJumping: false) }
    case .tab:
      if prompt.kind == .command,
        let completed = Completion.complete(prompt.editor.text, names: secondaryNames)
      {
        prompt.editor.replace(with: completed)
        self.prompt = prompt
      }
    case .backspace where prompt.editor.characters.isEmpty:
      self.prompt = nil
      return restore(prompt)
    default:
      guard prompt.editor.take(key) else { return [] }
      prompt.error = nil
      self.prompt = prompt
      return promptEdited()
    }
    return []
  }

  /// Filter and search follow each letter.
  private mutating func promptEdited() -> [Command] {
    guard let prompt else { return [] }
    switch prompt.kind {
    case .command: break
    case .filter: return applyFilter(prompt.editor.text)
    case .search: applySearch(prompt.editor.text)
    }
    return []
  }

  private mutating func restore(_ prompt: Prompt) -> [Command] {
    switch prompt.kind {
    case .command: break
    case .filter: return applyFilter(prompt.before)
    case .search: applySearch(prompt.before)
    }
    return []
  }

  mutating func applyFilter(_ text: String) -> [Command] {
    do {
      let filter = try Filter.read(text, now: now)
      let isAnother = filter?.conditions != stream.filter?.conditions
      let load = stream.setFilter(filter)
      prompt?.error = nil
      return (isAnother ? stopSearch() : []) + (load.map { [$0] } ?? [])
    } catch {
      if prompt == nil { tell(error.sentence, .warning) } else { prompt?.error = error.sentence }
      return []
    }
  }

  private mutating func applySearch(_ text: String) {
    guard case .event(var event) = page else { return }
    let isFound = event.setSearch(text)
    page = .event(event)
    prompt?.error = isFound ? nil : "nothing here has it"
  }

  /// Runs what was typed behind `:`.
  mutating func run(_ text: String) -> [Command] {
    do {
      guard
        let command = try CommandText.read(
          text, names: secondaryNames, selected: selectedName, now: now)
      else { return [] }
      return run(command)
    } catch {
      tell(error.sentence, .warning)
      return []
    }
  }

  private mutating func run(_ command: CommandText) -> [Command] {
    switch command {
    case .action(let action): return perform(action)
    case .goto(let start):
      page = .overview
      focus = .events
      if start == .head { return perform(.follow) }
      marks.leave(selectedPosition)
      stream.isFollowing = false
      return [stream.ask(.around(start, count: EventStream.page))]
    case .filter(let text):
      focus = .events
      return applyFilter(text)
    case .sort(let order):
      table.order = order
      table.isReversed = false
      return []
    case .interval(let interval): return setInterval(interval)
    case .open(let name): return openSecondary(name)
    case .verify(let name): return openVerify(name)
    case .replay, .cancel, .pause, .resume, .retry, .drive:
      guard !settings.isReadOnly else {
        tell("read-only: nothing can be ordered from here", .warning)
        return []
      }
      return order(command)
    }
  }

  private mutating func order(_ command: CommandText) -> [Command] {
    switch command {
    case .replay(let name, let request): return openReplay(name, request)
    case .cancel(let name, let stay): return openCancel(name, stay: stay)
    case .pause(let name, let reason, let seconds):
      return isWatchedOnly(name) ? [] : [.pause(name: name, reason: reason, seconds: seconds)]
    case .resume(let name): return [.resume(name: name)]
    case .retry(let name): return isWatchedOnly(name) ? [] : [.retry(name: name)]
    case .drive(let name): return openDrive(name)
    default: return []
    }
  }
}
