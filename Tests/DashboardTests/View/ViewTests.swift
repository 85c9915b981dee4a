import EventPersistence
import SecondaryStatus
import Testing

@testable import Dashboard

@Suite struct ViewTests {
  @Test("without colours, bad states are marked", arguments: Scene.sizes.filter { $0.0 >= 40 })
  func mono(width: Int, height: Int) {
    let mono = Fixture.model(width, height, hasColors: false).view()
    #expect(mono.cells.contains { $0.style.attributes.contains(.underline) })
  }

  static let dialogSizes = Scene.sizes.filter { $0.0 >= 40 }

  @Test(
    "target, count and question of a re-drive are in sight at each size", arguments: dialogSizes)
  func redrive(width: Int, height: Int) {
    let text = DrawnScene.draw(.redrive, .init(width: width, height: height)).plainText
    for expected in ["audit-loader --d", "183 111 events", "Deliver 183 111", "[ Cancel ]"] {
      #expect(text.contains(expected), "\(expected)")
    }
  }

  @Test("a rewind and a range ask for the name at each size", arguments: dialogSizes)
  func rewind(width: Int, height: Int) {
    for (scene, expected) in [
      (Scene.rewind, ["rewind of audit", "284 332 events", "Type audit"]),
      (.range, ["range of audit", "1 000 events", "Type audit"]),
    ] {
      let grid = DrawnScene.draw(scene, .init(width: width, height: height))
      #expect(grid.cursor != nil)
      for expected in expected { #expect(grid.plainText.contains(expected), "\(expected)") }
    }
  }

  @Test("a dialog loses no word of its sentences, at any width", arguments: 40...59)
  func wholeSentences(width: Int) {
    var model = Fixture.model(width, 24)
    _ = model.press(.character("V"))
    let words = model.view().plainText.split { " │|\n".contains($0) }.joined(separator: " ")
    #expect(
      words.contains(
        "Reads what archive holds and the log, and compares them event by event. Neither is"),
      "\(model.view().plainText)")
  }

  @Test("a secondary at the head whose sink fails is not called ok")
  func failing() {
    var cold = Fixture.cold
    cold.report.state = .ok
    cold.report.severity = .warning
    cold.report.lastError = "GET was refused"
    cold.report.errorCode = "ConnectionRefused"
    cold.report.errorSince = Fixture.time(14)
    var model = Fixture.model(180, 40)
    _ = model.update(.observed(Fixture.observed([cold])))
    #expect(model.view().plainText.contains("▲ cold"))
    #expect(model.view().plainText.contains("retrying 14 s · ConnectionRefused"))
  }

  @Test("the overview names the consumer that a feed waits for")
  func slowConsumer() {
    var cold = Fixture.cold
    cold.report.waitsFor = SlowConsumer(name: "slow-scrolls", behind: 3173)
    var model = Fixture.model(180, 40)
    _ = model.update(.observed(Fixture.observed([cold])))
    #expect(model.view().plainText.contains("waits for slow-scrolls, 3 173 behind"))
  }

  @Test("an open detail shows what each look brings, and the consumers as of that look")
  func openDetail() {
    var model = Fixture.model()
    _ = model.press(.end, .enter)
    _ = model.update(
      .history(
        SecondaryHistory(
          name: "audit", samples: [],
          journal: [
            JournalEntry(.driver, "from long ago", at: Fixture.time(90_000)),
            JournalEntry(.state, "read twice", at: Fixture.time(4000)),
          ])))
    var audit = Fixture.audit
    audit.report.driver = .init(pid: 4711, at: Fixture.time(1))
    audit.driver?.consumers = [
      ConsumerReport(
        name: "scrolls", address: "127.0.0.1:51234", confirmed: Position(eventId: 1_284_000),
        isAwaited: true, unsentBytes: 12_345, answeredAt: Fixture.time(0.4))
    ]
    audit.journal = [
      JournalEntry(.state, "read twice", at: Fixture.time(4000)),
      JournalEntry(.state, "stalled just now", at: Fixture.time(1)),
    ]
    audit.replays = [Fixture.replay()]
    _ = model.update(.observed(Fixture.observed([Fixture.archive, Fixture.cold, audit])))
    let page = Drawing(model).secondaryLines(model.page.secondary!)
      .map { $0.map(\.0).joined() }
    let text = page.joined(separator: "\n")
    for expected in [
      "from long ago", "stalled just now", "112 780 delivered",
      "consumer scrolls  127.0.0.1:51234 · at 1 284 000 · 331 behind · 12.3 kB unsent · answered",
    ] {
      #expect(text.contains(expected), "\(text)")
    }
    #expect(page.filter { $0.contains("read twice") }.count == 1)
  }

