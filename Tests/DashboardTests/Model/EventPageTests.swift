import EventPersistence
import Testing
import Wording

@testable import Dashboard

@Suite struct EventPageTests {
  static let tokens: [EventDetail.Token] = [
    .init(.open, depth: 0, "{"), .init(.key, depth: 1, "eventId"), .init(.number, depth: 1, "7"),
    .init(.key, depth: 1, "stateChanged"), .init(.open, depth: 1, "{"),
    .init(.key, depth: 2, "tag"), .init(.string, depth: 2, "SnapshotConfirmed"),
    .init(.key, depth: 2, "signatures"), .init(.open, depth: 2, "["), .init(.close, depth: 2, "]"),
    .init(.key, depth: 2, "cborHex"),
    .init(.string, depth: 2, String(repeating: "84a4", count: 60)),
    .init(.close, depth: 1, "}"), .init(.close, depth: 0, "}"),
  ]

  static func page(width: Int = 60) -> EventPage {
    var page = EventPage(position: Position(eventId: 7))
    page.take(
      EventDetail(position: Position(eventId: 7), bytes: 400, tokens: tokens), width: width)
    return page
  }

  @Test("a key and its value are one line, and so is an empty bracket")
  func lines() {
    let page = Self.page()
    #expect(
      page.lines.map(\.key) == [
        nil, "eventId", "stateChanged", "tag", "signatures", "cborHex", nil, nil,
      ])
    #expect(page.lines[4].text == "[]")
    #expect(page.lines[2].closing == 6)
    #expect(page.lines[2].items == 3)
  }

  @Test("Enter closes and opens brackets, and shows a long text in full")
  func folding() {
    var page = Self.page()
    page.scroll.selected = 2
    page.toggle()
    #expect(page.rows.map(\.line) == [0, 1, 2, 7])
    page.toggle()
    #expect(page.rows.count == 8)
    page.scroll.selected = 5
    page.toggle()
    let pieces = page.rows.filter { $0.line == 5 }
    let width = page.pieceWidth(page.lines[5])
    let text = (0..<pieces.count - 1).map { page.lines[5].piece($0, width: width) }.joined()
    #expect(text == String(repeating: "84a4", count: 60))
  }

  @Test("a piece never cuts a character in half")
  func pieces() {
    let line = JSONLine(
      depth: 0, kind: .string, text: String(repeating: "é日x", count: 50), token: 0)
    for width in 8...20 {
      let text = (0..<line.pieces(width)).map { line.piece($0, width: width) }
      #expect(text.joined() == line.text)
      #expect(text.allSatisfy { DisplayWidth.of($0) <= width })
    }
  }

  @Test("a search opens what hides the match, wraps around, and says if there is none")
  func search() {
    var page = Self.page()
    page.scroll.selected = 2
    page.toggle()
    #expect(page.setSearch("CONFIRMED") == true)
    #expect(page.scroll.selected == 3)
    #expect(page.findNext(step: 1) == true)
    #expect(page.scroll.selected == 3)
    #expect(page.setSearch("a") == true)
    #expect(page.setSearch("zzz") == false)
  }

  @Test("brackets that do not match are drawn in order")
  func broken() {
    let tokens: [EventDetail.Token] = [
      .init(.close, depth: 0, "}"), .init(.open, depth: 0, "{"), .init(.key, depth: 1, "a"),
    ]
    #expect(JSONLine.lines(of: tokens).map(\.text) == ["{"])
  }

  @Test("a detail is bounded, and says that it was cut")
  func bounded() {
    let many = [EventDetail.Token](
      repeating: .init(.number, depth: 0, "1"), count: EventDetail.tokensMax + 5)
    let detail = EventDetail(position: Position(eventId: 1), bytes: 1, tokens: many)
    #expect(detail.tokens.count == EventDetail.tokensMax)
    #expect(detail.isCut)
  }
}
