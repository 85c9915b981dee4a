internal import SecondaryStatus
internal import Wording
import EventPersistence

extension Fleet {
  public mutating func update(_ message: Message) -> [Command] {
    switch message {
    case .nodeSeen(let row):
      see(row)
      return alarm(row)
    case .node(let name, let inner): return tell(name, inner)
    case .resized(let width, let height):
      (self.width, self.height) = (width, height)
      return pass(message)
    case .tick(let time):
      now = max(now ?? time, time)
      if let at = notice?.at, notice?.severity != .error,
        time.seconds(since: at) > Notice.secondsShown
      {
        notice = nil
      }
      return pass(message)
    // At once, whatever stands open.
    case .key(.control("c")): return [.quit(.leave)]
    case .key(let key): return entered == nil ? press(key) : pressInNode(key)
    case .mouse(let event): return entered == nil ? point(event) : pass(message)
    case .pasted(let text) where entered == nil:
      prompt?.editor.insert(text)
      return filtered()
    default: return pass(message)
    }
  }

  private mutating func see(_ row: NodeRow) {
    if let at = row.at { now = max(now ?? at, at) }
    guard let index = nodes.firstIndex(where: { $0.name == row.name }) else {
      nodes.append(row)
      if selectedName == nil { selectedName = row.name }
      return
    }
    nodes[index] = row
  }

  /// Rings once where a secondary, or a primary, becomes an error, and says in the window's title how
  /// things stand.
  private mutating func alarm(_ row: NodeRow) -> [Command] {
    guard let status = row.status else { return [] }
    var names = Set(status.secondaries.filter { $0.severity == .error }.map(\.name))
    if status.primary.severity == .error { names.insert("") }
    var commands: [Command] = []
    if settings.ringsBell, let before = alarmed[row.name], !names.subtracting(before).isEmpty {
      commands.append(.bell)
    }
    alarmed[row.name] = names
    guard settings.setsTitle else { return commands }
    let glyphs = Glyphs(isUTF8: settings.isUTF8)
    let count = alarmed.values.reduce(0) { $0 + $1.count }
    let sign = glyphs.sign(.stalled, .error)
    let trouble =
      count == 0 ? "" : "\(sign) \(count == 1 ? "1 error" : "\(count) errors") \(glyphs.dot) "
    let text = "\(trouble)hydra-sinks \(nodes.count) nodes"
    if text != title {
      title = text
      commands.append(.title(text))
    }
    return commands
  }

  // MARK: - The node that is entered

  /// What is the entered node's, and its commands as those of this node.
  private mutating func pass(_ message: Message) -> [Command] {
    guard let (name, _) = entered else { return [] }
    return tell(name, message)
  }

  private mutating func tell(_ name: String, _ message: Message) -> [Command] {
    if entered?.name == name {
      return entered!.model.update(message).flatMap { ofNode(name, $0) }
    }
    switch message {
    case .replayEnded(let secondary, let record):
      replaysElsewhere[name]?[secondary] = nil
      say(
        "\(name)/\(secondary): replay \(record.state.rawValue), "
          + Quantity.count(record.delivered, "event"),
        record.state == .failed ? .error : .ok)
    case .failed(let text): say("\(name): \(text)", .error)
    default: break
    }
    return []
  }

  private mutating func ofNode(_ name: String, _ command: Command) -> [Command] {
    switch command {
    case .quit(let replays): return quit(from: name, replays)
    case .redraw, .suspend, .copy, .setInterval, .bell, .title, .mouse: return [command]
    default: return [.node(name, command)]
    }
  }

  private mutating func enter(_ row: NodeRow) -> [Command] {
    if case .elsewhere(let command) = row.place {
      say(
        "\(row.name) is on another machine and only watched here. To enter it:  \(command)", .info)
      return []
    }
    var settings = settings
    settings.node = row.name
    settings.persistenceDir = row.address
    // The alarm is that of all nodes.
    settings.ringsBell = false
    settings.setsTitle = false
    var model = Model(settings: settings, width: width, height: height)
    model.replaysHere = replaysElsewhere.removeValue(forKey: row.name) ?? [:]
    notice = nil
    let commands = model.start() + (now.map { model.update(.tick($0)) } ?? [])
    entered = (row.name, model)
    return [.enterNode(row.name)] + commands.map { .node(row.name, $0) }
  }

  private mutating func leave() -> [Command] {
    guard let (name, model) = entered else { return [] }
    if !model.replaysHere.isEmpty { replaysElsewhere[name] = model.replaysHere }
    entered = nil
    return [.enterNode(nil)]
  }