  @Test("the detail of a secondary shows how far its replay is", arguments: [80, 132])
  func replayInDetail(width: Int) {
    var audit = Fixture.audit
    audit.report.replay = Fixture.replay(.redrive)
    audit.report.state = .replaying
    audit.report.severity = .info
    var model = Fixture.model(width, 40)
    _ = model.update(.observed(Fixture.observed([audit])))
    _ = model.press(.enter)
    let lines = model.view().plainText.split(separator: "\n")
    #expect(lines.contains { $0.contains("█") && $0.contains(" %") && $0.contains(" of ") })
  }

  @Test("the searched text in an event is marked", arguments: dialogSizes)
  func eventSearch(width: Int, height: Int) {
    let grid = DrawnScene.draw(.eventSearch, .init(width: width, height: height))
    #expect(grid.cells.filter { $0.style.background == .yellow }.count >= 9)
  }

  @Test("each theme draws the same text, in its own colours", arguments: ThemeName.allCases)
  func themes(theme: ThemeName) {
    var model = Model(
      settings: Settings(persistenceDir: "/var/lib/hydra", theme: theme), width: 132, height: 40)
    _ = model.update(.tick(Fixture.now))
    _ = model.update(.observed(Fixture.observed()))
    _ = model.update(.arrived(Fixture.rows(40), left: 0))
    let grid = model.view()
    #expect(grid.plainText == Fixture.model().view().plainText)
    let hasColors = grid.cells.contains { $0.style.foreground != .standard }
    #expect(hasColors == (theme != .mono))
  }

  @Test("an error whose row is out of sight is in the header")
  func strip() {
    var model = Fixture.model(132, 40)
    #expect(!model.view().plainText.split(separator: "\n")[0].contains("stalled"))
    _ = model.press(.tab, .enter)
    #expect(model.view().plainText.split(separator: "\n")[0].contains("✖ audit stalled"))
    // Ten rows where there is room for fewer: the last one is scrolled away.
    var many = (0..<30).map { index in
      var secondary = Fixture.archive
      secondary.report.name = "archive-\(index)"
      return secondary
    }
    many.append(Fixture.audit)
    model = Fixture.model(80, 24, observed: Fixture.observed(many))
    #expect(model.view().plainText.split(separator: "\n")[0].contains("✖ audit stalled"))
    _ = model.press(.end)
    #expect(!model.view().plainText.split(separator: "\n")[0].contains("✖ audit stalled"))
  }

  @Test("the help can be read to its end", arguments: dialogSizes)
  func help(width: Int, height: Int) {
    var model = Fixture.model(width, height)
    _ = model.press(.character("?"), .end)
    #expect(model.view().plainText.contains("UTC."))
  }

  @Test("old data says that it is old, and is dimmed")
  func stale() {
    var model = Fixture.model(80, 24)
    _ = model.update(.tick(Fixture.time(-12)))
    let grid = model.view()
    #expect(grid.plainText.contains("as of 12 s ago"))
    #expect(grid.line(4).allSatisfy { $0.style == Style(.standard, .dim) })
  }

  @Test("an unknown value is never 0")
  func unknown() {
    var secondary = Fixture.archive
    secondary.report = SecondaryReport(
      name: "cold", kind: "s3", state: .unknown, severity: .unknown)
    secondary.report.explanation = "checkpoint.json: permission denied"
    secondary.samples = []
    let model = Fixture.model(132, 24, observed: Fixture.observed([secondary]))
    let line = String(model.view().plainText.split(separator: "\n")[4])
    #expect(!line.contains("0"))
    #expect(line.contains("? cold"))
  }

  @Test("the loss by the next rotation is shown beside what is already lost, at each width")
  func losing() {
    for width in [60, 80, 132] {
      let model = Fixture.model(width, 24, observed: Fixture.archived)
      let second = model.view().plainText.split(separator: "\n")[1]
      #expect(second.contains("audit will miss events"), "\(second)")
      #expect(second.contains("no log of the node has"), "\(second)")
    }
    // A node without archives has none to show, but a forecast.
    var observed = Fixture.archived
    observed.primary.survey.archives = []
    let model = Fixture.model(132, 24, observed: observed)
    #expect(model.footerHints(model.layout).contains { $0.order == .archives })
  }

