import EventPersistence

/// All that can be ordered.
public enum OrderTable {
  /// With keys, in the order of the footer, and within a group of the help.
  static let keyed = rows.filter { !$0.keys.isEmpty }

  /// The keys as plain ASCII text: what `watch --help` and the manual end with.
  public static var manual: String {
    KeyGroup.allCases.map { group in
      let lines = group.rows.map { "  " + $0.label(isUTF8: false).filled(to: 9) + $0.help }
      return ([group.rawValue + ":"] + lines).joined(separator: "\n")
    }.joined(separator: "\n\n")
  }

  /// What `key` does there, or nil.
  static func row(for key: Key, in context: KeyContext) -> OrderRow? { lookup[context]?[key] }

  private static let lookup: [KeyContext: [Key: OrderRow]] = {
    var lookup: [KeyContext: [Key: OrderRow]] = [:]
    for row in keyed {
      for context in row.contexts {
        for key in row.keys { lookup[context, default: [:]][key] = row }
      }
    }
    return lookup
  }()

  private static let overview: Set<KeyContext> = [.secondaries, .events]
  private static let everywhere = Set(KeyContext.allCases)
  /// Where `/` finds something.
  private static let searched: Set<KeyContext> = [.secondaries, .events, .event, .log, .help]
  private static let ofSecondary: Set<KeyContext> = [.secondaries, .events, .secondary]

