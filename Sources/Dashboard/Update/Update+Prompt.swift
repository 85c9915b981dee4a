internal import SecondaryStatus
import EventPersistence

/// The line at the bottom.
extension Model {
  mutating func openPrompt() {
    switch page {
    case .event, .log, .help: prompt = Prompt(.search, text: pageSearch)
    case .overview, .secondary, .archives:
      focus = .events
      prompt = Prompt(.filter, text: stream.filter?.text ?? "")
    }
  }

  mutating func pressInPrompt(_ key: Key) -> [Command] {
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
  mutating func promptEdited() -> [Command] {
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
    let isFound = searchPage(text)
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
