internal import Wording

/// What a key of the dashboard does.
public enum Action: Sendable, Hashable {
  case up, down, pageUp, pageDown, halfUp, halfDown, first, last
  case nextPanel, open, back, zoom
  case before, after
  case filter, commandLine, nextMatch, previousMatch
  case follow, freeze, sort, reverseSort, copy
  case archives, log, mark, jumpBack, mouse
  case faster, slower, redraw, help, quit, quitNow, suspend
  case replay, cancelReplay, pause, retry, drive, verify
}

/// Where a key does what it does.
public enum KeyContext: String, Sendable, Hashable, CaseIterable {
  case secondaries, events
  /// The detail of an event, and of a secondary.
  case event, secondary
  case archives, log, help
}

/// A line of the one table that the footer, the help, the manual and the tests are made of.
public struct KeyBinding: Sendable, Hashable {
  public var action: Action
  public var keys: [Key]
  /// How the keys are written.
  public var label: String
  /// What it does, in a word or two: the footer.
  public var hint: String
  /// What it does, in a sentence: the help and the manual.
  public var help: String
  /// The same on the command line.
  public var command: String
  public var contexts: Set<KeyContext>
  /// It orders something outside of this screen: not offered with `--read-only`.
  public var changesSomething: Bool
  /// Where the footer has no room for all: the lower goes first; 0 is in the help alone.
  public var weight: Int

  static func make(
    _ action: Action, _ keys: [Key], _ label: String, _ hint: String, _ help: String,
    _ command: String, in contexts: Set<KeyContext> = Set(KeyContext.allCases),
    changes: Bool = false, weight: Int = 0
  ) -> KeyBinding {
    KeyBinding(
      action: action, keys: keys, label: label, hint: hint, help: help, command: command,
      contexts: contexts, changesSomething: changes, weight: weight)
  }
}

public enum KeyTable {
  private static let overview: Set<KeyContext> = [.secondaries, .events]
  /// Where `/` finds something.
  private static let searched: Set<KeyContext> = [.secondaries, .events, .event, .log, .help]
  private static let ofSecondary: Set<KeyContext> = [.secondaries, .events, .secondary]

