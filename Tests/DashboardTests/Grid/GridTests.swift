import Testing

@testable import Dashboard

@Suite struct GridTests {
  func grid(_ text: String, width: Int = 8, isASCII: Bool = false) -> Grid {
    var grid = Grid(width: width, height: 1, isASCII: isASCII)
    grid.put(text, column: 0, line: 0, ellipsis: "…")
    return grid
  }

  @Test("text that does not fit ends in an ellipsis")
  func cut() {
    #expect(grid("abcdefgh").plainText == "abcdefgh\n")
    #expect(grid("abcdefghi").plainText == "abcdefg…\n")
  }

  @Test("a wide character takes two cells, and is never cut in half")
  func wide() {
    let grid = grid("日本語", width: 6)
    #expect(grid[0, 0].text == "日")
    #expect(grid[1, 0].isContinuation)
    #expect(self.grid("日本語", width: 5).plainText == "日本…\n")
    #expect(self.grid("日本語", width: 4).plainText == "日…\n")
  }

  @Test("drawing over half of a wide character blanks the other half")
  func overdrawn() {
    var grid = grid("日本", width: 4)
    grid.put("x", column: 1, line: 0)
    #expect(grid.plainText == " x本\n")
    grid.put("y", column: 2, line: 0)
    #expect(grid.plainText == " xy\n")
  }

  @Test("drawing several columns over halves of wide characters blanks the other halves")
  func overdrawnWide() {
    var grid = grid("x日本", width: 5)
    grid.put("語", column: 0, line: 0)
    #expect(grid.line(0).map(\.text) == ["語", "", " ", "本", ""])
    var text = self.grid("日本語", width: 6)
    text.put("abcd", column: 1, line: 0)
    #expect(text.plainText == " abcd\n")
    var filled = self.grid("日本語", width: 6)
    filled.fill(Rect(left: 1, top: 0, width: 4, height: 1), "-")
    #expect(filled.plainText == " ----\n")
  }

  @Test("combining marks are in the cell of their letter, at most four of them")
  func marks() {
    let grid = grid("e\u{301}x")
    #expect(grid[0, 0].text == "e\u{301}")
    #expect(grid[1, 0].text == "x")
    let zalgo = self.grid("a" + String(repeating: "\u{301}", count: 50) + "b")
    #expect(zalgo[0, 0].text.unicodeScalars.count == 1 + Cell.marksMax)
    #expect(zalgo[1, 0].text == "b")
  }

  @Test("a joiner does not make the terminal merge two emoji")
  func joiner() {
    let grid = grid("👩\u{200D}🚀")
    #expect(grid[0, 0].text == "👩")
    #expect(grid[2, 0].text == "🚀")
  }

  @Test("drawing outside of the grid draws nothing")
  func outside() {
    var grid = Grid(width: 3, height: 1)
    grid.put("ab", column: -1, line: 0)
    grid.put("日", column: 2, line: 0)
    grid.put("x", column: 0, line: 1)
    grid.put("x", column: 0, line: -1)
    grid.put("x", column: 3, line: 0)
    grid.fill(Rect(left: -2, top: -2, width: 1, height: 9))
    #expect(grid.plainText == "b\n")
  }

  @Test(
    "where only ASCII can be shown, own signs have a plain form and foreign text is written out")
  func ascii() {
    #expect(grid("a · b…", width: 20, isASCII: true).plainText == "a - b...\n")
    #expect(grid("é", width: 20, isASCII: true).plainText == "\\xe9\n")
  }
}
