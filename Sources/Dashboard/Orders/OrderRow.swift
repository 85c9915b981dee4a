internal import Wording

/// Where a key works.
enum KeyContext: String, Sendable, Hashable, CaseIterable {
  /// The panels of the overview.
  case secondaries, events
  /// The details of an event, and of a secondary.
  case event, secondary
  case archives, tags, log, help
  /// The first view of several nodes.
  case nodes
}

/// The purpose of a key: the help and the manual list the keys under these headings.
enum KeyGroup: String, Sendable, CaseIterable {
  case look = "Look"
  case find = "Find"
  case secondary = "The selected secondary"
  case move = "Move"
  case screen = "The screen"

  /// In the order of the table.
  var rows: [OrderRow] { OrderTable.keyed.filter { $0.group == self } }
}

/// A row of the table that defines the keys, the footer, the help, the manual, the command line,
/// its completion and the tests.
struct OrderRow: Sendable {
  typealias Reader = @Sendable (inout OrderText) throws -> Order

  /// What the keys order.
  var order: Order
  /// None: the order can only be typed.
  var keys: [Key] = []
  /// How the keys are written.
  var label = ""
  /// What it does, in a word or two, for the footer; and the contexts with another word.
  var hint = ""
  var hints: [KeyContext: String] = [:]
  /// What it does, in a sentence, for the help and the manual; and the contexts in which it
  /// differs.
  var help: String
  var helps: [KeyContext: String] = [:]

  /// Its word on the command line; empty: it has none.
  var word = ""
  var parameters: [Parameter] = []
  /// What the help says about the parameters, if they do not explain themselves.
  var note: String?

  var group: KeyGroup
  /// Where the keys work.
  var contexts = KeyContext.ofNode
  /// Whether it changes something outside of this screen: `--read-only` refuses it.
  var changesSomething = false
  /// The footer drops the lowest first if it has no room for all; 0 is only in the help.
  var weight = 0
  /// Makes the order from the parameters.
  var read: Reader?

  /// How the help writes it on the command line, with the most used options.
  var command: String {
    guard !word.isEmpty else { return "COMMAND" }
    let shown =
      parameters.filter { $0.optionName == nil && $0 != .optionalSecondary } + options.prefix(2)
    return ([word] + shown.map(\.text)).joined(separator: " ")
  }

  var options: [Parameter] { parameters.filter { $0.optionName != nil } }

  func hint(in context: KeyContext) -> String { hints[context] ?? hint }
  func help(in context: KeyContext) -> String { helps[context] ?? help }

  /// The label, in ASCII if the terminal shows no more.
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
  /// Everywhere in the dashboard of one node.
  static let ofNode = Set(allCases).subtracting([.nodes])
}
