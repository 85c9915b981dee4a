internal import EventPersistence
package import Wording
package import Yams

/// A mapping of a configuration file, read strictly: each error names the file, the line, what was
/// found and what was expected.
package struct ConfigurationMapping {
  package let file: String
  /// What the mapping is, for messages: `secondaries[2]`; empty for the whole file.
  package let place: String
  package let line: Int
  private var values: [String: Node] = [:]
  private var keyLines: [(key: String, line: Int)] = []

  package init(_ node: Node, file: String, place: String) throws(Refusal) {
    self.file = file
    self.place = place
    line = node.mark?.line ?? 1
    guard let mapping = node.mapping else {
      throw Self.mistake(
        file, line, place, "expected a mapping of keys and values, found \(Self.describe(node))")
    }
    for (key, value) in mapping {
      guard let name = key.scalar?.string else {
        throw Self.mistake(
          file, key.mark?.line ?? line, place, "expected a key, found \(Self.describe(key))")
      }
      values[name] = value
      keyLines.append((name, key.mark?.line ?? line))
    }
  }

  /// Refuses a key that is not one of `known`.
  package func allow(_ known: [String]) throws(Refusal) {
    for (key, line) in keyLines where !known.contains(key) {
      let suggestion = Suggestion.nearest(to: key, among: known).map { "; did you mean \"\($0)\"?" }
      throw Self.mistake(
        file, line, place,
        "unknown key \"\(key)\"\(suggestion ?? ""); expected one of: "
          + known.joined(separator: ", "))
    }
  }

  package var keys: [String] { keyLines.map(\.key) }
  package func node(_ key: String) -> Node? { values[key] }
  package func has(_ key: String) -> Bool { values[key] != nil }

  /// The text at `key`. A number or a truth value counts as text only in quotes.
  package func string(_ key: String) throws(Refusal) -> String? {
    guard let node = values[key] else { return nil }
    guard let scalar = node.scalar, node.type == .str, !scalar.string.isEmpty else {
      throw mistake(at: key, expected: "text")
    }
    return scalar.string
  }

  /// The characters of a plain value, whatever type YAML gives it: for names and ids.
  package func plain(_ key: String, expected: String) throws(Refusal) -> String? {
    guard let node = values[key] else { return nil }
    guard let scalar = node.scalar, node.type != .null, !scalar.string.isEmpty else {
      throw mistake(at: key, expected: expected)
    }
    return scalar.string
  }

  /// The whole number above 0 at `key`.
  package func count(_ key: String) throws(Refusal) -> Int? {
    guard let node = values[key] else { return nil }
    guard node.type == .int, let value = node.int, value > 0 else {
      throw mistake(at: key, expected: "a whole number above 0")
    }
    return value
  }

  /// The number above 0 at `key`.
  package func number(_ key: String) throws(Refusal) -> Double? {
    guard let node = values[key] else { return nil }
    let isNumber = node.type == .int || node.type == .float
    guard isNumber, let value = node.float ?? node.int.map(Double.init), value > 0,
      value.isFinite
    else { throw mistake(at: key, expected: "a number above 0") }
    return value
  }

  package func truth(_ key: String) throws(Refusal) -> Bool? {
    guard let node = values[key] else { return nil }
    guard node.type == .bool, let value = node.bool else {
      throw mistake(at: key, expected: "true or false")
    }
    return value
  }

  /// Whether the value at `key` is the word `off`.
  package func isOff(_ key: String) -> Bool { values[key]?.scalar?.string == "off" }

  package func duration(_ key: String) throws(Refusal) -> Duration? {
    guard let text = try plain(key, expected: DurationText.expectation) else { return nil }
    guard let value = DurationText.parse(text) else {
      throw mistake(at: key, expected: DurationText.expectation)
    }
    return value
  }

  package func size(_ key: String) throws(Refusal) -> Int? {
    guard let text = try plain(key, expected: SizeText.expectation) else { return nil }
    guard let value = SizeText.parse(text) else {
      throw mistake(at: key, expected: SizeText.expectation)
    }
    return value
  }

  /// The list of plain values at `key`, at least one.
  package func list(_ key: String, of what: String) throws(Refusal) -> [String]? {
    guard let node = values[key] else { return nil }
    let expected = "a list of \(what), like [a, b]"
    guard let items = node.sequence, !items.isEmpty else {
      throw mistake(at: key, expected: expected)
    }
    var strings: [String] = []
    for item in items {
      guard let scalar = item.scalar, item.type != .null else {
        throw Self.mistake(
          file, item.mark?.line ?? line, place,
          "\"\(key)\": expected \(expected), found \(Self.describe(item)) in it")
      }
      strings.append(scalar.string)
    }
    return strings
  }

  package func mapping(_ key: String) throws(Refusal) -> ConfigurationMapping? {
    guard let node = values[key] else { return nil }
    return try ConfigurationMapping(node, file: file, place: inner(key))
  }

  /// What the mapping at `key` is, for messages.
  package func inner(_ key: String) -> String { place.isEmpty ? key : "\(place).\(key)" }

  /// The line of `key`, or else of the mapping.
  package func line(of key: String) -> Int { keyLines.first { $0.key == key }?.line ?? line }

  package func mistake(at key: String, expected: String) -> Refusal {
    let found = values[key].map(Self.describe) ?? "nothing"
    return Self.mistake(
      file, line(of: key), place, "\"\(key)\": expected \(expected), found \(found)")
  }

  package func mistake(at key: String, _ text: String) -> Refusal {
    Self.mistake(file, line(of: key), place, text)
  }

  package func missing(_ key: String, expected: String) -> Refusal {
    Self.mistake(file, line, place, "the key \"\(key)\" is missing: expected \(expected)")
  }

  package static func mistake(_ file: String, _ line: Int, _ place: String, _ text: String)
    -> Refusal
  {
    Refusal(.configuration, "\(file):\(line): \(place.isEmpty ? "" : "\(place): ")\(text)")
  }

  /// A YAML node in a few words, for a message.
  package static func describe(_ node: Node) -> String {
    if node.sequence != nil { return "a list" }
    if node.mapping != nil { return "a mapping" }
    guard let scalar = node.scalar else { return "an alias" }
    if node.type == .null { return "nothing" }
    let text = scalar.string.count > 40 ? scalar.string.prefix(40) + "…" : scalar.string[...]
    switch node.type {
    case .int, .float: return "the number \(text)"
    case .bool: return "the truth value \(text)"
    default: return text.isEmpty ? "empty text" : "the text \"\(text)\""
    }
  }
}

extension Node {
  /// The type that YAML gives the node: text, a number, a truth value, nothing.
  fileprivate var type: Tag.Name { Tag.Name(rawValue: tag.rawValue) }
}
