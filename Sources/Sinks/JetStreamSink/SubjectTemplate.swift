/// The subject of an event's message: words between points, in which `{node}`, `{generation}`, `{head}` and `{tag}`
/// stand for the event's own.
package struct SubjectTemplate: Sendable, Hashable, CustomStringConvertible {
  package static let words = ["{node}", "{generation}", "{head}", "{tag}"]
  package static let standard = SubjectTemplate("hydra.{node}.{tag}")!

  package let description: String
  private let tokens: [Substring]

  /// Nil unless each word is one of `words`, or text of a-z, A-Z, 0-9, `-` and `_`.
  package init?(_ text: String) {
    let tokens = text.split(separator: ".", omittingEmptySubsequences: false)
    guard text.utf8.count <= 200,
      tokens.allSatisfy({ Self.words.contains(String($0)) || Self.isWord($0) })
    else { return nil }
    description = text
    self.tokens = tokens
  }

  package static func isWord(_ text: some StringProtocol) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy(isPlain)
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
      || byte == 0x2D || byte == 0x5F
  }

  /// `text` as one word of a subject: what a word cannot have becomes `-`.
  package static func word(_ text: String) -> String {
    text.isEmpty
      ? "-" : String(decoding: text.utf8.map { isPlain($0) ? $0 : 0x2D }, as: UTF8.self)
  }

  /// Whether it has the id of the Hydra head, which not every event says.
  var namesHead: Bool { tokens.contains("{head}") }

  func subject(node: String, generation: Int, head: String?, tag: String?) -> String {
    tokens.map { token in
      switch token {
      case "{node}": Self.word(node)
      case "{tag}": Self.word(tag ?? "")
      case "{head}": Self.word(head ?? "")
      case "{generation}": String(generation)
      default: String(token)
      }
    }.joined(separator: ".")
  }

  /// The subjects of all events of a node, as a stream is made for.
  func wildcard(node: String) -> String {
    tokens.map { token in
      switch token {
      case "{node}": Self.word(node)
      case "{tag}", "{head}", "{generation}": "*"
      default: String(token)
      }
    }.joined(separator: ".")
  }

  /// Whether each subject that `inner` matches is matched by `outer` too.
  static func covers(_ outer: String, _ inner: String) -> Bool {
    let outer = outer.split(separator: ".")
    let inner = inner.split(separator: ".")
    for (index, token) in outer.enumerated() {
      if token == ">" { return inner.count > index }
      guard index < inner.count, token == "*" || token == inner[index] else { return false }
    }
    return outer.count == inner.count
  }
}