  // No lower-case and no editing key changes anything outside.
  static let rows: [OrderRow] = [
    OrderRow(
      .open, keys: [.enter], "↵", hint: "detail",
      help: "open what is selected; fold or unfold a value",
      word: "open", [.optionalSecondary], note: "the details of a secondary", group: .look,
      in: [.secondaries, .events, .event, .archives, .nodes], weight: 60,
      hints: [.nodes: "enter"], helps: [.nodes: "enter the node; Esc comes back"]
    ) { $0.isBare ? .open : .openSecondary(name: try $0.name()) },
    OrderRow(
      .filter(nil), keys: [.character("/")], "/", hint: "filter",
      help: "filter the events; search in an event, the log, the help",
      word: "filter", [.words], note: "as after /", group: .find,
      in: searched.union([.nodes]), weight: 55,
      hints: [.event: "search", .log: "search", .help: "search"],
      helps: [.nodes: "only the nodes with these words: name, state, !not"]
    ) { .filter($0.rest) },
    OrderRow(
      .follow, keys: [.character("f")], "f", hint: "follow", help: "follow the newest events",
      word: "follow", group: .look, in: overview, weight: 50),
    OrderRow(
      .freeze, keys: [.character("p")], "p", hint: "freeze",
      help: "freeze the display, or let it go on", word: "freeze", group: .look, weight: 45),
    OrderRow(
      .replay(name: nil, .init()), keys: [.character("R")], "R", hint: "replay…",
      help: "plan a replay: a re-drive, a rewind or a range",
      word: "replay",
      [
        .secondary, .option("--from", takes: "ID"), .option("--through", takes: "ID"),
        .option("--max-rate", takes: "N"), .option("--reason", takes: "TEXT"), .flag("--clamp"),
      ], group: .secondary, in: ofSecondary, changes: true, weight: 80
    ) { .replay(name: try $0.name(), try $0.replayRequest()) },
    OrderRow(
      .cancel(name: nil, stay: false), keys: [.character("X")], "X", hint: "cancel…",
      help: "cancel the replay that is under way",
      word: "cancel", [.secondary, .flag("--stay")], group: .secondary, in: ofSecondary,
      changes: true, weight: 30
    ) { .cancel(name: try $0.name(), stay: $0.takeFlag("--stay")) },
    OrderRow(
      .pauseOrResume, keys: [.character("P")], "P", hint: "pause…",
      help: "pause the secondary, or resume it",
      word: "pause",
      [.secondary, .option("--for", takes: "2h"), .option("--reason", takes: "TEXT")],
      group: .secondary, in: ofSecondary, changes: true, weight: 25
    ) { .pause(
        name: try $0.name(), reason: $0.takeValue("--reason"), seconds: try $0.takeSeconds()) },
    OrderRow(
      .resume(name: nil), help: "resume the secondary", word: "resume", [.secondary],
      group: .secondary, changes: true
    ) { .resume(name: try $0.name()) },
    OrderRow(
      .retry(name: nil), keys: [.character("T")], "T", hint: "try now",
      help: "try a stopped secondary now", word: "retry", [.secondary], group: .secondary,
      in: ofSecondary, changes: true, weight: 24
    ) { .retry(name: try $0.name()) },
    OrderRow(
      .drive(name: nil), keys: [.character("D")], "D", hint: "drive…",
      help: "drive it from this process, where nobody does", word: "drive", [.secondary],
      group: .secondary, in: ofSecondary, changes: true, weight: 10
    ) { .drive(name: try $0.name()) },
    OrderRow(
      .verify(name: nil), keys: [.character("V")], "V", hint: "verify…",
      help: "compare all that it holds with the log; again: stop it", word: "verify",
      [.secondary], group: .secondary, in: ofSecondary
    ) { .verify(name: try $0.name()) },
    OrderRow(
      .sort(nil), keys: [.character("s")], "s", hint: "sort",
      help: "sort the secondaries by the next column",
      word: "sort", [.sorting],
      note: SecondaryTable.Sorting.allCases.map(\.rawValue).joined(separator: ", "),
      group: .look, in: [.secondaries, .nodes], weight: 40, hints: [.nodes: "worst first"],
      helps: [.nodes: "the worst first, or as configured"]
    ) { .sort(try $0.sorting()) },
    OrderRow(
      .reverseSort, keys: [.character("S")], "S", hint: "reverse", help: "reverse the order",
      word: "reverse", group: .look, in: [.secondaries]),
    OrderRow(
      .nextPanel, keys: [.tab, .backTab], "Tab", hint: "panel",
      help: "the next panel; in a detail: the hour, the day, the week", word: "next-panel",
      group: .look, in: ofSecondary, weight: 20),
    OrderRow(
      .zoom, keys: [.character("z")], "z", hint: "zoom",
      help: "give the panel all of the screen, or less again", word: "zoom", group: .look,
      in: overview, weight: 5),
    OrderRow(
      .before, keys: [.left], "←", hint: "before", help: "the event before", word: "before",
      group: .look, in: [.event], weight: 22),
    OrderRow(
      .after, keys: [.right], "→", hint: "after", help: "the event after", word: "after",
      group: .look, in: [.event], weight: 21),
    OrderRow(
      .nextMatch, keys: [.character("n")], "n", hint: "next", help: "the next match",
      word: "next", group: .find, in: searched, weight: 3),
    OrderRow(
      .previousMatch, keys: [.character("N")], "N", hint: "search back",
      help: "the match before; beyond what is at hand, in the log", word: "previous",
      group: .find, in: searched, weight: 4,
      // There is no more of it than the page.
      hints: [.event: "previous", .log: "previous", .help: "previous"]),
    OrderRow(
      .mark, keys: [.character("m")], "m", hint: "mark",
      help: "mark the event, or take its mark away", word: "mark", group: .find, in: [.events],
      weight: 2),
    OrderRow(
      .jumpBack, keys: [.character("'")], "'", hint: "jump back",
      help: "back to the last mark, or to where a jump began", word: "jump-back", group: .find,
      in: overview),
    OrderRow(
      .goto(.head), help: "go to a place in the log", word: "goto", [.place],
      note: "an id, a time (15:04, -10m), start or head", group: .find
    ) { .goto(try $0.place()) },
    OrderRow(
      .archives, keys: [.character("a")], "a", hint: "archives",
      help: "the node's rotated logs, and who needs them", word: "archives", group: .look,
      in: [.secondaries, .events, .secondary, .log], weight: 8),
    OrderRow(
      .log, keys: [.character("l")], "l", hint: "log",
      help: "what this program and the drivers had to say", word: "log", group: .look,
      in: [.secondaries, .events, .secondary, .archives, .log], weight: 9),
    OrderRow(
      .copy, keys: [.character("c")], "c", hint: "copy",
      help: "copy the event, the value under the cursor, the error", word: "copy", group: .look,
      in: [.secondaries, .events, .event, .secondary, .nodes], weight: 15,
      helps: [.nodes: "copy the command of a node on another machine"]),
    move(.up, [.character("k"), .up], "k ↑", "up one row", "up"),
    move(.down, [.character("j"), .down], "j ↓", "down one row", "down"),
    move(.first, [.character("g"), .home], "g Home", "the first row", "first"),
    move(.last, [.character("G"), .end], "G End", "the last row", "last"),
    move(.pageUp, [.pageUp, .control("b")], "PgUp", "up one page", "page-up"),
    move(
      .pageDown, [.pageDown, .control("f"), .character(" ")], "PgDn", "down one page",
      "page-down"),
    move(.halfUp, [.control("u")], "Ctrl-U", "up half a page", "half-up"),
    move(.halfDown, [.control("d")], "Ctrl-D", "down half a page", "half-down"),
    OrderRow(
      .commandLine, keys: [.character(":")], ":", hint: "command",
      help: "the command line; Tab completes", group: .screen, weight: 12),
    OrderRow(
      .slower, keys: [.character("+")], "+", hint: "slower", help: "poll less often",
      word: "interval", [.interval(example: "200ms")], note: "how often to poll",
      group: .screen
    ) { .interval(try $0.interval()) },
    OrderRow(
      .faster, keys: [.character("-")], "-", hint: "faster", help: "poll more often",
      word: "interval", [.interval(example: "50ms")], group: .screen
    ) { .interval(try $0.interval()) },
    OrderRow(
      .mouse, keys: [.character("M")], "M", hint: "mouse",
      help: "take the mouse, or leave it to the terminal", word: "mouse", group: .screen),
    OrderRow(
      .redraw, keys: [.control("l")], "Ctrl-L", hint: "redraw", help: "draw everything anew",
      word: "redraw", group: .screen, in: everywhere),
    OrderRow(
      .suspend, keys: [.control("z")], "Ctrl-Z", hint: "suspend", help: "suspend; fg resumes",
      word: "suspend", group: .screen, in: everywhere),
    OrderRow(
      .back, keys: [.escape], "Esc", hint: "back", help: "one level back", word: "back",
      group: .look, in: everywhere, weight: 65),
    OrderRow(
      .help, keys: [.character("?")], "?", hint: "help", help: "this help", word: "help",
      group: .look, in: everywhere, weight: 90),
    OrderRow(
      .quit, keys: [.character("q")], "q", hint: "quit", help: "quit", word: "quit",
      group: .screen, in: everywhere, weight: 95),
    OrderRow(
      .quitNow, keys: [.control("c")], "Ctrl-C", hint: "quit now",
      help: "quit at once; a replay run here is left to be resumed", word: "quit!",
      group: .screen, in: everywhere),
  ]

  private static func move(
    _ move: Move, _ keys: [Key], _ label: String, _ help: String, _ word: String
  ) -> OrderRow {
    OrderRow(
      .move(move), keys: keys, label, help: help, word: word, group: .move, in: everywhere)
  }
}
