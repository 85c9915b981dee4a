import EventPersistence
import Testing

@testable import Dashboard

@Suite struct SearchTests {
  /// A stream that `tag:invalid` is the filter of, which nothing at hand matches.
  private func filtered() -> Model {
    var model = Fixture.model()
    _ = model.press(.character("/"))
    model.type("tag:invalid")
    return model
  }

  private func search(_ commands: [Command]) throws -> LogSearch {
    guard case .search(let search)? = commands.first else {
      throw Failure(commands: commands)
    }
    return search
  }

  private struct Failure: Error { var commands: [Command] }

  private let found = [
    Fixture.row(1000, "TxInvalid", "tx 11"), Fixture.row(2000, "TxInvalid", "tx 22"),
  ]

  @Test(
    "typing shows what is at hand and reads nothing; Enter searches the log where that is nothing")
  func enter() throws {
    var model = Fixture.model()
    _ = model.press(.character("/"))
    #expect(model.type("tag:invalid") == [])
    let search = try search(model.press(.enter))
    #expect(search.direction == .backward)
    #expect(search.from == Fixture.rows(40)[0].position)
    #expect(model.view().plainText.contains("searching back"))
    _ = model.update(
      .searching(
        SearchProgress(
          id: search.id, at: Position(eventId: 812_331), events: 472_000, left: 812_331,
          eventsPerSecond: 100_000)))
    #expect(model.view().plainText.contains("at 812 331 · 36 % · 100 000/s ·  8 s left"))
    // Not known yet: no time is made up.
    _ = model.update(
      .searching(
        SearchProgress(
          id: search.id, at: Position(eventId: 1_284_000), events: 331, left: 1_284_000,
          eventsPerSecond: nil)))
    #expect(model.view().plainText.contains("at 1 284 000 ·  0 %"))
    #expect(!model.view().plainText.contains("left"))
  }

  @Test("found rows are before the loaded ones, and the search continues from where it stopped")
  func takes() throws {
    var model = filtered()
    let first = try search(model.press(.enter))
    _ = model.update(
      .found(
        SearchAnswer(
          id: first.id, rows: found, through: Position(eventId: 900), isOver: true)))
    #expect(model.searching == nil)
    #expect(model.stream.count == 2)
    #expect(model.view().plainText.contains("TxInvalid"))
    // At the first match, N continues before the searched part.
    _ = model.press(.home)
    let next = try search(model.press(.character("N")))
    #expect(next.from == Position(eventId: 900))
    #expect(next.id != first.id)
    _ = model.update(
      .found(
        SearchAnswer(
          id: next.id, rows: [Fixture.row(10, "TxInvalid", "tx 00")],
          through: Position(eventId: 0), isOver: true, isAtEnd: true)))
    #expect(model.selectedPosition?.eventId == 10)
    #expect(model.press(.character("N")) == [])
    #expect(model.notice?.text.contains("no earlier match") == true)
    // An answer to an earlier search is ignored.
    _ = model.update(
      .found(SearchAnswer(id: first.id, rows: found, through: nil, isOver: true)))
    #expect(model.stream.count == 3)
  }

  @Test("Esc ends the search first, then the filter; another filter ends it too")
  func stops() throws {
    var model = filtered()
    _ = model.press(.enter)
    #expect(model.press(.escape) == [.stopSearch])
    #expect(model.stream.filter != nil)
    #expect(model.press(.escape) == [])
    #expect(model.stream.filter == nil)
    model = filtered()
    _ = model.press(.enter, .character("/"))
    #expect(model.type("x") == [.stopSearch])
  }

  @Test("events that came too fast to be shown are searched too")
  func gaps() throws {
    var model = Fixture.model()
    _ = model.update(.arrived(Fixture.rows(10, through: 1_300_000), left: 15_659))
    _ = model.press(.character("/"))
    model.type("tag:invalid")
    #expect(try search(model.press(.enter)).from.eventId == 1_299_991)
  }

  @Test("without the filter, the neighbours of a found event are loaded")
  func lifted() throws {
    var model = filtered()
    let running = try search(model.press(.enter))
    _ = model.update(
      .found(SearchAnswer(id: running.id, rows: found, through: nil, isOver: true)))
    _ = model.press(.home)
    #expect(model.press(.escape) == [.load(.around(.id(1000), count: EventStream.page))])
    #expect(model.stream.foundCount == 0)
  }

