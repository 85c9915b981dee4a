/// A Swift file: its lines, its imports, its functions, and the words of its code.
///
/// It is read by hand rather than by regular expressions, which take minutes for all files in a debug build.
struct SourceFile: Sendable {
  /// From the package's folder on.
  let path: String
  let lines: [Substring]
  /// The words of each line, without its comment and without its strings but for what is interpolated.
  let words: [[Substring]]

  init(path: String, text: String) {
    self.path = path
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    self.lines = lines
    var isText = false
    words = lines.map { line in
      defer {
        let isBorder =
          isText ? line.drop { $0 == " " }.hasPrefix("\"\"\"") : line.hasSuffix("\"\"\"")
        if isBorder { isText.toggle() }
      }
      return Self.words(of: line, isText: isText)
    }
  }

  /// The target that a file below Sources belongs to.
  var module: String {
    let parts = path.split(separator: "/").map(String.init)
    return ["Sinks", "System"].contains(parts[1]) ? parts[2] : parts[1]
  }

  var imports: [String] {
    words.compactMap { words in
      guard let index = words.prefix(3).firstIndex(of: "import"), words.count > index + 1 else {
        return nil
      }
      let isKind = ["struct", "class", "enum", "func"].contains(words[index + 1])
      return String(words[isKind ? index + 2 : index + 1])
    }
  }

  // MARK: - Functions

  struct Function: Sendable {
    var name: String
    var lineCount: Int
  }

  /// The functions that have a body, by the layout that `swift format` gives them: the closing brace
  /// is in the column where the declaration begins.
  var functions: [Function] {
    lines.indices.compactMap { index in
      guard let name = functionName(index), let open = bodyStart(from: index) else { return nil }
      let end = lines[open...].firstIndex(of: lines[index].prefix { $0 == " " } + "}") ?? open
      return Function(name: name, lineCount: end - index + 1)
    }
  }

  private static let modifiers: Set<Substring> = [
    "public", "package", "private", "fileprivate", "internal", "static", "class", "mutating",
    "nonmutating", "nonisolated", "isolated", "override", "final", "convenience", "required",
    "consuming", "borrowing", "discardableResult", "inlinable", "MainActor", "unsafe", "Sendable",
  ]

  private func functionName(_ index: Int) -> String? {
    let declaration = words[index].drop { Self.modifiers.contains($0) }
    switch declaration.first {
    case "func": return declaration.dropFirst().first.map { "func \($0)" }
    case "init", "deinit", "subscript": return declaration.first.map(String.init)
    default: return nil
    }
  }

  /// The line whose end opens the body of the function that is declared at `index`; nil if it has
  /// none, or one of a single line.
  private func bodyStart(from index: Int) -> Int? {
    let indent = Self.indent(lines[index])
    for (offset, line) in lines[index...].enumerated() {
      if line.hasSuffix("{") { return index + offset }
      if line.hasSuffix("}") || line.isEmpty { return nil }
      let text = line.drop { $0 == " " }
      let goesOn =
        Self.indent(line) > indent
        || [")", "where", "->", "throws", "async"].contains { text.hasPrefix($0) }
      if offset > 0, !goesOn { return nil }
    }
    return nil
  }

  private static func indent(_ line: Substring) -> Int { line.prefix { $0 == " " }.count }

  // MARK: - Words

  /// - Parameter isText: whether the line begins inside a string of several lines.
  private static func words(of line: Substring, isText: Bool) -> [Substring] {
    var words: [Substring] = []
    let bytes = line.utf8
    var start: String.Index?
    var index = bytes.startIndex
    // How many parentheses are open in each interpolation that is entered; in a string where `isText`.
    var interpolations: [Int] = []
    var isText = isText
    while index < bytes.endIndex {
      let byte = bytes[index]
      let next = bytes.index(after: index)
      let following = next < bytes.endIndex ? bytes[next] : 0
      if !isText, isWord(byte) {
        if start == nil { start = index }
        index = next
        continue
      }
      if let first = start { words.append(line[first..<index]) }
      start = nil
      if isText {
        if byte == UInt8(ascii: "\\"), following == UInt8(ascii: "(") {
          interpolations.append(0)
          isText = false
        }
        if byte == UInt8(ascii: "\"") { isText = false }
        index =
          byte == UInt8(ascii: "\\") ? bytes.index(next, offsetBy: following == 0 ? 0 : 1) : next
        continue
      }
      switch byte {
      case UInt8(ascii: "/") where following == byte: return words
      case UInt8(ascii: "\""): isText = true
      case UInt8(ascii: "(") where !interpolations.isEmpty:
        interpolations[interpolations.count - 1] += 1
      case UInt8(ascii: ")") where !interpolations.isEmpty:
        if interpolations[interpolations.count - 1] == 0 {
          interpolations.removeLast()
          isText = true
        } else {
          interpolations[interpolations.count - 1] -= 1
        }
      default: break
      }
      index = next
    }
    if let start { words.append(line[start...]) }
    return words
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "_") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }
}
