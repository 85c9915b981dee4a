import Testing
import Wording

@Suite("tables and progress")
struct TableTests {
  @Test("columns are aligned by their display width, and nothing trails")
  func aligned() {
    var table = Table(columns: [
      .init(title: "NAME", alignment: .left), .init(title: "LAG", alignment: .right),
      .init(title: "STATE", alignment: .left),
    ])
    table.rows = [
      [.init(text: "文"), .init(text: "1 234"), .init(text: "ok")],
      [.init(text: "archive"), .init(text: "7"), .init(text: "lagging")],
    ]
    #expect(
      table.lines(Paint(isColoured: false)) == [
        "NAME       LAG  STATE",
        "文       1 234  ok",
        "archive      7  lagging",
      ])
  }

  @Test("colours are added around a cell, and only if they are wanted")
  func colours() {
    #expect(Paint(isColoured: true).apply(.error, to: "x") == "\u{1B}[31mx\u{1B}[0m")
    #expect(Paint(isColoured: false).apply(.error, to: "x") == "x")
    #expect(
      !Paint.of(1, environment: ["NO_COLOR": "1", "TERM": "xterm"]).isColoured)
  }

  @Test("a bar has share, count, rate and time left, and fits its width")
  func bar() {
    let line = ProgressBar.line(
      title: "audit", done: 500, total: 2000, rate: 100, note: "", width: 100)
    #expect(line == "audit █████░░░░░░░░░░░░░░░ 25 % 500 of 2 000 · 100/s · 15 s left")
    let narrow = ProgressBar.line(
      title: "audit", done: 500, total: 2000, rate: 100, note: "\u{1B}[2J", width: 40)
    #expect(narrow.count == 39 && !narrow.contains("\u{1B}"))
  }
}