  @Test("a transaction is found by the beginning of its id, among loaded rows and in the log")
  func transaction() throws {
    let id = "9f3c1b22" + String(repeating: "0", count: 56)
    let json = "{\"tx\":{\"txId\":\"\(id)\",\"cborHex\":\"9f3c\"},\"o\":{\"\(id)#1\":\"9f3c1b\"}}"
    var bytes = Array(json.utf8)
    let hashes = bytes.withUnsafeBytes { HashPrefix.all(in: $0) }
    #expect(hashes == [0x9f3c_1b22])
    let row = EventRow(position: Position(eventId: 1), summary: "", bytes: 1, hashes: hashes)
    for (text, isFound) in [
      ("tx:9f3c", true), ("tx:9F3C1B22", true), ("tx:\(id)", true), ("tx:3c", false),
      ("tx:9f3d", false), ("!tx:9f3c", false),
    ] {
      let filter = try #require(try Filter.read(text, now: nil))
      #expect(filter.matches(row) == isFound, "\(text)")
      let search = LogSearch(id: 1, .backward, from: Position(eventId: 9), filter: filter)
      let canMatch = bytes.withUnsafeBytes { search.canMatch(row.position, $0) }
      #expect(canMatch == isFound, "\(text)")
    }
    bytes = Array("{\"txId\":\"9f3c\"}".utf8)
    #expect(bytes.withUnsafeBytes { HashPrefix.all(in: $0) } == [])
    #expect(throws: Filter.Unreadable.self) { try Filter.read("tx:xyz", now: nil) }
  }

  @Test(
    "the hash of a block, a script or a key is no transaction's id",
    arguments: [
      ("{\"txId\":\"ID\"}", true), ("{\"depositTxId\": \"ID\"}", true),
      ("{\"a\\\"\":1,\"requestedTxIds\":[\"00\",\"ID\"]}", true),
      ("{\"utxo\":{\"ID#12\":{}}}", true),
      ("{\"input\":\"ID#0\"}", true), ("{\"blockHash\":\"ID\"}", false),
      ("{\"txId\":null,\"signature\":\"ID\"}", false), ("{\"txId\":\"IDID\"}", false),
      ("{\"txIn\":{\"ID#0\":{\"inlineDatumhash\":\"ID\"}},\"datumhash\":\"ID\"}", true),
      ("[\"ID\"]", false), ("{\"txId\":\"ID", false),
    ])
  func otherHashes(json: String, isFound: Bool) throws {
    let id = "9f3c1b22" + String(repeating: "0", count: 56)
    let bytes = Array(json.replacing("ID\"", with: "\(id)\"").replacing("ID#", with: "\(id)#").utf8)
    let search = LogSearch(
      id: 1, .backward, from: Position(eventId: 9),
      filter: try #require(try Filter.read("tx:9f3c1b", now: nil)))
    bytes.withUnsafeBytes { bytes in
      #expect(HashPrefix.all(in: bytes) == (isFound ? [0x9f3c_1b22] : []))
      #expect(search.canMatch(Position(eventId: 1), bytes) == isFound)
    }
  }

  @Test("a search knows which ids and times can match at all")
  func bounds() throws {
    let filter = try #require(
      try Filter.read("id:1000-2000 id:1500- since:10m !id:1700", now: Fixture.now))
    let search = LogSearch(id: 1, .backward, from: Fixture.head, filter: filter)
    #expect(search.ids == 1500...2000)
    #expect(search.since == Fixture.time(600))
  }

  @Test("the jump back goes to a mark, and from there back to where it began")
  func marks() {
    var model = Fixture.model()
    _ = model.press(.tab, .up, .character("m"))
    #expect(model.view().plainText.contains("◆"))
    _ = model.press(.up, .up, .up)
    let left = model.selectedPosition
    #expect(model.press(.character("'")) == [])
    #expect(model.selectedPosition?.eventId == 1_284_330)
    _ = model.press(.character("'"))
    #expect(model.selectedPosition == left)
    _ = model.press(.character("'"), .character("m"))
    #expect(model.marks.positions == [])
  }

  @Test("a jump to rows that are not loaded loads them, and can be undone")
  func goto() {
    var model = Fixture.model()
    _ = model.press(.tab, .up)
    let before = model.selectedPosition
    _ = model.press(.character(":"))
    model.type("goto 17")
    #expect(model.press(.enter) == [.load(.around(.id(17), count: EventStream.page))])
    #expect(model.marks.origin == before)
  }
}

@Suite struct AlarmTests {
  @Test("a secondary that becomes an error rings once and is in the title until it is well again")
  func alarm() {
    var model = Fixture.model(observed: nil)
    let well = Fixture.observed([Fixture.archive])
    #expect(model.update(.observed(well)) == [.screen(.title("hydra-sinks /var/lib/hydra"))])
    #expect(model.update(.observed(well)) == [])
    let bad = Fixture.observed([Fixture.archive, Fixture.audit])
    let title = Command.screen(.title("✖ audit stalled · hydra-sinks /var/lib/hydra"))
    #expect(model.update(.observed(bad)) == [.screen(.bell), title])
    #expect(model.update(.observed(bad)) == [])
    #expect(model.update(.observed(well)) == [.screen(.title("hydra-sinks /var/lib/hydra"))])
  }

  @Test("an error from before the dashboard started does not ring, and both can be switched off")
  func quiet() {
    var model = Fixture.model(observed: nil)
    let bad = Fixture.observed([Fixture.audit])
    #expect(!model.update(.observed(bad)).contains(.screen(.bell)))
    model = Model(
      settings: Settings(persistenceDir: "/x", ringsBell: false, setsTitle: false), width: 80,
      height: 24)
    #expect(model.update(.observed(Fixture.observed([Fixture.archive]))) == [])
    #expect(model.update(.observed(bad)) == [])
  }
}
