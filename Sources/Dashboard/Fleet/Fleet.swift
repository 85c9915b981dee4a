import EventPersistence

/// What a screen is drawn from: the dashboard of one node, or the first view of several.
public protocol ScreenModel: Sendable {
  /// What is to be done at the start.
  mutating func start() -> [Command]
  /// Takes one message, and says what is to be done.
  mutating func update(_ message: Message) -> [Command]
  /// The screen.
  func view() -> Grid
}

extension Model: ScreenModel {}

/// Several nodes: a first view with the worst state of each, and the dashboard of the one that is entered.
///
/// A node's dashboard is made when it is entered and dropped when it is left, but for the replays that this
/// process executes: so the memory is that of one dashboard and a status document a node.
public struct Fleet: ScreenModel {
  enum Order: Sendable, Hashable { case configured, worst }

  public let settings: Settings
  var width: Int
  var height: Int
  var now: EventTime?
  var nodes: [NodeRow]
  var order = Order.configured
  var selectedName: String?
  var scroll = Scroll()
  var notice: Notice?
  var isHelpShown = false

  /// The words that a node has to have to be shown, as they were typed.
  var filter = ""
  /// The line that they are typed into.
  var prompt: Prompt?

  /// The node that is entered, and its dashboard.
  var entered: (name: String, model: Model)?
  /// The replays that this process executes in nodes that were left, by node and secondary.
  var replaysElsewhere: [String: [String: String]] = [:]
  /// What was said so far of the replays that end with this process; nil while nobody quits.
  var leaving: Leaving?

  struct Leaving: Sendable, Hashable {
    /// The nodes that were asked about.
    var decided: Set<String> = []
    /// What is to be cancelled, as `NODE/NAME`.
    var cancelled: [String] = []
  }

  /// The secondaries that are errors, as `NODE/NAME`, and the primaries; nil before the first look.
  var alarmed: [String: Set<String>] = [:]
  var title: String?

  public init(settings: Settings, nodes: [NodeRow], width: Int, height: Int) {
    self.settings = settings
    self.nodes = nodes
    self.width = width
    self.height = height
    selectedName = nodes.first?.name
  }

  /// Puts the cursor on the node that is worst, so that what is wrong with it is told.
  public mutating func selectWorst() {
    order = .worst
    selectedName = sortedNodes.first?.name
    order = .configured
  }

  public mutating func start() -> [Command] { [] }

  /// In the order in which they are drawn; of equals the configured order stands.
  var sortedNodes: [NodeRow] {
    guard order == .worst else { return nodes }
    return nodes.enumerated().sorted { left, right in
      let severities = (left.element.severity(at: now), right.element.severity(at: now))
      return severities.0 == severities.1
        ? left.offset < right.offset : severities.0 > severities.1
    }.map(\.element)
  }

  /// Those of them that the filter lets through.
  var shownNodes: [NodeRow] {
    let words = filter.lowercased().split(separator: " ")
    return words.isEmpty ? sortedNodes : sortedNodes.filter { $0.matches(words, now: now) }
  }

  /// The node under the cursor, which is always one that is shown.
  var selected: NodeRow? {
    let shown = shownNodes
    return shown.first { $0.name == selectedName } ?? shown.first
  }
}
