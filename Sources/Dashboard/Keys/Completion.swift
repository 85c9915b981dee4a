/// What could stand where the cursor of the command line is.
enum Completion {
  /// The words that begin with what is typed, and the word they would replace.
  static func candidates(for text: String, names: [String]) -> [String] {
    let words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    let last = words.last ?? ""
    let choices: [String]
    if words.count <= 1 {
      choices = (CommandText.simple.map(\.0) + CommandText.others.map(\.0)).sorted()
    } else {
      choices = self.choices(verb: words[0], words: Array(words[1...]), names: names)
    }
    return choices.filter { $0.hasPrefix(last) && $0 != last }
  }

  private static func choices(verb: String, words: [String], names: [String]) -> [String] {
    if verb == "sort" { return SecondaryTable.Order.allCases.map(\.rawValue) }
    if verb == "goto" { return ["head", "start"] }
    guard CommandText.others.contains(where: { $0.0 == verb && $0.takesName }) else { return [] }
    if words.count == 1 { return names }
    if ["--from", "--through"].contains(words[words.count - 2]) {
      return ["checkpoint", "start"]
    }
    let used = Set(words.dropLast())
    return CommandText.Options.options(of: verb).filter { !used.contains($0) }
  }

  /// `text` with its last word completed as far as all candidates agree; nil where that adds nothing.
  static func complete(_ text: String, names: [String]) -> String? {
    let candidates = candidates(for: text, names: names)
    guard var common = candidates.first else { return nil }
    for candidate in candidates {
      while !candidate.hasPrefix(common) { common.removeLast() }
    }
    let last = text.split(separator: " ", omittingEmptySubsequences: false).last.map(String.init)
    let isWhole = candidates.count == 1
    guard common.count > (last ?? "").count else { return nil }
    return text.dropLast((last ?? "").count) + common + (isWhole ? " " : "")
  }
}
