import EventPersistence
internal import Wording

/// The entered node, and the replays in this process that quitting asks about.
extension Fleet {
  /// The answers so far about the replays that end with this process.
  struct Leaving: Sendable, Hashable {
    /// The nodes that were asked about.
    var decided: Set<String> = []
    /// The replays to cancel, as `NODE/NAME`.
    var cancelled: [String] = []
  }

  /// Passes a message to the entered node, and returns its commands as those of this node.
  mutating func pass(_ message: Message) -> [Command] {
    guard let (name, _) = entered else { return [] }
    return tell(name, message)
  }

  mutating func tell(_ name: String, _ message: Message) -> [Command] {
    if case .configured(let note) = message { notes[name, default: []].append(note) }
    if entered?.name == name {
      return entered!.model.update(message).flatMap { ofNode(name, $0) }
    }
    switch message {
    case .replayEnded(let secondary, let record):
      replaysElsewhere[name]?.remove(secondary)
      say(
        "\(name)/\(secondary): replay \(record.state.rawValue), "
          + Quantity.count(record.delivered, "event"),
        record.state == .failed ? .error : .ok)
    case .failed(let text): say("\(name): \(text)", .error)
    case .configured(.note(let text)): say("\(name): \(text)", .warning)
    default: break
    }
    return []
  }

  private mutating func ofNode(_ name: String, _ command: Command) -> [Command] {
    switch command {
    case .quit(let replays): return quit(from: name, replays)
    case .screen, .setInterval: return [command]
    default: return [.node(name, command)]
    }
  }

  mutating func enter(_ row: NodeRow) -> [Command] {
    if case .elsewhere(let command) = row.place {
      say(
        "\(row.name) is on another machine and only watched here. To enter it:  \(command)", .info)
      return []
    }
    var settings = settings
    settings.node = row.name
    settings.persistenceDir = row.address
    // The alarm covers all nodes.
    settings.ringsBell = false
    settings.setsTitle = false
    var model = Model(settings: settings, width: width, height: height)
    model.replaysHere = replaysElsewhere.removeValue(forKey: row.name) ?? []
    notice = nil
    var commands = model.start() + (now.map { model.update(.tick($0)) } ?? [])
    for note in notes[row.name] ?? [] { commands += model.update(.configured(note)) }
    entered = (row.name, model)
    return [.enterNode(row.name)] + commands.flatMap { ofNode(row.name, $0) }
  }

  private mutating func leave() -> [Command] {
    guard let (name, model) = entered else { return [] }
    if !model.replaysHere.isEmpty { replaysElsewhere[name] = model.replaysHere }
    entered = nil
    return [.enterNode(nil)]
  }

  mutating func pressInNode(_ key: Key) -> [Command] {
    if key == .escape { leaving = nil }
    guard key == .escape, entered?.model.isAtTop ?? false else { return pass(.key(key)) }
    return leave()
  }

  // MARK: - Quitting

  /// One node has its answer; asks about each other node with replays in turn.
  mutating func quit(from name: String?, _ replays: ReplayAtQuit) -> [Command] {
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
}

extension Model {
  /// Whether there is nothing for Esc to close, so that it leaves the node.
  var isAtTop: Bool {
    guard case .overview = page, dialog == nil, prompt == nil, notice == nil else { return false }
    return stream.filter == nil && !isZoomed
  }
}
