import EventPersistence
internal import SecondaryStatus

/// A model of a screen: the dashboard of one node, or the first view of several.
package protocol ScreenModel: Sendable {
  /// The commands at the start.
  mutating func start() -> [Command]
  /// Takes one message, and returns the commands to carry out.
  mutating func update(_ message: Message) -> [Command]
  /// The screen.
  func view() -> Grid
}

extension Model: ScreenModel {}

/// Several nodes: a first view with the worst state of each, and the dashboard of the one that is entered.
///
/// A node's dashboard is created when the node is entered, and dropped when it is left, except for
/// the replays that this process executes. So the memory is that of one dashboard and one status
/// document per node.
package struct Fleet: ScreenModel {
  enum Sorting: Sendable, Hashable { case configured, worst }

  package let settings: Settings
  var width: Int
  var height: Int
  var now: EventTime?
  var nodes: [NodeRow]
  var order = Sorting.worst
  /// Nil until the cursor is moved: it then is on the first row.
  var selectedName: String?
  var scroll = Scroll()
  var notice: Notice?
  var isHelpShown = false

  /// The filter as typed: the words that a node must have to be shown.
  var filter = ""
  /// The line for typing the filter.
  var prompt: Prompt?

  /// The entered node, and its dashboard.
  var entered: (name: String, model: Model)?
  /// The notes about the configuration, by node; each dashboard receives its note when it opens.
  var notes: [String: [ConfigurationNote]] = [:]
  /// The secondaries that this process replays in nodes that were left, by node.
  var replaysElsewhere: [String: Set<String>] = [:]
  /// The answers so far about the replays that end with this process; nil unless the user is
  /// quitting.
  var leaving: Leaving?

  var alarm = Alarm()

  package init(settings: Settings, nodes: [NodeRow], width: Int, height: Int) {
    self.settings = settings
    self.nodes = nodes
    self.width = width
    self.height = height
  }

  package mutating func start() -> [Command] { settings.hasMouse ? [.screen(.mouse(true))] : [] }

  /// In drawing order; equal nodes keep their configured order.
  var sortedNodes: [NodeRow] {
    guard order == .worst else { return nodes }
    return nodes.enumerated().sorted { left, right in
      let severities = (left.element.severity(at: now), right.element.severity(at: now))
      return severities.0 == severities.1
        ? left.offset < right.offset : severities.0 > severities.1
    }.map(\.element)
  }

  /// The nodes that pass the filter.
  var shownNodes: [NodeRow] {
    let words = filter.lowercased().split(separator: " ")
    return words.isEmpty ? sortedNodes : sortedNodes.filter { $0.matches(words, now: now) }
  }

  /// The node under the cursor, which is always a shown one.
  var selected: NodeRow? {
    let shown = shownNodes
    return shown.first { $0.name == selectedName } ?? shown.first
  }
}

extension Fleet {
  package mutating func update(_ message: Message) -> [Command] {
    switch message {
    case .nodeSeen(let row): return see(row)
    case .node(let name, let inner): return tell(name, inner)
    case .resized(let width, let height):
      (self.width, self.height) = (width, height)
      return pass(message)
    case .tick(let time):
      now = max(now ?? time, time)
      if notice?.isOver(at: time) == true { notice = nil }
      return pass(message)
    // At once, whatever is open.
    case .key(.control("c")): return [.quit(.leave)]
    case .key(let key): return entered == nil ? press(key) : pressInNode(key)
    case .mouse(let event): return entered == nil ? point(event) : pass(message)
    case .pasted(let text) where entered == nil:
      prompt?.editor.insert(text)
      if let prompt { filter = prompt.text }
      return []
    default: return pass(message)
    }
  }

  private mutating func see(_ row: NodeRow) -> [Command] {
    if let at = row.at { now = max(now ?? at, at) }
    if let index = nodes.firstIndex(where: { $0.name == row.name }) {
      nodes[index] = row
    } else {
      nodes.append(row)
    }
    guard let status = row.status else { return [] }
    var errors = Set(status.secondaries.filter { $0.severity == .error }.map(\.name))
    // The primary has no name.
    if status.primary.severity == .error { errors.insert("") }
    let bell = alarm.note(errors, of: row.name, settings)
    let glyphs = Glyphs(isUTF8: settings.isUTF8)
    let count = alarm.count
    let sign = glyphs.sign(.stalled, .error)
    let errorCount = count == 1 ? "1 error" : "\(count) errors"
    let trouble = count == 0 ? "" : "\(sign) \(errorCount) \(glyphs.dot) "
    return bell + alarm.name("\(trouble)hydra-sinks \(nodes.count) nodes", settings)
  }

  mutating func say(_ text: String, _ severity: Severity) {
    notice = Notice(text: text, severity: severity, at: now)
  }

  // MARK: - Keys

  private mutating func press(_ key: Key) -> [Command] {
    if prompt != nil, key != .control("z") {
      pressInPrompt(key)
      return []
    }
    guard let order = OrderTable.row(for: key, in: .nodes)?.order else { return [] }
    if order != .copy { notice = nil }
    return perform(order)
  }

  private mutating func perform(_ order: Order) -> [Command] {
    switch order {
    case .move(let move): self.move(move)
    case .open: return selected.map { enter($0) } ?? []
    case .filter:
      isHelpShown = false
      prompt = Prompt(.filter, text: filter)
    case .sort: self.order = self.order == .configured ? .worst : .configured
    case .copy:
      guard case .elsewhere(let command)? = selected?.place else { return [] }
      say("copied:  \(command)", .ok)
      return [.screen(.copy(command))]
    case .help: isHelpShown.toggle()
    // The help is in front.
    case .back where isHelpShown, .quit where isHelpShown: isHelpShown = false
    case .back: filter = ""
    case .quit: return quit(from: nil, .none)
    case .quitNow: return [.quit(.leave)]
    case .suspend: return [.screen(.suspend)]
    case .redraw: return [.screen(.redraw)]
    default: preconditionFailure("\(order) has a key in the first view, and does nothing there")
    }
    return []
  }

  private mutating func pressInPrompt(_ key: Key) {
    // As the filter is typed, the cursor moves to a node that is still shown.
    if key == .up || key == .down { return move(key == .up ? .up : .down) }
    guard var open = prompt else { return }
    let outcome = open.press(key)
    prompt = open
    switch outcome {
    case .ignored: break
    case .edited: filter = open.text
    case .accepted: prompt = nil
    case .cancelled:
      prompt = nil
      filter = open.before
    }
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
