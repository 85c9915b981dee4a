internal import Wording

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
  var order: Order
  /// None: it is only typed.
  var keys: [Key] = []
  /// How the keys are written.
  var label = ""
  /// What it does, in a word or two, for the footer; and where it is another word.
  var hint = ""
  var hints: [KeyContext: String] = [:]
  /// What it does, in a sentence, for the help and the manual; and where it does something else.
  var help: String
  var helps: [KeyContext: String] = [:]

  /// What orders it on the command line; empty: nothing does.
  var word = ""
  var parameters: [Parameter] = []
  /// What the help says of the parameters, where they do not say it themselves.
  var note: String?

  var group: KeyGroup
  /// Where the keys work.
  var contexts = KeyContext.ofNode
  /// It changes something outside of this screen: `--read-only` refuses it.
  var changesSomething = false
  /// Where the footer has no room for all, the lowest goes first; 0 is in the help alone.
  var weight = 0
  /// The order that the parameters make of it.
  var read: Reader?

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
