import EventPersistence
import Testing

@testable import Dashboard

@Suite struct NavigationTests {
  @Test("at the start the tail of the log is requested")
  func start() {
    var model = Fixture.model()
    #expect(model.start() == [.load(.tail(count: EventStream.page))])
  }

  @Test("the selection moves by each movement key, and stays within the rows")
  func secondaries() {
    var model = Fixture.model()
    #expect(model.table.selectedName == "archive")
    for (keys, name) in [
      ([Key.down], "cold"), ([.character("j")], "audit"), ([.character("j")], "audit"),
      ([.up], "cold"), ([.character("g")], "archive"), ([.up], "archive"), ([.end], "audit"),
      ([.pageUp], "archive"), ([.control("d")], "cold"), ([.control("f")], "audit"),
      ([.control("u")], "cold"), ([.character("G")], "audit"), ([.home], "archive"),
    ] as [([Key], String)] {
      for key in keys { #expect(model.press(key) == []) }
      #expect(model.table.selectedName == name, "\(keys)")
    }
  }

  @Test("the selection stays on its secondary while rows move, and moves on when it is gone")
  func selectionByName() {
    var model = Fixture.model()
    _ = model.press(.down, .character("s"), .character("s"))
    #expect(model.table.order == .lag)
    #expect(model.sortedSecondaries.map(\.name) == ["audit", "cold", "archive"])
    #expect(model.table.selectedName == "cold")
    _ = model.press(.character("S"))
    #expect(model.sortedSecondaries.map(\.name) == ["archive", "cold", "audit"])
    _ = model.update(.observed(Fixture.observed([Fixture.audit])))
    #expect(model.table.selectedName == "audit")
    _ = model.update(.observed(Fixture.observed([])))
    #expect(model.table.selectedName == nil)
    #expect(model.press(.enter, .character("R"), .character("T")) == [])
  }

  @Test("scrolling up stops following, f and G start it again")
  func following() {
    var model = Fixture.model()
    _ = model.press(.tab, .up)
    #expect(!model.stream.isFollowing)
    _ = model.update(.arrived(Fixture.rows(3, through: 1_284_334), left: 0))
    #expect(model.view().plainText.contains("+3 new"))
    #expect(model.press(.character("f")) == [])
    #expect(model.stream.isFollowing)
    #expect(model.stream.unseen == 0)
    _ = model.press(.pageUp, .character("G"))
    #expect(model.stream.isFollowing)
  }

  @Test("at the edge of the loaded rows, older rows are requested, once")
  func older() {
    var model = Fixture.model()
    let first = Fixture.rows(40)[0].position
    let load = Command.load(.older(than: first, count: EventStream.page))
    #expect(model.press(.tab, .pageUp, .pageUp, .pageUp) == [load])
  }

  @Test("a frozen display does not change; unfrozen, it shows the current state")
  func frozen() {
    var model = Fixture.model()
    _ = model.press(.character("p"))
    let before = model.view()
    var next = Fixture.observed([Fixture.archive])
    next.at = Fixture.time(-1)
    _ = model.update(.observed(next))
    _ = model.update(.arrived(Fixture.rows(5, through: 1_284_336), left: 0))
    #expect(model.view().plainText.contains("frozen at 15:04:05"))
    #expect(model.view().line(3) == before.line(3))
    #expect(model.view().plainText.contains("+5 new"))
    #expect(model.press(.character("p")) == [.load(.tail(count: EventStream.page))])
    #expect(model.shown?.secondaries.count == 1)
  }

  @Test("Enter opens what is selected, arrows go to its neighbours, Esc goes back")
  func event() {
    var model = Fixture.model()
    let rows = Fixture.rows(40)
    #expect(model.press(.tab, .up, .enter).last == .loadEvent(rows[38].position))
    #expect(model.press(.left).first == .loadEvent(rows[37].position))
    #expect(model.press(.right, .right).last == .loadEvent(rows[39].position))
    #expect(model.press(.right) == [])
    #expect(model.notice?.text == "this is the last event")
    #expect(model.press(.escape) == [])
    guard case .overview = model.page else { return #expect(Bool(false)) }
  }

  @Test("an answer for an event that is no longer open is ignored")
  func mootEvent() {
    var model = Fixture.model()
    _ = model.press(.tab, .enter)
    _ = model.update(.event(EventDetail(position: Position(eventId: 1), bytes: 1, tokens: [])))
    _ = model.update(.eventFailed(Position(eventId: 1), "gone"))
    guard case .event(let event) = model.page else { return #expect(Bool(false)) }
    #expect(event.detail == nil)
    #expect(event.error == nil)
  }

  @Test("events that came too fast are read from the log on Enter")
  func left() {
    var model = Fixture.model()
    _ = model.update(.arrived(Fixture.rows(1, through: 1_299_999), left: 15_000))
    let last = Fixture.rows(1)[0].position
    #expect(
      model.press(.tab, .up, .enter).last == .load(.around(.after(last), count: EventStream.page)))
  }

  @Test("a secondary's detail reads its history, and again every minute")
  func secondary() {
    var model = Fixture.model()
    #expect(model.press(.down, .enter) == [.loadHistory(name: "cold")])
    #expect(model.update(.tick(Fixture.time(-59))) == [])
    #expect(model.update(.tick(Fixture.time(-60))) == [.loadHistory(name: "cold")])
    _ = model.update(.historyFailed(name: "cold", "history: permission denied"))
    #expect(model.view().plainText.contains("permission denied"))
    _ = model.press(.tab, .tab)
    guard case .secondary(let page) = model.page else { return #expect(Bool(false)) }
    #expect(page.span == .week)
  }

  @Test("the interval goes up and down in steps, and stops at the last")
  func interval() {
    var model = Fixture.model()
    #expect(model.press(.character("+")) == [.setInterval(.milliseconds(200))])
    #expect(
      model.press(.character("-"), .character("-"))
        == [.setInterval(.milliseconds(100)), .setInterval(.milliseconds(50))])
    #expect(model.press(.character("-")) == [])
  }

  @Test("c copies what the cursor is on")
  func copy() {
    var model = Fixture.model()
    #expect(model.press(.character("c")) == [.screen(.copy("archive"))])
    let error = "audit-loader: connection to db.internal refused, exit 1"
    #expect(model.press(.down, .down, .character("c")) == [.screen(.copy(error))])
    let last = Fixture.rows(1)[0].position
    #expect(model.press(.tab, .character("c")) == [.copyEvent(last)])
    _ = model.press(.enter)
    _ = model.update(.event(EventDetail(position: last, bytes: 1, tokens: EventPageTests.tokens)))
    #expect(model.press(.character("c")) == [.copyEvent(last)])
    #expect(model.press(.down, .character("c")) == [.screen(.copy("7"))])
  }

  @Test("the filter follows each letter; Enter keeps it, Esc brings back what was")
  func filter() {
    var model = Fixture.model()
    _ = model.press(.character("/"))
    model.type("tag:tick")
    #expect(model.stream.count == 8)
    _ = model.press(.enter)
    #expect(model.prompt == nil)
    #expect(model.context == .events)
    _ = model.press(.character("/"), .control("u"))
    #expect(model.stream.count == 40)
    _ = model.press(.escape)
    #expect(model.stream.count == 8)
    _ = model.press(.escape)
    #expect(model.stream.count == 40)
  }

  @Test("an error in a filter is shown while it is typed, and Enter does not accept it")
  func brokenFilter() {
    var model = Fixture.model()
    _ = model.press(.character("/"))
    model.type("id:x")
    _ = model.press(.enter)
    #expect(model.prompt?.error?.contains("id: takes") == true)
    #expect(model.prompt != nil)
    _ = model.press(.escape)
    #expect(model.stream.filter == nil)
  }

  @Test("commands do what their keys do")
  func commands() {
    var model = Fixture.model()
    _ = model.press(.character(":"))
    model.type("goto 1234")
    #expect(model.press(.enter) == [.load(.around(.id(1234), count: EventStream.page))])
    #expect(model.context == .events)
    _ = model.press(.character(":"))
    model.type("pause co")
    _ = model.press(.tab)
    model.type("--for 2h")
    #expect(model.press(.enter) == [.pause(name: "cold", reason: nil, seconds: 7200)])
    _ = model.press(.character(":"))
    model.type("nonsense")
    #expect(model.press(.enter) == [])
    #expect(model.notice?.severity == .warning)
  }

  @Test("a paste goes into a line being edited, and nowhere else")
  func paste() {
    var model = Fixture.model()
    #expect(model.update(.pasted("qRy\nX")) == [])
    #expect(model.dialog == nil)
    _ = model.press(.character("/"))
    _ = model.update(.pasted("tag:tick"))
    #expect(model.stream.count == 8)
  }

  @Test("q quits, Ctrl-C does so from anywhere")
  func quit() {
    var model = Fixture.model()
    #expect(model.press(.character("q")) == [.quit(.none)])
    _ = model.press(.character(":"))
    #expect(model.press(.character("q")) == [])
    #expect(model.press(.control("c")) == [.quit(.none)])
    #expect(model.press(.control("z")) == [.screen(.suspend)])
  }

  @Test("a notice goes after a while, an error on the next key")
  func notices() {
    var model = Fixture.model()
    _ = model.update(.done("paused cold"))
    _ = model.update(.tick(Fixture.time(-7)))
    #expect(model.notice == nil)
    // A look also contains the time.
    _ = model.update(.done("paused cold"))
    var next = Fixture.observed()
    next.at = Fixture.time(-14)
    _ = model.update(.observed(next))
    #expect(model.notice == nil)
    _ = model.update(.resized(width: 40, height: 10))
    _ = model.update(.failed("cold: the state directory /var/lib/hydra may not be written by you"))
    _ = model.update(.tick(Fixture.time(-700)))
    #expect(model.view().plainText.hasSuffix("\n you\n"))
    _ = model.press(.down)
    #expect(model.notice == nil)
  }

  @Test("the mouse selects, scrolls, opens, and presses what the footer offers")
  func mouse() {
    var model = Fixture.model()
    _ = model.update(.mouse(MouseEvent(.click, column: 10, line: 5)))
    #expect(model.table.selectedName == "cold")
    _ = model.update(.mouse(MouseEvent(.click, column: 10, line: 20)))
    #expect(model.context == .events)
    #expect(!model.stream.isFollowing)
    _ = model.update(.mouse(MouseEvent(.wheelDown, column: 10, line: 5)))
    #expect(model.table.selectedName == "audit")
    let help = model.footerHints(model.layout).first { $0.order == .help }!
    _ = model.update(.mouse(MouseEvent(.click, column: help.column, line: 39)))
    #expect(model.context == .help)
  }
}
