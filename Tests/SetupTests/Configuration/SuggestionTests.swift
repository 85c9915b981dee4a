import Setup
import Testing

@Suite("did you mean")
struct SuggestionTests {
  @Test("a swapped, dropped or added letter finds the word, another word does not")
  func nearest() {
    let words = ["path", "select", "persistence-dir"]
    #expect(Suggestion.nearest(to: "ptah", among: words) == "path")
    #expect(Suggestion.nearest(to: "slect", among: words) == "select")
    #expect(Suggestion.nearest(to: "persistance-dir", among: words) == "persistence-dir")
    #expect(Suggestion.nearest(to: "colour", among: words) == nil)
  }

  @Test("a distance counts each change once")
  func distance() {
    #expect(Suggestion.distance("", "abc") == 3)
    #expect(Suggestion.distance("abc", "abc") == 0)
    #expect(Suggestion.distance("ab", "ba") == 1)
    #expect(Suggestion.distance("kitten", "sitting") == 3)
  }
}
