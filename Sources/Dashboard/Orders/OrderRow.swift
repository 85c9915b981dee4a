/// Where a key does what it does.
enum KeyContext: String, Sendable, Hashable, CaseIterable {
  /// The panels of the overview.
  case secondaries, events
  /// The details of an event, and of a secondary.
  case event, secondary
  case archives, log, help
  /// The first view of several nodes.
  case nodes
}

/// What a key is for: the help and the manual list the keys under these headings.
enum KeyGroup: String, Sendable, CaseIterable {
  case look = "Look"
  case find = "Find"
  case secondary = "The selected secondary"
  case move = "Move"
  case screen = "The screen"

  /// In the order of the table.
  var rows: [OrderRow] { OrderTable.keyed.filter { $0.group == self } }
}

/// A row of the one table that the keys, the footer, the help, the manual, the command line, its completion
/// and the tests are made from.
struct OrderRow: Sendable {
  typealias Reader = @Sendable (inout OrderText) throws -> Order

  /// What the keys order.
  let order: Order
  /// None: it is only typed.
  let keys: [Key]
  /// How the keys are written.
  let label: String
  /// What it does, in a word or two, for the footer; and where it is another word.
  let hint: String
  let hints: [KeyContext: String]
  /// What it does, in a sentence, for the help and the manual; and where it does something else.
  let help: String
  let helps: [KeyContext: String]
  let group: KeyGroup
  /// Where the keys work.
  let contexts: Set<KeyContext>
  /// It changes something outside of this screen: `--read-only` refuses it.
  let changesSomething: Bool
  /// Where the footer has no room for all, the lowest goes first; 0 is in the help alone.
  let weight: Int

  /// What orders it on the command line; empty: nothing does.
  let word: String
  let parameters: [Parameter]
  /// What the help says of the parameters, where they do not say it themselves.
  let note: String?
  /// The order that the parameters make of it.
  let read: Reader

  init(
    _ order: Order, keys: [Key] = [], _ label: String = "", hint: String = "", help: String,
    word: String = "", _ parameters: [Parameter] = [], note: String? = nil, group: KeyGroup,
    in contexts: Set<KeyContext> = KeyContext.ofNode, changes: Bool = false, weight: Int = 0,
    hints: [KeyContext: String] = [:], helps: [KeyContext: String] = [:], read: Reader? = nil
  ) {
    self.order = order
    self.keys = keys
    self.label = label
    self.hint = hint
    self.hints = hints
    self.help = help
    self.helps = helps
    self.group = group
    self.contexts = contexts
    changesSomething = changes
    self.weight = weight
    self.word = word
    self.parameters = parameters
    self.note = note
    self.read = read ?? { _ in order }
  }

  /// How the help writes it on the command line, with the options that are used most.
  var command: String {
    guard !word.isEmpty else { return "COMMAND" }
    let shown =
      parameters.filter { $0.optionName == nil && $0 != .optionalSecondary } + options.prefix(2)
    return ([word] + shown.map(\.text)).joined(separator: " ")
  }

  var options: [Parameter] { parameters.filter { $0.optionName != nil } }

  func hint(in context: KeyContext) -> String { hints[context] ?? hint }
  func help(in context: KeyContext) -> String { helps[context] ?? help }

  /// The label; in ASCII where there is nothing more.
  func label(isUTF8: Bool) -> String {
    guard !isUTF8 else { return label }
    switch label {
    case "k ↑": return "k Up"
    case "j ↓": return "j Down"
    case "←": return "Left"
    case "→": return "Right"
    default: return Visible.text(label, asASCII: true)
    }
  }
}

extension KeyContext {
  /// All of the dashboard of one node.
  static let ofNode = Set(allCases).subtracting([.nodes])
}