  /// In the order of the footer, and within a group of the help. No lower-case and no editing key changes anything outside.
  public static let bindings: [KeyBinding] = [
    .make(
      .open, [.enter], "↵", "detail", "open what is selected; fold or unfold a value", "open",
      in: [.secondaries, .events, .event, .archives], weight: 60),
    .make(
      .filter, [.character("/")], "/", "filter",
      "filter the events; search in an event, the log, the help", "filter WORDS",
      in: searched, weight: 55),
    .make(
      .follow, [.character("f")], "f", "follow", "follow the newest events", "follow",
      in: overview, weight: 50),
    .make(
      .freeze, [.character("p")], "p", "freeze", "freeze the display, or let it go on", "freeze",
      weight: 45),
    .make(
      .replay, [.character("R")], "R", "replay…",
      "plan a replay: a re-drive, a rewind or a range", "replay NAME --from ID --through ID",
      in: ofSecondary, changes: true, weight: 80),
    .make(
      .cancelReplay, [.character("X")], "X", "cancel…", "cancel the replay that is under way",
      "cancel NAME --stay", in: ofSecondary, changes: true, weight: 30),
    .make(
      .pause, [.character("P")], "P", "pause…", "pause the secondary, or resume it",
      "pause NAME --for 2h --reason TEXT", in: ofSecondary, changes: true, weight: 25),
    .make(
      .retry, [.character("T")], "T", "try now", "try a stopped secondary now", "retry NAME",
      in: ofSecondary, changes: true, weight: 24),
    .make(
      .drive, [.character("D")], "D", "drive…",
      "drive it from this process, where nobody does", "drive NAME",
      in: ofSecondary, changes: true, weight: 10),
    .make(
      .verify, [.character("V")], "V", "verify…",
      "compare all that it holds with the log; again: stop it", "verify NAME", in: ofSecondary),
    .make(
      .sort, [.character("s")], "s", "sort", "sort the secondaries by the next column",
      "sort lag", in: [.secondaries], weight: 40),
    .make(
      .reverseSort, [.character("S")], "S", "reverse", "turn the order around", "reverse",
      in: [.secondaries]),
    .make(
      .nextPanel, [.tab, .backTab], "Tab", "panel",
      "the next panel; in a detail: the hour, the day, the week", "next-panel",
      in: [.secondaries, .events, .secondary], weight: 20),
    .make(
      .zoom, [.character("z")], "z", "zoom", "give the panel all of the screen, or less again",
      "zoom", in: overview, weight: 5),
    .make(
      .before, [.left], "←", "before", "the event before", "before", in: [.event], weight: 22),
    .make(.after, [.right], "→", "after", "the event after", "after", in: [.event], weight: 21),
    .make(
      .nextMatch, [.character("n")], "n", "next", "the next match", "next",
      in: searched, weight: 3),
    .make(
      .previousMatch, [.character("N")], "N", "search back",
      "the match before; beyond what is at hand, in the log", "previous",
      in: searched, weight: 4),
    .make(
      .mark, [.character("m")], "m", "mark", "mark the event, or take its mark away", "mark",
      in: [.events], weight: 2),
    .make(
      .jumpBack, [.character("'")], "'", "jump back",
      "back to the last mark, or to where a jump began", "jump-back", in: overview),
    .make(
      .archives, [.character("a")], "a", "archives",
      "the node's rotated logs, and who needs them", "archives",
      in: [.secondaries, .events, .secondary, .log], weight: 8),
    .make(
      .log, [.character("l")], "l", "log",
      "what this program and the drivers had to say", "log",
      in: [.secondaries, .events, .secondary, .archives, .log], weight: 9),
    .make(
      .copy, [.character("c")], "c", "copy",
      "copy the event, the value under the cursor, the error", "copy",
      in: [.secondaries, .events, .event, .secondary], weight: 15),
    .make(.up, [.character("k"), .up], "k ↑", "up", "up one row", "up"),
    .make(.down, [.character("j"), .down], "j ↓", "down", "down one row", "down"),
    .make(.first, [.character("g"), .home], "g Home", "first", "the first row", "first"),
    .make(.last, [.character("G"), .end], "G End", "last", "the last row", "last"),
    .make(.pageUp, [.pageUp, .control("b")], "PgUp", "page up", "up one page", "page-up"),
    .make(
      .pageDown, [.pageDown, .control("f"), .character(" ")], "PgDn", "page down",
      "down one page", "page-down"),
    .make(.halfUp, [.control("u")], "Ctrl-U", "half up", "up half a page", "half-up"),
    .make(.halfDown, [.control("d")], "Ctrl-D", "half down", "down half a page", "half-down"),
    .make(
      .commandLine, [.character(":")], ":", "command", "the command line; Tab completes",
      "COMMAND", weight: 12),
    .make(
      .slower, [.character("+")], "+", "slower", "poll less often", "interval 200ms"),
    .make(.faster, [.character("-")], "-", "faster", "poll more often", "interval 50ms"),
    .make(
      .mouse, [.character("M")], "M", "mouse", "take the mouse, or leave it to the terminal",
      "mouse"),
    .make(.redraw, [.control("l")], "Ctrl-L", "redraw", "draw everything anew", "redraw"),
    .make(.suspend, [.control("z")], "Ctrl-Z", "suspend", "suspend; fg resumes", "suspend"),
    .make(.back, [.escape], "Esc", "back", "one level back", "back", weight: 65),
    .make(.help, [.character("?")], "?", "help", "this help", "help", weight: 90),
    .make(.quit, [.character("q")], "q", "quit", "quit", "quit", weight: 95),
    .make(
      .quitNow, [.control("c")], "Ctrl-C", "quit now",
      "quit at once; a replay run here is left to be resumed", "quit!"),
  ]

  /// What `key` does there, or nil.
  public static func binding(for key: Key, in context: KeyContext) -> KeyBinding? {
    lookup[context]?[key]
  }

  private static let lookup: [KeyContext: [Key: KeyBinding]] = {
    var lookup: [KeyContext: [Key: KeyBinding]] = [:]
    for binding in bindings {
      for context in binding.contexts {
        for key in binding.keys { lookup[context, default: [:]][key] = binding }
      }
    }
    return lookup
  }()

  static func binding(for action: Action) -> KeyBinding {
    bindings.first { $0.action == action }!
  }

  /// How `label` is written where there is no more than ASCII.
  public static func asciiLabel(_ label: String) -> String {
    switch label {
    case "k ↑": "k Up"
    case "j ↓": "j Down"
    case "←": "Left"
    case "→": "Right"
    default: Visible.text(label, asASCII: true)
    }
  }
}