  @Test("a re-drive that passes over lost events asks for the name")
  func clamped() {
    var model = Fixture.model()
    _ = model.press(.end, .character("R"))
    var plan = Fixture.rewind
    (plan.kind, plan.from) = (.redrive, Position(eventId: 1_200_000))
    _ = model.update(.planned(name: "audit", ReplayRequest(), plan))
    #expect(!model.view().plainText.contains("Type audit"))
    plan.lost = "the lost events 1101221 to 1199999"
    _ = model.update(.planned(name: "audit", ReplayRequest(), plan))
    #expect(model.view().plainText.contains("Type audit"))
    plan.refused = "the events 1 to 7 are lost: hydra-sinks replay audit --clamp"
    _ = model.update(.planned(name: "audit", ReplayRequest(), plan))
    #expect(model.view().plainText.contains("Here:  :replay audit --clamp"))
  }

  @Test("columns do not move from frame to frame")
  func steady() {
    func columns(_ rate: Double, _ lag: UInt64, _ seconds: Double) -> [Int] {
      var cold = Fixture.cold
      cold.report.ratePerSecond = rate
      cold.report.lagEvents = lag
      cold.report.lagSeconds = seconds
      let text = Fixture.model(132, 24, observed: Fixture.observed([cold])).view().plainText
      let line = Array(String(text.split(separator: "\n")[4]))
      return line.indices.filter { line[$0] == "▁" || line[$0] == "◐" || line[$0] == "%" }
    }
    #expect(columns(0, 1, 0.2) == columns(123_456, 1_284_331, 400_000))
  }

  @Test("hostile text reaches no cell, wherever it comes from")
  func hostile() {
    let evil = "\u{1B}]52;c;AAAA\u{07}\u{9B}31m\u{202E}abc\u{2066}\r\n\u{7F}\u{85}x"
    var secondary = Fixture.audit
    secondary.report.name = evil
    secondary.report.kind = SinkKind(rawValue: evil)
    secondary.report.lastError = evil + String(repeating: "A", count: 1 << 20)
    secondary.report.explanation = evil
    secondary.description.target = evil
    secondary.report.errorCode = evil
    secondary.driver?.sink = [evil: evil]
    secondary.report.driver = .init(pid: 1, at: Fixture.now)
    secondary.driver?.consumers = [
      ConsumerReport(name: evil, address: evil, confirmed: nil, isAwaited: true, note: evil)
    ]
    secondary.report.waitsFor = SlowConsumer(name: evil, behind: nil)
    secondary.report.replay = Fixture.replay()
    secondary.report.replay?.requestedBy = evil
    secondary.report.replay?.reason = evil
    secondary.replays = [secondary.report.replay!]
    var primary = Fixture.primary()
    primary.persistenceDir = evil
    primary.survey.hydraHead = HydraHead(id: evil, state: .open)
    var rows = Fixture.rows(5)
    rows.append(Fixture.row(1_284_332, evil, evil))
    for (width, height) in Scene.sizes {
      for isUTF8 in [true, false] {
        var model = Fixture.model(
          width, height, isUTF8: isUTF8, observed: Fixture.observed([secondary], primary: primary),
          rows: rows)
        expectClean(model)
        _ = model.press(.character("X"))
        expectClean(model)
        _ = model.press(.escape, .enter)
        _ = model.update(
          .history(
            SecondaryHistory(
              name: evil, samples: [],
              journal: [JournalEntry(.error, evil, at: Fixture.now)])))
        expectClean(model)
        _ = model.press(.escape, .tab, .enter)
        _ = model.update(
          .event(
            EventDetail(
              position: rows[5].position, bytes: 1,
              tokens: [
                .init(.open, depth: 0, "{"), .init(.key, depth: 1, evil),
                .init(.string, depth: 1, evil), .init(.close, depth: 0, "}"),
              ], summary: evil)))
        _ = model.press(.down, .enter)
        expectClean(model)
        _ = model.update(.failed(evil))
        expectClean(model)
        _ = model.press(.character(":"))
        _ = model.update(.pasted(evil))
        expectClean(model)
      }
    }
  }

  private func expectClean(_ model: Model) {
    let grid = model.view()
    #expect(grid.isClean, "\(grid.plainText)")
  }
}

extension Grid {
  /// As wide and high as it says, and without a scalar on which a terminal would act.
  var isClean: Bool {
    guard cells.count == width * height else { return false }
    return cells.allSatisfy { cell in
      cell.text == " "
        || cell.text.unicodeScalars.allSatisfy { scalar in
          scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value)
            && !(0x202A...0x202E).contains(scalar.value)
            && !(0x2066...0x2069).contains(scalar.value) && (!isASCII || scalar.isASCII)
        }
    }
  }
}
