/// One line of a `BehaviourScript`: a word that says what to do, and its arguments.
///
/// The code that carries it out takes the words; words left over are an error.
package struct ScriptOrder {
  package let verb: String
  private let place: String
  private let line: String
  private var words: [String]

  package init(_ line: String, place: String) {
    self.place = place
    self.line = line
    words = Self.words(of: line)
    verb = words.isEmpty ? "" : words.removeFirst()
  }

  /// The words of `line`; text between double quotes is one word.
  private static func words(of line: String) -> [String] {
    line.split(separator: "\"", omittingEmptySubsequences: false).enumerated().flatMap {
      index, part in
      index % 2 == 1 ? [String(part)] : part.split(separator: " ").map(String.init)
    }
  }

  /// The next word.
  package mutating func word(_ meaning: String) throws -> String {
    guard !words.isEmpty else { throw error("\(verb) needs \(meaning)") }
    return words.removeFirst()
  }

  /// The next word, if it is not an option.
  package mutating func wordIfAny() -> String? {
    guard let first = words.first, !first.hasPrefix("--") else { return nil }
    return words.removeFirst()
  }

  /// Everything after the verb, quotes included.
  package mutating func text() -> String {
    words = []
    return String(line.dropFirst(verb.count + 1))
  }

  /// The remaining words as an order.
  package mutating func nested() -> ScriptOrder {
    defer { words = [] }
    let line = words.map { $0.contains(" ") ? "\"\($0)\"" : $0 }.joined(separator: " ")
    return ScriptOrder(line, place: place)
  }

  package mutating func flag(_ name: String) -> Bool {
    guard let index = words.firstIndex(of: name) else { return false }
    words.remove(at: index)
    return true
  }

  /// The word that follows `name`.
  package mutating func value(_ name: String) throws -> String? {
    guard let index = words.firstIndex(of: name) else { return nil }
    guard index + 1 < words.count else { throw error("\(name) needs a value") }
    defer { words.removeSubrange(index...(index + 1)) }
    return words[index + 1]
  }

  package mutating func number(_ name: String) throws -> Int? {
    try value(name).map { try number(of: $0) }
  }

  package mutating func number(meaning: String) throws -> Int { try number(of: word(meaning)) }

  private func number(of text: String) throws -> Int {
    guard let number = Int(text) else { throw error("\"\(text)\" is not a number") }
    return number
  }

  /// Ids such as `3` or `0..4`, from the next word.
  package mutating func ids() throws -> ClosedRange<UInt64> {
    let text = try word("ids such as 3 or 0..4")
    let ends = text.split(separator: "..").compactMap { UInt64($0) }
    guard let first = ends.first, let last = ends.last, ends.count <= 2, first <= last else {
      throw error("\"\(text)\" are not ids such as 3 or 0..4")
    }
    return first...last
  }

  package func error(_ message: String) -> ScriptError { ScriptError("\(place): \(message)") }

  package func unknown() -> ScriptError { error("there is no order \"\(verb)\"") }

  func end() throws {
    guard words.isEmpty else { throw error("\(verb) does not take \"\(words[0])\"") }
  }
}

extension Collection where Element == UInt64 {
  /// The ids in order, each stretch without a gap as its ends: `0..4 6 6..9`.
  package var stretches: String {
    var stretches: [ClosedRange<UInt64>] = []
    for id in self {
      if let last = stretches.last, last.upperBound + 1 == id {
        stretches[stretches.count - 1] = last.lowerBound...id
      } else {
        stretches.append(id...id)
      }
    }
    return stretches.map {
      $0.lowerBound == $0.upperBound ? "\($0.lowerBound)" : "\($0.lowerBound)..\($0.upperBound)"
    }.joined(separator: " ")
  }
}
