internal import Wording
import EventPersistence

/// What is typed behind `:`, read.
///
/// Each key has such a form, and the orders that take a name and options are those of the program's own
/// command line.
enum CommandText: Sendable, Hashable {
  case action(Action)
  case goto(Start)
  case filter(String)
  case sort(SecondaryTable.Order)
  case interval(Duration)
  case replay(name: String, ReplayRequest)
  case cancel(name: String, stay: Bool)
  case pause(name: String, reason: String?, seconds: Double?)
  case resume(name: String)
  case retry(name: String)
  case drive(name: String)
  case verify(name: String)
  case open(name: String)

  struct Unreadable: Error, Hashable { var sentence: String }

  static let simple: [(String, Action)] = [
    ("up", .up), ("down", .down), ("page-up", .pageUp), ("page-down", .pageDown),
    ("half-up", .halfUp), ("half-down", .halfDown), ("first", .first), ("last", .last),
    ("next-panel", .nextPanel), ("back", .back), ("zoom", .zoom), ("before", .before),
    ("after", .after), ("next", .nextMatch), ("previous", .previousMatch), ("follow", .follow),
    ("freeze", .freeze), ("reverse", .reverseSort),
    ("archives", .archives), ("log", .log), ("mark", .mark), ("jump-back", .jumpBack),
    ("mouse", .mouse), ("copy", .copy), ("redraw", .redraw),
    ("suspend", .suspend), ("help", .help), ("quit", .quit), ("quit!", .quitNow),
  ]

  /// The words of the other commands, and whether a secondary's name follows.
  static let others: [(String, takesName: Bool)] = [
    ("goto", false), ("filter", false), ("sort", false), ("interval", false), ("open", true),
    ("replay", true), ("cancel", true), ("pause", true), ("resume", true), ("retry", true),
    ("drive", true), ("verify", true),
  ]

  /// Reads `text`; `selected` is the secondary that is meant where none is named.
  static func read(
    _ text: String, names: [String], selected: String?, now: EventTime?
  ) throws(Unreadable) -> CommandText? {
    var words = split(text)
    guard !words.isEmpty else { return nil }
    let verb = words.removeFirst()
    if verb == "open", words.isEmpty { return .action(.open) }
    if let (_, action) = simple.first(where: { $0.0 == verb }) {
      guard words.isEmpty else { throw Unreadable(sentence: ":\(verb) takes nothing behind it") }
      return .action(action)
    }
    switch verb {
    case "goto":
      guard let start = start(words.joined(separator: " "), now: now) else {
        throw Unreadable(
          sentence: ":goto takes an id, a time (15:04, 2026-07-15T10:00:00Z), start or head")
      }
      return .goto(start)
    case "filter": return .filter(words.joined(separator: " "))
    case "sort":
      guard let order = SecondaryTable.Order(rawValue: words.first ?? ""), words.count == 1 else {
        let orders = SecondaryTable.Order.allCases.map(\.rawValue).joined(separator: ", ")
        throw Unreadable(sentence: ":sort takes one of \(orders)")
      }
      return .sort(order)
    case "interval":
      guard let seconds = words.first.flatMap({ Quantity.seconds(in: $0[...]) }),
        words.count == 1, seconds >= 0.02, seconds <= 3600
      else { throw Unreadable(sentence: ":interval takes 100ms, 2s, … from 20ms to 1h") }
      return .interval(.milliseconds(Int64(seconds * 1000)))
    default: break
    }
    guard others.contains(where: { $0.0 == verb && $0.takesName }) else {
      throw Unreadable(sentence: ":\(verb) is no command; ? lists them")
    }
    var options = try Options(words, verb: verb)
    guard let name = options.name ?? selected else {
      throw Unreadable(sentence: ":\(verb) needs a secondary's name")
    }
    guard names.contains(name) else {
      throw Unreadable(
        sentence: "there is no secondary \(name)"
          + (names.isEmpty ? "" : "; there are \(names.joined(separator: ", "))"))
    }
    let command = try order(verb, name: name, &options, now: now)
    if let unused = options.values.keys.sorted().first ?? options.flags.sorted().first {
      throw Unreadable(sentence: ":\(verb) has no \(unused)")
    }
    return command
  }

