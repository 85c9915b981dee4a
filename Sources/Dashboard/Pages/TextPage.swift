internal import Wording

/// A page of sentences that is read and searched: the log, the help.
struct TextPage: Sendable, Hashable {
  /// One sentence, which is broken to the screen's width.
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
  /// What is searched for, in lower case; empty: nothing.
  private(set) var search = ""
  /// The sentence that the search has come to; another one may stand at its place by now.
  private(set) var found: String?

  /// Where the sentence is that the search has come to: its index among those that match.
  func place(in entries: [Entry]) -> (index: Int, count: Int)? {
    guard !search.isEmpty else { return nil }
    let matches = entries.filter { $0.text.contains(search) }
    return matches.firstIndex { $0.text == found }.map { ($0, matches.count) }
  }

  /// Searches for `text` and goes to the first sentence that has it, from the first that is drawn on and
  /// around; false where none has.
  mutating func setSearch(_ text: String, in entries: [Entry], height: Int) -> Bool {
    search = text.lowercased()
    found = nil
    return search.isEmpty || go(1, in: entries, height: height)
  }

  /// Goes to the next match (`step` 1) or the one before (-1), around at the end; false where there is none.
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
    // In sight whole, and no further away than it has to be.
    if tops[next] < scroll.top { scroll.top = tops[next] }
    if tops[next + 1] > scroll.top + height { scroll.top = tops[next + 1] - height }
    scroll.top = scroll.fitted(lines: tops[entries.count], height: height)
    return true
  }
}

extension [TextPage.Entry] {
  var lineCount: Int { reduce(0) { $0 + $1.lines.count } }
}
