internal import SecondaryStatus
internal import Wording

/// What a key is for: the help and the manual list the keys under these headings.
public enum KeyGroup: String, Sendable, CaseIterable {
  case look = "Look"
  case find = "Find"
  case secondary = "The selected secondary"
  case move = "Move"
  case screen = "The screen"

  /// In the order of the key table.
  public var bindings: [KeyBinding] { KeyTable.bindings.filter { $0.action.group == self } }
}

extension Action {
  /// Where the help has it.
  public var group: KeyGroup {
    switch self {
    case .open, .back, .nextPanel, .zoom, .follow, .freeze, .sort, .reverseSort, .archives, .log,
      .before, .after, .copy, .help:
      .look
    case .filter, .nextMatch, .previousMatch, .mark, .jumpBack: .find
    case .replay, .cancelReplay, .pause, .retry, .drive, .verify: .secondary
    case .up, .down, .pageUp, .pageDown, .halfUp, .halfDown, .first, .last: .move
    case .commandLine, .faster, .slower, .mouse, .redraw, .suspend, .quit, .quitNow: .screen
    }
  }
}

extension KeyTable {
  /// The keys as plain ASCII text: what `watch --help` and the manual end with.
  public static var manual: String {
    KeyGroup.allCases.map { group in
      let lines = group.bindings.map { "  " + asciiLabel($0.label).filled(to: 9) + $0.help }
      return ([group.rawValue + ":"] + lines).joined(separator: "\n")
    }.joined(separator: "\n\n")
  }
}
