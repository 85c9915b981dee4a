import EventPersistence
internal import SecondaryStatus
internal import Wording

/// All orders.
package enum OrderTable {
  /// With keys, in the order of the footer, and within a group of the help.
  static let keyed = rows.filter { !$0.keys.isEmpty }

  /// The keys as plain ASCII text, for the end of `watch --help` and of the manual.
  package static var manual: String {
    KeyGroup.allCases.map { group in
      let lines = group.rows.map { "  " + $0.label(isUTF8: false).filled(to: 9) + $0.help }
      return ([group.rawValue + ":"] + lines).joined(separator: "\n")
    }.joined(separator: "\n\n")
  }

  /// The order of `key` in that context, or nil.
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
  /// Where `/` searches.
  private static let searched: Set<KeyContext> = [.secondaries, .events, .event, .log, .help]
  private static let ofSecondary: Set<KeyContext> = [.secondaries, .events, .secondary]

  // No lower-case and no editing key changes anything outside.
  static let rows: [OrderRow] = [
    OrderRow(
      order: .open, keys: [.enter], label: "↵", hint: "detail", hints: [.nodes: "enter"],
      help: "open what is selected; fold or unfold a value",
      helps: [.nodes: "enter the node; Esc comes back"],
      word: "open", parameters: [.optionalSecondary], note: "the details of a secondary",
      group: .look, contexts: [.secondaries, .events, .event, .archives, .nodes], weight: 60
    ) { $0.isBare ? .open : .openSecondary(name: try $0.name()) },
    OrderRow(
      order: .filter(nil), keys: ["/"], label: "/", hint: "filter",
      hints: [.event: "search", .log: "search", .help: "search"],
      help: "filter the events; search in an event, the log, the help",
      helps: [.nodes: "only the nodes with these words: name, state, !not"],
      word: "filter", parameters: [.words], note: "as after /",
      group: .find, contexts: searched.union([.nodes]), weight: 55
    ) { .filter($0.rest) },
    OrderRow(
      order: .follow, keys: ["f"], label: "f", hint: "follow", help: "follow the newest events",
      word: "follow", group: .look, contexts: overview, weight: 50),
    OrderRow(
      order: .freeze, keys: ["p"], label: "p", hint: "freeze",
      help: "freeze the display, or unfreeze it", word: "freeze", group: .look, weight: 45),
    OrderRow(
      order: .replay(name: nil, ReplayRequest()), keys: ["R"], label: "R", hint: "replay…",
      help: "plan a replay: a re-drive, a rewind or a range", word: "replay",
      parameters: [
        .secondary, .option("--from", takes: "ID"), .option("--through", takes: "ID"),
        .option("--max-rate", takes: "N"), .option("--reason", takes: "TEXT"), .flag("--clamp"),
        .flag("--new-log"),
        .option("--history", takes: "ARCHIVE"),
      ],
      group: .secondary, contexts: ofSecondary, changesSomething: true, weight: 80
    ) { .replay(name: try $0.name(), try $0.replayRequest()) },
    OrderRow(
      order: .cancel(name: nil, stay: false), keys: ["X"], label: "X", hint: "cancel…",
      help: "cancel the running replay", word: "cancel",
      parameters: [.secondary, .flag("--stay")],
      group: .secondary, contexts: ofSecondary, changesSomething: true, weight: 30
    ) { .cancel(name: try $0.name(), stay: $0.takeFlag("--stay")) },
    OrderRow(
      order: .pauseOrResume, keys: ["P"], label: "P", hint: "pause…",
      help: "pause the secondary, or resume it", word: "pause",
      parameters: [
        .secondary, .option("--for", takes: "2h"), .option("--reason", takes: "TEXT"),
        .option("--remind", takes: "1h"),
      ],
      group: .secondary, contexts: ofSecondary, changesSomething: true, weight: 25
    ) {
      .pause(
        name: try $0.name(), reason: $0.takeValue("--reason"),
        seconds: try $0.takeSeconds("--for"), remind: try $0.takeSeconds("--remind"))
    },
    OrderRow(
      order: .resume(name: nil), help: "resume the secondary", word: "resume",
      parameters: [.secondary], group: .secondary, changesSomething: true
    ) { .resume(name: try $0.name()) },
    OrderRow(
      order: .retry(name: nil), keys: ["T"], label: "T", hint: "try now",
      help: "try a stopped secondary now", word: "retry", parameters: [.secondary],
      group: .secondary, contexts: ofSecondary, changesSomething: true, weight: 24
    ) { .retry(name: try $0.name()) },
    OrderRow(
      order: .drive(name: nil), keys: ["D"], label: "D", hint: "drive…",
      help: "drive it from this process, if no other process does", word: "drive",
      parameters: [.secondary], group: .secondary, contexts: ofSecondary,
      changesSomething: true, weight: 10
    ) { .drive(name: try $0.name()) },
    OrderRow(
      order: .verify(name: nil), keys: ["V"], label: "V", hint: "verify…",
      help: "compare all that it holds with the log; again to stop", word: "verify",
      parameters: [.secondary], group: .secondary, contexts: ofSecondary
    ) { .verify(name: try $0.name()) },
    OrderRow(
      order: .sort(nil), keys: ["s"], label: "s", hint: "sort",
      help: "sort the secondaries by the next column",
      helps: [.nodes: "the worst first, or as configured"], word: "sort", parameters: [.sorting],
      note: SecondaryTable.Sorting.allCases.map(\.rawValue).joined(separator: ", "),
      group: .look, contexts: [.secondaries, .nodes], weight: 40
    ) { .sort(try $0.sorting()) },
    OrderRow(
      order: .reverseSort, keys: ["S"], label: "S", hint: "reverse", help: "reverse the order",
      word: "reverse", group: .look, contexts: [.secondaries]),
    OrderRow(
      order: .nextPanel, keys: [.tab, .backTab], label: "Tab", hint: "panel",
      help: "the next panel; in a detail: hour, day, or week", word: "next-panel",
      group: .look, contexts: ofSecondary, weight: 20),
    OrderRow(
      order: .zoom, keys: ["z"], label: "z", hint: "zoom",
      help: "let the panel fill the screen, or shrink it again", word: "zoom", group: .look,
      contexts: overview, weight: 5),
    OrderRow(
      order: .before, keys: [.left], label: "←", hint: "before", help: "the event before",
      word: "before", group: .look, contexts: [.event], weight: 22),
    OrderRow(
      order: .after, keys: [.right], label: "→", hint: "after", help: "the event after",
      word: "after", group: .look, contexts: [.event], weight: 21),
    OrderRow(
      order: .nextMatch, keys: ["n"], label: "n", hint: "next", help: "the next match",
      word: "next", group: .find, contexts: searched, weight: 3),
    OrderRow(
      order: .previousMatch, keys: ["N"], label: "N", hint: "search back",
      // There is nothing beyond the page.
      hints: [.event: "previous", .log: "previous", .help: "previous"],
      help: "the previous match, in the loaded events or the log", word: "previous",
      group: .find, contexts: searched, weight: 4),
    OrderRow(
      order: .mark, keys: ["m"], label: "m", hint: "mark",
      help: "mark the event, or remove its mark", word: "mark", group: .find,
      contexts: [.events], weight: 2),
    OrderRow(
      order: .jumpBack, keys: ["'"], label: "'", hint: "jump back",
      help: "back to the last mark, or to where a jump began", word: "jump-back", group: .find,
      contexts: overview),
    OrderRow(
      order: .goto(.head), help: "go to a place in the log", word: "goto", parameters: [.place],
      note: "an id, a time (15:04, 10m), start or head", group: .find
    ) { .goto(try $0.place()) },
    OrderRow(
      order: .archives, keys: ["a"], label: "a", hint: "archives",
      help: "the node's rotated logs, and who needs them", word: "archives", group: .look,
      contexts: [.secondaries, .events, .secondary, .log], weight: 8),
    OrderRow(
      order: .tags, keys: ["t"], label: "t", hint: "tags",
      help: "what fills the log: events and bytes of each tag", word: "tags", group: .look,
      contexts: [.secondaries, .events, .secondary, .archives, .log], weight: 7),
    OrderRow(
      order: .log, keys: ["l"], label: "l", hint: "log",
      help: "what this program and the drivers reported", word: "log", group: .look,
      contexts: [.secondaries, .events, .secondary, .archives, .tags, .log], weight: 9),
    OrderRow(
      order: .copy, keys: ["c"], label: "c", hint: "copy",
      help: "copy the event, the value under the cursor, the error",
      helps: [.nodes: "copy the command of a node on another machine"], word: "copy",
      group: .look, contexts: [.secondaries, .events, .event, .secondary, .nodes], weight: 15),
    move(.up, ["k", .up], "k ↑", "up one row", "up"),
    move(.down, ["j", .down], "j ↓", "down one row", "down"),
    move(.first, ["g", .home], "g Home", "the first row", "first"),
    move(.last, ["G", .end], "G End", "the last row", "last"),
    move(.pageUp, [.pageUp, .control("b")], "PgUp", "up one page", "page-up"),
    move(.pageDown, [.pageDown, .control("f"), " "], "PgDn", "down one page", "page-down"),
    move(.halfUp, [.control("u")], "Ctrl-U", "up half a page", "half-up"),
    move(.halfDown, [.control("d")], "Ctrl-D", "down half a page", "half-down"),
    OrderRow(
      order: .commandLine, keys: [":"], label: ":", hint: "command",
      help: "the command line; Tab completes", group: .screen, weight: 12),
    OrderRow(
      order: .slower, keys: ["+"], label: "+", hint: "slower", help: "poll less often",
      word: "interval", parameters: [.interval(example: "200ms")], note: "how often to poll",
      group: .screen
    ) { .interval(try $0.interval()) },
    OrderRow(
      order: .faster, keys: ["-"], label: "-", hint: "faster", help: "poll more often",
      word: "interval", parameters: [.interval(example: "50ms")], group: .screen
    ) { .interval(try $0.interval()) },
    OrderRow(
      order: .mouse, keys: ["M"], label: "M", hint: "mouse",
      help: "take the mouse, or leave it to the terminal", word: "mouse", group: .screen),
    OrderRow(
      order: .redraw, keys: [.control("l")], label: "Ctrl-L", hint: "redraw",
      help: "draw everything again", word: "redraw", group: .screen, contexts: everywhere),
    OrderRow(
      order: .suspend, keys: [.control("z")], label: "Ctrl-Z", hint: "suspend",
      help: "suspend; fg resumes", word: "suspend", group: .screen, contexts: everywhere),
    OrderRow(
      order: .back, keys: [.escape], label: "Esc", hint: "back", help: "one level back",
      word: "back", group: .look, contexts: everywhere, weight: 65),
    OrderRow(
      order: .help, keys: ["?"], label: "?", hint: "help", help: "this help", word: "help",
      group: .look, contexts: everywhere, weight: 90),
    OrderRow(
      order: .quit, keys: ["q"], label: "q", hint: "quit", help: "quit", word: "quit",
      group: .screen, contexts: everywhere, weight: 95),
    OrderRow(
      order: .quitNow, keys: [.control("c")], label: "Ctrl-C", hint: "quit now",
      help: "quit at once; a replay run here can be resumed later", word: "quit!",
      group: .screen, contexts: everywhere),
  ]

  private static func move(
    _ move: Move, _ keys: [Key], _ label: String, _ help: String, _ word: String
  ) -> OrderRow {
    OrderRow(
      order: .move(move), keys: keys, label: label, help: help, word: word, group: .move,
      contexts: everywhere)
  }
}

/// A key that types a character is written as that character.
extension Key: ExpressibleByUnicodeScalarLiteral {
  package init(unicodeScalarLiteral value: Unicode.Scalar) { self = .character(Character(value)) }
}
