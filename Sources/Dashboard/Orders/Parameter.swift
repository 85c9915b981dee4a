import EventPersistence

/// A parameter after an order's word on the command line.
enum Parameter: Sendable, Hashable {
  /// The name of a secondary, before all options.
  case secondary
  /// The same, if the word also works without it.
  case optionalSecondary
  /// A place in the log.
  case place
  /// The rest of the text, as typed.
  case words
  case sorting
  /// How often to poll, and an example for the help.
  case interval(example: String)
  /// An option and a placeholder for its value.
  case option(String, takes: String)
  case flag(String)

  /// How the help writes it.
  var text: String {
    switch self {
    case .secondary, .optionalSecondary: "NAME"
    case .place: "1234"
    case .words: "WORDS"
    case .sorting: "lag"
    case .interval(let example): example
    case .option(let name, let placeholder): "\(name) \(placeholder)"
    case .flag(let name): name
    }
  }

  /// The name of an option or a flag.
  var optionName: String? {
    switch self {
    case .option(let name, _), .flag(let name): name
    case .secondary, .optionalSecondary, .place, .words, .sorting, .interval: nil
    }
  }
}

extension OrderRow {
  var takesSecondary: Bool {
    parameters.first == .secondary || parameters.first == .optionalSecondary
  }

  /// The possible last words of `words`, which follow this row's word.
  func choices(_ words: [String], names: [String]) -> [String] {
    switch parameters.first {
    case .sorting: return SecondaryTable.Sorting.allCases.map(\.rawValue)
    case .place: return ["head", "start"]
    case .secondary, .optionalSecondary: break
    case .words, .interval, .option, .flag, nil: return []
    }
    if words.count == 1 { return names }
    if ["--from", "--through"].contains(words[words.count - 2]) { return ["checkpoint", "start"] }
    let used = Set(words.dropLast())
    return parameters.compactMap(\.optionName).filter { !used.contains($0) }
  }
}
