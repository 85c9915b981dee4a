import EventPersistence
import Testing

@testable import Dashboard

@Suite struct EventStreamTests {
  func ids(_ stream: EventStream) -> [UInt64] {
    stream.items.compactMap { if case .row(let row) = $0 { row.position.eventId } else { nil } }
  }

  @Test("the number of loaded rows is bounded, and the newest stay")
  func bounded() {
    var stream = EventStream()
    var next: UInt64 = 0
    for _ in 0..<400 {
      let rows = Fixture.rows(50, through: next + 49)
      stream.arrive(rows, left: 3000, isHeld: false)
      next += 50
      #expect(stream.items.count <= EventStream.capacity * 5 / 4)
    }
    #expect(stream.lastRow?.position.eventId == next - 1)
    #expect(stream.scroll.selected == stream.count - 1)
    #expect(stream.unseen == 0)
    // More than the window at once.
    stream.arrive(Fixture.rows(9000, through: 99_999), left: 0, isHeld: false)
    #expect(stream.items.count <= EventStream.capacity * 5 / 4)
  }

  @Test("events that came too fast to be shown are counted in their place")
  func left() {
    var stream = EventStream()
    stream.arrive(Fixture.rows(1, through: 1), left: 0, isHeld: false)
    stream.arrive([], left: 5, isHeld: false)
    stream.arrive(Fixture.rows(1, through: 20), left: 7, isHeld: false)
    #expect(stream.items[1] == .left(12))
    #expect(stream.items.count == 3)
  }

  @Test("what is lost has a line of its own, before the row that follows it, or at the end")
  func loss() {
    var stream = EventStream()
    var rows = Fixture.rows(10, through: 9)
    rows[4].lossBefore = "lost"
    let request = LoadRequest.tail(count: 500)
    _ = stream.ask(request)
    _ = stream.take(
      LoadedRows(request: request, rows: rows, atFirst: true, atHead: true, lossAfter: "the end"))
    #expect(stream.items[4] == .loss("lost") && stream.items.last == .loss("the end"))
    #expect(ids(stream) == Array(0...9) && stream.items.count == 12)
    #expect(stream.index(of: rows[4].position) == 5)
  }

  @Test("a selected row stays while new ones arrive and old ones are removed")
  func stays() {
    var stream = EventStream()
    stream.arrive(Fixture.rows(3000, through: 2999), left: 0, isHeld: false)
    stream.isFollowing = false
    stream.scroll = Scroll(selected: 2500, top: 2490)
    stream.arrive(Fixture.rows(900, through: 3899), left: 0, isHeld: false)
    #expect(stream.unseen == 900)
    #expect(stream.selectedItem == .row(Fixture.rows(1, through: 2500)[0]))
    // The window is full: the row is not pushed out of it, new ones are counted.
    stream.arrive(Fixture.rows(900, through: 4799), left: 0, isHeld: false)
    #expect(!stream.isAttached)
    #expect(stream.unseen == 1800)
    #expect(stream.selectedItem == .row(Fixture.rows(1, through: 2500)[0]))
  }

  @Test("older rows come before the loaded ones, and the selected one stays")
  func older() throws {
    var stream = EventStream()
    stream.arrive(Fixture.rows(100, through: 999), left: 0, isHeld: false)
    stream.isFollowing = false
    stream.scroll = Scroll(selected: 3, top: 0)
    let request = LoadRequest.older(than: Position(eventId: 900), count: 500)
    #expect(stream.ask(request) == .load(request))
    _ = stream.take(
      LoadedRows(
        request: request, rows: Fixture.rows(500, through: 899), atFirst: false, atHead: false))
    #expect(ids(stream) == Array(400...999))
    #expect(stream.scroll == Scroll(selected: 503, top: 500))
    #expect(stream.isAttached)
  }

  @Test("an answer to another request is ignored")
  func moot() {
    var stream = EventStream()
    _ = stream.ask(.tail(count: 500))
    let answer = LoadedRows(
      request: .around(.id(5), count: 500), rows: Fixture.rows(5), atFirst: true, atHead: true)
    #expect(stream.take(answer) == nil)
    #expect(stream.count == 0)
    #expect(stream.pending == .tail(count: 500))
  }

  @Test("rows that arrive during a load are requested after it, and no row is there twice")
  func race() throws {
    var stream = EventStream()
    _ = stream.ask(.tail(count: 500))
    stream.arrive(Fixture.rows(2, through: 11), left: 0, isHeld: false)
    let command = stream.take(
      LoadedRows(
        request: .tail(count: 500), rows: Fixture.rows(10, through: 10), atFirst: true, atHead: true
      ))
    let next = LoadRequest.newer(than: Fixture.rows(1, through: 10)[0].position, count: 500)
    #expect(command == .load(next))
    _ = stream.take(
      LoadedRows(request: next, rows: Fixture.rows(1, through: 11), atFirst: false, atHead: true))
    stream.arrive(Fixture.rows(2, through: 12), left: 0, isHeld: false)
    #expect(ids(stream) == Array(1...12))
    #expect(stream.isAttached)
  }

