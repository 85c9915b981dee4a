internal import Wording

/// A page of sentences to read and search: the log, the help.
struct TextPage: Sendable, Hashable {
  /// One sentence, wrapped to the screen's width.
  struct Entry: Sendable {
    var lines: [Spans]
    /// All of it, in lower case.
    var text: String

    init(_ lines: [Spans]) {
      self.lines = lines
      text = lines.map { $0.map(\.0).joined() }.joined(separator: " ")
        .split(separator: " ").joined(separator: " ").lowercased()
    }
  }

  var scroll = TextScroll()
  /// The searched text, in lower case; empty: none.
  private(set) var search = ""
  /// The sentence that the search has reached; its index may have changed since.
  private(set) var found: String?

  /// The index, among the matching sentences, of the one that the search has reached.
  func place(in entries: [Entry]) -> (index: Int, count: Int)? {
    guard !search.isEmpty else { return nil }
    let matches = entries.filter { $0.text.contains(search) }
    return matches.firstIndex { $0.text == found }.map { ($0, matches.count) }
  }

  /// Searches for `text` and goes to the first sentence that contains it, starting at the first
  /// drawn one and wrapping around; false if there is none.
  mutating func setSearch(_ text: String, in entries: [Entry], height: Int) -> Bool {
    search = text.lowercased()
    found = nil
    return search.isEmpty || go(1, in: entries, height: height)
  }

  /// Goes to the next match (`step` 1) or the one before (-1), wrapping around; false if there is
  /// none.
  mutating func go(_ step: Int, in entries: [Entry], height: Int) -> Bool {
    let matches = entries.indices.filter { entries[$0].text.contains(search) }
    guard !search.isEmpty, !matches.isEmpty else { return false }
    let tops = entries.reduce(into: [0]) { $0.append($0.last! + $1.lines.count) }
    let next: Int
    if let here = matches.firstIndex(where: { entries[$0].text == found }) {
      next = matches[(here + step + matches.count) % matches.count]
    } else if step > 0 {
      next = matches.first { tops[$0] >= scroll.top } ?? matches[0]
    } else {
      next = matches.last { tops[$0] <= scroll.top } ?? matches[matches.count - 1]
    }
    found = entries[next].text
    // Scroll only as far as needed to show all of it.
    if tops[next] < scroll.top { scroll.top = tops[next] }
    if tops[next + 1] > scroll.top + height { scroll.top = tops[next + 1] - height }
    scroll.top = scroll.fitted(lines: tops[entries.count], height: height)
    return true
  }
}

extension [TextPage.Entry] {
  var lineCount: Int { reduce(0) { $0 + $1.lines.count } }
}