  private static func order(
    _ verb: String, name: String, _ options: inout Options, now: EventTime?
  ) throws(Unreadable) -> CommandText {
    switch verb {
    case "open": return .open(name: name)
    case "resume": return .resume(name: name)
    case "retry": return .retry(name: name)
    case "drive": return .drive(name: name)
    case "verify": return .verify(name: name)
    case "cancel": return .cancel(name: name, stay: options.takeFlag("--stay"))
    case "pause":
      var seconds: Double?
      if let text = options.takeValue("--for") {
        seconds = Quantity.seconds(in: text[...])
        if seconds == nil { throw Unreadable(sentence: "--for takes 30m, 2h, 1d") }
      }
      return .pause(name: name, reason: options.takeValue("--reason"), seconds: seconds)
    default:
      var request = ReplayRequest()
      request.from = try options.takeTarget("--from", now: now)
      request.through = try options.takeTarget("--through", now: now)
      request.clamp = options.takeFlag("--clamp")
      request.reason = options.takeValue("--reason")
      if let text = options.takeValue("--max-rate") {
        guard let rate = Double(text), rate > 0 else {
          throw Unreadable(sentence: "--max-rate takes events a second, more than 0")
        }
        request.maxRate = rate
      }
      return .replay(name: name, request)
    }
  }

  static func start(_ text: String, now: EventTime?) -> Start? {
    switch text {
    case "start", "first": return .first
    case "head", "last": return .head
    default:
      if let id = UInt64(text.filter { $0 != " " && $0 != "_" }) { return .id(id) }
      return TimeText.read(text, now: now).map(Start.time)
    }
  }

  /// Words, with `"…"` or `'…'` around those that hold blanks.
  static func split(_ text: String) -> [String] {
    var words: [String] = []
    var word: String?
    var quote: Character?
    for character in text {
      if let open = quote {
        if character == open { quote = nil } else { word = (word ?? "") + String(character) }
      } else if character == "\"" || character == "'" {
        quote = character
        word = word ?? ""
      } else if character == " " {
        if let done = word { words.append(done) }
        word = nil
      } else {
        word = (word ?? "") + String(character)
      }
    }
    if let word { words.append(word) }
    return words
  }

  /// A name and `--options` behind a verb.
  struct Options {
    var name: String?
    var values: [String: String] = [:]
    var flags: Set<String> = []

    static let takingValue: Set<String> = [
      "--from", "--through", "--max-rate", "--reason", "--for",
    ]

    init(_ words: [String], verb: String) throws(Unreadable) {
      var index = 0
      while index < words.count {
        let word = words[index]
        index += 1
        guard word.hasPrefix("--") else {
          guard name == nil else {
            throw Unreadable(sentence: ":\(verb) takes one name; \(word) is a second")
          }
          name = word
          continue
        }
        if let equals = word.firstIndex(of: "=") {
          values[String(word[..<equals])] = String(word[word.index(after: equals)...])
          continue
        }
        if Self.takingValue.contains(word) {
          guard index < words.count else { throw Unreadable(sentence: "\(word) needs a value") }
          values[word] = words[index]
          index += 1
        } else {
          flags.insert(word)
        }
      }
    }

    mutating func takeFlag(_ flag: String) -> Bool { flags.remove(flag) != nil }
    mutating func takeValue(_ option: String) -> String? { values.removeValue(forKey: option) }

    mutating func takeTarget(
      _ option: String, now: EventTime?
    ) throws(Unreadable) -> ReplayRequest.Target? {
      guard let text = takeValue(option) else { return nil }
      guard let target = ReplayDialog.target(text, now: now) else {
        throw Unreadable(
          sentence: "\(option) takes checkpoint, start, an id, or a time as 2026-07-15T10:00:00Z")
      }
      return target
    }
  }
}

extension CommandText.Options {
  /// The options of a verb, for completion.
  static func options(of verb: String) -> [String] {
    switch verb {
    case "replay": ["--from", "--through", "--max-rate", "--reason", "--clamp"]
    case "cancel": ["--stay"]
    case "pause": ["--for", "--reason"]
    default: []
    }
  }
}
