import EventPersistence
internal import Wording

/// Reads the text after `:` as the table defines it.
struct OrderText {
  struct Unreadable: Error, Hashable, CustomStringConvertible {
    var sentence: String
    var description: String { sentence }
  }

  private let word: String
  /// The words after the first.
  private let words: [String]
  private let names: [String]
  private let selected: String?
  private let now: EventTime?

  private var namedSecondary: String?
  private var values: [String: String] = [:]
  private var flags: Set<String> = []

  /// The order in `text`, and its row; nil if `text` is blank.
  ///
  /// - Parameters:
  ///   - names: the names of all secondaries.
  ///   - selected: the secondary to use if none is named.
  /// - Throws: `Unreadable`.
  static func read(
    _ text: String, names: [String], selected: String?, now: EventTime?
  ) throws -> (row: OrderRow, order: Order)? {
    let words = split(text)
    guard let word = words.first else { return nil }
    guard let row = OrderTable.rows.first(where: { $0.word == word }) else {
      throw Unreadable(sentence: ":\(word) is no command; ? lists them")
    }
    var typed = try OrderText(
      row, Array(words.dropFirst()), names: names, selected: selected, now: now)
    let order = try row.read?(&typed) ?? row.order
    if let unused = typed.values.keys.sorted().first ?? typed.flags.sorted().first {
      throw Unreadable(sentence: ":\(word) has no \(unused)")
    }
    return (row, order)
  }

  private init(
    _ row: OrderRow, _ words: [String], names: [String], selected: String?, now: EventTime?
  ) throws(Unreadable) {
    word = row.word
    self.words = words
    self.names = names
    self.selected = selected
    self.now = now
    guard !row.parameters.isEmpty || words.isEmpty else {
      throw Unreadable(sentence: ":\(word) takes nothing after it")
    }
    if row.takesSecondary { try readOptions() }
  }

  /// Splits into words; `"…"` or `'…'` surround words with blanks.
  private static func split(_ text: String) -> [String] {
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

  private mutating func readOptions() throws(Unreadable) {
    var rest = words[...]
    while let next = rest.popFirst() {
      if !next.hasPrefix("--") {
        guard namedSecondary == nil else {
          throw Unreadable(sentence: ":\(word) takes one name; \(next) is a second")
        }
        namedSecondary = next
      } else if let equals = next.firstIndex(of: "=") {
        values[String(next[..<equals])] = String(next[next.index(after: equals)...])
      } else if Self.takingValue.contains(next) {
        guard let value = rest.popFirst() else {
          throw Unreadable(sentence: "\(next) needs a value")
        }
        values[next] = value
      } else {
        flags.insert(next)
      }
    }
  }

  /// The options of all orders, so that an unknown option is reported, and its value skipped.
  private static let takingValue = Set(
    OrderTable.rows.flatMap(\.parameters).compactMap { parameter in
      if case .option(let name, _) = parameter { name } else { nil }
    })
}

// MARK: - Parameters

extension OrderText {
  /// All that follows the word.
  var rest: String { words.joined(separator: " ") }
  var isBare: Bool { words.isEmpty }

  /// The named secondary, else the selected one.
  func name() throws(Unreadable) -> String {
    guard let name = namedSecondary ?? selected else {
      throw Unreadable(sentence: ":\(word) needs a secondary's name")
    }
    guard names.contains(name) else {
      throw Unreadable(
        sentence: "there is no secondary \(name)"
          + (names.isEmpty ? "" : "; there are \(names.joined(separator: ", "))"))
    }
    return name
  }

  mutating func takeFlag(_ flag: String) -> Bool { flags.remove(flag) != nil }
  mutating func takeValue(_ option: String) -> String? { values.removeValue(forKey: option) }

  mutating func takeSeconds(_ option: String) throws(Unreadable) -> Double? {
    guard let text = takeValue(option) else { return nil }
    guard let seconds = Quantity.seconds(in: text[...]) else {
      throw Unreadable(sentence: "\(option) takes 30m, 2h, 1d")
    }
    return seconds
  }

  mutating func replayRequest() throws(Unreadable) -> ReplayRequest {
    var request = ReplayRequest()
    request.from = try takeTarget("--from")
    request.through = try takeTarget("--through")
    guard request.through == nil || request.from != nil else {
      throw Unreadable(sentence: "--through needs --from: a range")
    }
    request.clamp = takeFlag("--clamp")
    request.beginsNewLog = takeFlag("--new-log")
    request.history = takeValue("--history")
    request.reason = takeValue("--reason")
    if let text = takeValue("--max-rate") {
      guard let rate = Double(text), rate > 0, rate.isFinite else {
        throw Unreadable(sentence: "--max-rate takes events a second, more than 0")
      }
      request.maxRate = rate
    }
    return request
  }

  private mutating func takeTarget(
    _ option: String
  ) throws(Unreadable) -> ReplayRequest.Target? {
    guard let text = takeValue(option) else { return nil }
    guard let target = ReplayDialog.target(text, now: now) else {
      throw Unreadable(
        sentence: TimeText.fault(in: text).map { "\(option): \($0)" }
          ?? "\(option) takes checkpoint, start, an id, or a time such as "
          + "2026-07-15T10:00:00Z, 15:04, or 10m")
    }
    return target
  }

  func place() throws(Unreadable) -> Start {
    let text = rest
    switch text {
    case "start", "first": return .first
    case "head", "last": return .head
    default:
      if let id = Position.id(text.filter { $0 != " " && $0 != "_" }) { return .id(id) }
      if let time = TimeText.read(text, now: now) { return .time(time) }
      throw Unreadable(
        sentence: TimeText.fault(in: text).map { ":goto: \($0)" }
          ?? ":goto takes an id, a time (15:04, 2026-07-15T10:00:00Z, 10m), start or head")
    }
  }

  func sorting() throws(Unreadable) -> SecondaryTable.Sorting {
    guard let sorting = SecondaryTable.Sorting(rawValue: rest) else {
      let all = SecondaryTable.Sorting.allCases.map(\.rawValue).joined(separator: ", ")
      throw Unreadable(sentence: ":sort takes one of \(all)")
    }
    return sorting
  }

  func interval() throws(Unreadable) -> Duration {
    guard let seconds = Quantity.seconds(in: rest[...]), seconds >= 0.02, seconds <= 3600 else {
      throw Unreadable(sentence: ":interval takes 100ms, 2s, … from 20ms to 1h")
    }
    return .milliseconds(Int64(seconds * 1000))
  }
}
