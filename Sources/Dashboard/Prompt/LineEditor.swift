/// A line of text being edited, with a cursor.
struct LineEditor: Sendable, Hashable {
  private(set) var characters: [Character]
  /// The index of the character after the cursor.
  private(set) var cursor: Int

  /// The longest line.
  static let charactersMax = 1000

  init(_ text: String = "") {
    characters = Array(text.prefix(Self.charactersMax))
    cursor = characters.count
  }

  var text: String { String(characters) }

  mutating func insert(_ text: String) {
    let room = Self.charactersMax - characters.count
    // A paste of several lines is one line here.
    let new = text.map { $0.isNewline || $0 == "\t" ? " " : $0 }.prefix(room)
    characters.insert(contentsOf: new, at: cursor)
    cursor += new.count
  }

  mutating func replace(with text: String) { self = LineEditor(text) }

  /// Applies `key`, if it edits a line.
  mutating func take(_ key: Key) -> Bool {
    switch key {
    case .character(let character): insert(String(character))
    case .left, .control("b"): cursor = max(0, cursor - 1)
    case .right, .control("f"): cursor = min(characters.count, cursor + 1)
    case .home, .control("a"): cursor = 0
    case .end, .control("e"): cursor = characters.count
    case .backspace, .control("h"):
      if cursor > 0 {
        cursor -= 1
        characters.remove(at: cursor)
      }
    case .delete:
      if cursor < characters.count { characters.remove(at: cursor) }
    case .control("u"):
      characters.removeSubrange(..<cursor)
      cursor = 0
    case .control("k"): characters.removeSubrange(cursor...)
    case .control("w"):
      var start = cursor
      while start > 0, characters[start - 1] == " " { start -= 1 }
      while start > 0, characters[start - 1] != " " { start -= 1 }
      characters.removeSubrange(start..<cursor)
      cursor = start
    default: return false
    }
    return true
  }
}
