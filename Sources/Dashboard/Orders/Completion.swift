internal import Wording

/// The possible words at the cursor of the command line.
enum Completion {
  /// The words that begin with the typed text, and would replace it.
  static func candidates(for text: String, names: [String]) -> [String] {
    let words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    let last = words.last ?? ""
    let choices =
      words.count <= 1
      ? Set(OrderTable.rows.map(\.word)).sorted()
      : OrderTable.rows.first { $0.word == words[0] }?
        .choices(Array(words.dropFirst()), names: names) ?? []
    return choices.filter { $0.hasPrefix(last) && $0 != last }
  }

  /// `text` with its last word completed as far as all candidates agree; nil if that adds nothing.
  static func complete(_ text: String, names: [String]) -> String? {
    let candidates = candidates(for: text, names: names)
    guard var common = candidates.first else { return nil }
    for candidate in candidates {
      while !candidate.hasPrefix(common) { common.removeLast() }
    }
    let last = text.split(separator: " ", omittingEmptySubsequences: false).last ?? ""
    guard common.count > last.count else { return nil }
    return text.dropLast(last.count) + common + (candidates.count == 1 ? " " : "")
  }
}