  @Test("after the node lost its last events, lower ids are accepted")
  func lowerIds() {
    var stream = EventStream()
    stream.arrive(Fixture.rows(5, through: 100), left: 0, isHeld: false)
    stream.arrive(Fixture.rows(2, through: 98), left: 0, isHeld: false)
    #expect(ids(stream) == [96, 97, 98, 99, 100, 97, 98])
  }

  @Test("a log that appears or begins again is loaded from its end, once")
  func reload() {
    var stream = EventStream()
    let tail = LoadRequest.tail(count: EventStream.page)
    _ = stream.ask(tail)
    #expect(stream.reload(for: Position(eventId: 9)) == nil, "it is on its way")
    stream.fail(tail)
    #expect(stream.reload(for: nil) == nil)
    #expect(stream.reload(for: Position(eventId: 9)) == .load(tail))
    _ = stream.take(
      LoadedRows(request: tail, rows: Fixture.rows(10, through: 9), atFirst: true, atHead: true))
    #expect(stream.reload(for: Position(eventId: 9)) == nil)
    #expect(stream.reload(for: Position(eventId: 3)) == .load(tail))
  }

  @Test("a frozen stream counts what arrives and shows none of it")
  func held() {
    var stream = EventStream()
    stream.arrive(Fixture.rows(5, through: 5), left: 0, isHeld: false)
    stream.arrive(Fixture.rows(5, through: 10), left: 90, isHeld: true)
    #expect(stream.count == 5)
    #expect(stream.unseen == 95)
    #expect(!stream.isAttached)
  }

  @Test("a filter applies to loaded rows and to arriving ones")
  func filtered() throws {
    var stream = EventStream()
    stream.arrive(Fixture.rows(100, through: 99), left: 0, isHeld: false)
    _ = stream.setFilter(try Filter.read("tag:tick", now: nil))
    #expect(stream.count == 20)
    stream.arrive(Fixture.rows(10, through: 109), left: 4, isHeld: false)
    #expect(stream.count == 22)
    #expect(stream.scroll.selected == 21)
    _ = stream.setFilter(nil)
    #expect(stream.count == 111)
  }
}

@Suite struct FilterTests {
  let row = Fixture.row(1500, "SnapshotConfirmed", "snapshot 8 113 · tx 9f3c", bytes: 120_000)

  @Test(
    "all words must match",
    arguments: [
      ("tag:snapshot", true), ("tag:Tick", false), ("!tag:Tick", true), ("id:1000-2000", true),
      ("id:1500", true), ("id:1501-", false), ("id:-1500", true), ("size:>100k", true),
      ("size:<100k", false), ("9F3C", true), ("confirmed", true), ("confirmed 9f3d", false),
      ("!9f3c", false), ("since:1h", true), ("since:1s", false),
    ])
  func matches(text: String, isMatch: Bool) throws {
    let filter = try #require(try Filter.read(text, now: Fixture.now))
    var row = row
    row.position.time = Fixture.time(60)
    #expect(filter.matches(row) == isMatch)
  }

  @Test(
    "a half-typed term says what it expects", arguments: ["id:", "id:9-1", "size:5", "since:x"])
  func unreadable(text: String) {
    #expect(throws: Filter.Unreadable.self) { try Filter.read(text, now: Fixture.now) }
  }

  @Test("an empty filter filters nothing", arguments: ["", "  ", "!"])
  func empty(text: String) throws { #expect(try Filter.read(text, now: nil) == nil) }
}

@Suite struct LineEditorTests {
  @Test("keys edit the line as in a shell")
  func keys() {
    var editor = LineEditor("replay cold")
    _ = editor.take(.control("w"))
    #expect(editor.text == "replay ")
    for key: Key in [.home, .delete, .character("R"), .end, .backspace, .left, .control("k")] {
      #expect(editor.take(key) == true)
    }
    #expect(editor.text == "Repla")
    _ = editor.take(.control("u"))
    #expect(editor.text.isEmpty)
    #expect(editor.take(.enter) == false)
  }

  @Test("a paste is one line, and bounded")
  func paste() {
    var editor = LineEditor("ab")
    _ = editor.take(.left)
    editor.insert("1\n2")
    #expect(editor.text == "a1 2b")
    editor.insert(String(repeating: "x", count: 1 << 20))
    #expect(editor.characters.count == LineEditor.charactersMax)
  }
}
