import EventPersistence
import Testing

@testable import Dashboard

@Suite("a page of sentences")
struct TextPageTests {
  /// Sentences of two lines each, the second continues the first.
  static let entries = (0..<50).map { index in
    TextPage.Entry([
      [("sentence \(index)", .plain)], [("  which is ", .plain), ("Marked \(index % 10)", .plain)],
    ])
  }

  /// Whether a match follows it.
  private func go(_ step: Int, _ page: inout TextPage) -> Bool {
    page.go(step, in: Self.entries, height: 10)
  }

  private func searched(_ text: String, from scroll: Int = 0) -> (page: TextPage, isFound: Bool) {
    var page = TextPage()
    page.scroll.top = scroll
    let isFound = page.setSearch(text, in: Self.entries, height: 10)
    return (page, isFound)
  }

  @Test("the search goes from match to match, around, and keeps each in sight")
  func goes() {
    var (page, isFound) = searched("marked 3", from: 30)
    #expect(isFound)
    #expect(page.place(in: Self.entries)! == (2, 5))
    for step in [1, 1, 1, 1, 1, -1, -1, -1] {
      let isFound = go(step, &page)
      #expect(isFound)
      let found = Self.entries.firstIndex { $0.text == page.found }! * 2
      #expect((page.scroll.top...page.scroll.top + 8).contains(found))
      #expect((0...90).contains(page.scroll.top))
    }
    #expect(page.place(in: Self.entries)! == (4, 5))
  }

  @Test("a sentence is found across a line break, and a search without a match says so")
  func broken() {
    #expect(searched("7 WHICH is marked").page.place(in: Self.entries)!.count == 5)
    var (page, isFound) = searched("nothing")
    #expect(!isFound)
    #expect(page.place(in: Self.entries) == nil)
    isFound = page.go(1, in: [], height: 10)
    #expect(!isFound)
  }

  @Test("a match stays selected while others come before it")
  func moves() {
    let page = searched("marked 3").page
    let found = page.found
    let more = [TextPage.Entry([[("new marked 3", .plain)]])] + Self.entries
    #expect(page.place(in: more)! == (1, 6))
    #expect(page.found == found)
  }

  @Test(
    "/ searches the log and the help, n and N continue, Esc ends the search, then the page"
  )
  func keys() {
    for (key, text) in [("l", "audit"), ("?", "filter")] {
      var model = Fixture.model(80, 24, observed: Fixture.archived)
      _ = model.press(.character(Character(key)), .character("/"))
      model.type(text)
      #expect(model.prompt?.error == nil)
      _ = model.press(.enter)
      #expect(model.view().cells.contains { $0.style.background == .yellow })
      #expect(model.view().plainText.contains("1 of "))
      _ = model.press(.character("n"))
      #expect(model.view().plainText.contains("2 of "))
      _ = model.press(.character("N"), .character("N"))
      #expect(!model.view().plainText.contains("/\(text)  1 of"))
      _ = model.press(.escape)
      #expect(!model.view().cells.contains { $0.style.background == .yellow })
      if case .overview = model.page { Issue.record("\(key) was left") }
      _ = model.press(.escape)
      guard case .overview = model.page else {
        Issue.record("\(key) stays")
        continue
      }
      _ = model.press(.character(Character(key)), .character("/"))
      model.type("xyzzy")
      #expect(model.prompt?.error != nil)
    }
  }
}