  private mutating func pressInNode(_ key: Key) -> [Command] {
    if key == .escape { leaving = nil }
    guard key == .escape, entered?.model.isAtTop ?? false else { return pass(.key(key)) }
    return leave()
  }

  // MARK: - Quitting

  /// One node has said what is to become of its replays; each other that has some is asked in its turn.
  private mutating func quit(from name: String?, _ replays: ReplayAtQuit) -> [Command] {
    var said = name == nil ? Leaving() : leaving ?? Leaving()
    if let name {
      said.decided.insert(name)
      if case .cancel(let names) = replays { said.cancelled += names.map { "\(name)/\($0)" } }
    }
    leaving = said
    let open = replaysElsewhere.filter { !$0.value.isEmpty && !said.decided.contains($0.key) }
    guard let next = open.keys.min(), let row = nodes.first(where: { $0.name == next }) else {
      return [.quit(said.cancelled.isEmpty ? .leave : .cancel(names: said.cancelled))]
    }
    return leave() + enter(row) + pass(.key(.character("q")))
  }

  // MARK: - Keys

  mutating func say(_ text: String, _ severity: Severity) {
    notice = Notice(text: text, severity: severity, at: now)
  }

  /// What the keys do here: the same as everywhere, as far as it is there.
  static let actions: Set<Action> = [
    .open, .up, .down, .first, .last, .pageUp, .pageDown, .halfUp, .halfDown, .sort, .copy, .redraw,
    .suspend, .back, .help, .quit, .quitNow, .filter,
  ]

  private mutating func press(_ key: Key) -> [Command] {
    if prompt != nil, key != .control("z") { return pressInPrompt(key) }
    guard let action = KeyTable.bindings.first(where: { $0.keys.contains(key) })?.action,
      Self.actions.contains(action)
    else { return [] }
    if action != .copy { notice = nil }
    switch action {
    case .quitNow: return [.quit(.leave)]
    case .quit: return isHelpShown ? closeHelp() : quit(from: nil, .none)
    case .suspend: return [.suspend]
    case .redraw: return [.redraw]
    case .help:
      isHelpShown.toggle()
      return []
    case .back:
      // What lies on top goes first.
      if isHelpShown { return closeHelp() }
      filter = ""
      return []
    case .filter:
      isHelpShown = false
      prompt = Prompt(.filter, text: filter)
      return []
    case .copy:
      guard case .elsewhere(let command)? = selected?.place else { return [] }
      say("copied:  \(command)", .ok)
      return [.copy(command)]
    case .open: return selected.map { enter($0) } ?? []
    case .sort:
      order = order == .configured ? .worst : .configured
      return []
    default:
      if let move = Move(action) { self.move(move) }
      return []
    }
  }

  private mutating func closeHelp() -> [Command] {
    isHelpShown = false
    return []
  }

  private mutating func pressInPrompt(_ key: Key) -> [Command] {
    guard let before = prompt?.before else { return [] }
    switch key {
    case .enter: prompt = nil
    case .escape:
      prompt = nil
      filter = before
    case .backspace where prompt?.editor.characters.isEmpty == true: prompt = nil
    // Another node is chosen among those that are left, as it is typed.
    case .up: move(.up)
    case .down: move(.down)
    default:
      guard prompt?.editor.take(key) == true else { return [] }
      return filtered()
    }
    return []
  }

  private mutating func filtered() -> [Command] {
    if let prompt { filter = prompt.editor.text }
    return []
  }

  private mutating func move(_ move: Move) {
    let rows = shownNodes
    scroll.selected = rows.firstIndex { $0.name == selected?.name } ?? 0
    scroll.move(move, count: rows.count, height: rowsRect.height)
    if rows.indices.contains(scroll.selected) { selectedName = rows[scroll.selected].name }
  }

  private mutating func point(_ event: MouseEvent) -> [Command] {
    switch event.kind {
    case .wheelUp: move(.wheelUp)
    case .wheelDown: move(.wheelDown)
    case .click, .doubleClick:
      let rows = shownNodes
      let index = top + event.line - rowsRect.top
      guard rowsRect.contains(column: event.column, line: event.line),
        rows.indices.contains(index)
      else { return [] }
      selectedName = rows[index].name
      if event.kind == .doubleClick { return enter(rows[index]) }
    }
    return []
  }
}

extension Model {
  /// Whether Esc has nothing to close here, so that it leaves the node.
  var isAtTop: Bool {
    guard case .overview = page, dialog == nil, prompt == nil, notice == nil else { return false }
    return stream.filter == nil && !isZoomed
  }
}
