import EventPersistence

/// The line at the bottom while the user types.
struct Prompt: Sendable, Hashable {
  enum Kind: Sendable, Hashable {
    /// `:` a command
    case command
    /// `/` the filter of the stream, or of the nodes
    case filter
    /// `/` in a page of text
    case search
  }

  /// The result of a key.
  enum Outcome: Sendable, Hashable { case ignored, edited, accepted, cancelled }

  var kind: Kind
  var editor: LineEditor
  /// The text before, for Esc.
  var before: String
  /// Why the typed text is not accepted.
  var error: String?

  init(_ kind: Kind, text: String = "") {
    self.kind = kind
    editor = LineEditor(text)
    before = text
  }

  var text: String { editor.text }

  /// - Parameter names: the secondaries' names, which Tab completes.
  mutating func press(_ key: Key, names: [String] = []) -> Outcome {
    switch key {
    case .escape: return .cancelled
    case .backspace where editor.characters.isEmpty: return .cancelled
    case .enter: return error == nil ? .accepted : .ignored
    case .tab:
      if kind == .command, let completed = Completion.complete(text, names: names) {
        editor.replace(with: completed)
      }
      return .ignored
    default:
      guard editor.take(key) else { return .ignored }
      error = nil
      return .edited
    }
  }
}

extension Model {
  mutating func openPrompt() {
    switch page {
    case .event, .log, .help: prompt = Prompt(.search, text: pageSearch)
    case .overview, .secondary, .archives, .tags:
      focus = .events
      prompt = Prompt(.filter, text: stream.filter?.text ?? "")
    }
  }

  mutating func pressInPrompt(_ key: Key) -> [Command] {
    guard var prompt else { return [] }
    let outcome = prompt.press(key, names: secondaryNames)
    self.prompt = prompt
    switch outcome {
    case .ignored: return []
    case .edited: return follow(prompt.kind, prompt.text)
    case .cancelled:
      self.prompt = nil
      return follow(prompt.kind, prompt.before)
    case .accepted:
      self.prompt = nil
      if prompt.kind == .command { return perform(typed: prompt.text) }
      // No loaded row has it, but the log may.
      return prompt.kind == .filter && stream.count == 0 ? searchBack(isJumping: false) : []
    }
  }

  mutating func pasteInPrompt(_ pasted: String) -> [Command] {
    prompt?.editor.insert(pasted)
    return prompt.map { follow($0.kind, $0.text) } ?? []
  }

  /// The filter and the search follow each letter.
  private mutating func follow(_ kind: Prompt.Kind, _ text: String) -> [Command] {
    switch kind {
    case .command: return []
    case .filter: return applyFilter(text)
    case .search:
      let isFound = searchPage(text)
      prompt?.error = isFound ? nil : "no match on this page"
      return []
    }
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

  /// Carries out the text after `:`.
  private mutating func perform(typed text: String) -> [Command] {
    do {
      guard
        let (row, order) = try OrderText.read(
          text, names: secondaryNames, selected: selectedName, now: now)
      else { return [] }
      guard !row.changesSomething || !settings.isReadOnly else {
        tell("read-only: orders are switched off here", .warning)
        return []
      }
      return perform(order)
    } catch {
      tell("\(error)", .warning)
      return []
    }
  }
}
