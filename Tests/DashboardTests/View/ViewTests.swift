import EventPersistence
import Testing

@testable import Dashboard

@Suite struct ViewTests {
  static let sizes = [(132, 40), (80, 24), (60, 16), (40, 10), (30, 8)]

  @Test("the overview is drawn at each size", arguments: sizes)
  func overview(width: Int, height: Int) {
    expectFrame(Fixture.model(width, height).view(), "overview-\(width)x\(height)")
  }

  @Test("the same in ASCII", arguments: sizes)
  func ascii(width: Int, height: Int) {
    let grid = Fixture.model(width, height, isUTF8: false).view()
    #expect(grid.plainText.utf8.allSatisfy { $0 < 0x80 })
    expectFrame(grid, "ascii-\(width)x\(height)")
  }

  @Test("without colours the same text stands there, and what is bad is marked", arguments: sizes)
  func mono(width: Int, height: Int) {
    let mono = Fixture.model(width, height, hasColors: false).view()
    #expect(mono.plainText == Fixture.model(width, height).view().plainText)
    for cell in mono.cells {
      #expect(cell.style.foreground == .standard)
      #expect(cell.style.background == .standard)
    }
    if width >= 40 { #expect(mono.cells.contains { $0.style.attributes.contains(.underline) }) }
  }

  @Test("the selected one's error stands beneath the table", arguments: [(80, 24), (40, 10)])
  func explained(width: Int, height: Int) {
    var model = Fixture.model(width, height)
    _ = model.press(.end)
    expectFrame(model.view(), "explained-\(width)x\(height)")
  }

  @Test("on a short screen Tab shows the events in the table's place")
  func shortEvents() {
    var model = Fixture.model(40, 10)
    _ = model.press(.tab)
    expectFrame(model.view(), "events-40x10")
  }

  static func planned(_ width: Int, _ height: Int) -> Model {
    var model = Fixture.model(width, height)
    _ = model.press(.end, .character("R"))
    _ = model.update(.planned(name: "audit", ReplayRequest(), Fixture.plan))
    return model
  }

  @Test("the plan of a re-drive is drawn at each size", arguments: [(132, 40), (80, 24), (40, 10)])
  func plan(width: Int, height: Int) {
    let grid = Self.planned(width, height).view()
    expectFrame(grid, "plan-\(width)x\(height)")
    for text in ["audit-loader --d", "183 111 events", "Deliver 183 111", "[ Cancel ]"] {
      #expect(grid.plainText.contains(text), "\(text)")
    }
  }

  @Test("the plan of a rewind asks for the name", arguments: [(80, 24), (40, 10)])
  func rewind(width: Int, height: Int) {
    var model = Self.planned(width, height)
    _ = model.press(.tab)
    model.type("1000000")
    _ = model.press(.backTab)
    let request = ReplayRequest(from: .id(1_000_000))
    _ = model.update(.planned(name: "audit", request, Fixture.rewind))
    let grid = model.view()
    expectFrame(grid, "rewind-\(width)x\(height)")
    #expect(grid.cursor != nil)
    for text in ["rewind of audit", "284 332 events", "Type audit"] {
      #expect(grid.plainText.contains(text), "\(text)")
    }
  }

  @Test(
    "a replay under way shows how far, how fast, how long",
    arguments: [(132, 40), (80, 24), (40, 10)])
  func progress(width: Int, height: Int) {
    var audit = Fixture.audit
    audit.report.replay = Fixture.replay()
    audit.report.state = .replaying
    audit.report.severity = .info
    audit.report.lastError = nil
    audit.driver?.ratePerSecond = 812
    let model = Fixture.model(
      width, height, observed: Fixture.observed([Fixture.archive, Fixture.cold, audit]))
    expectFrame(model.view(), "replaying-\(width)x\(height)")
  }

  static func opened(_ width: Int, _ height: Int, isUTF8: Bool = true) -> Model {
    var model = Fixture.model(width, height, isUTF8: isUTF8)
    // The stream is beneath the table, or in its place.
    _ = model.press(.tab, .enter)
    let position = Fixture.rows(1)[0].position
    _ = model.update(
      .event(
        EventDetail(
          position: position, bytes: 9800, tokens: EventPageTests.tokens,
          summary: "snapshot 8 113",
          transactions: [
            .init(id: "9f3c1b22" + String(repeating: "0", count: 56), inputs: 2, outputs: 3)
          ])))
    _ = model.update(
      .headAt(position, "Head 1a2b3c4d… Open · snapshot 8 113 · 3 parties · 41 205 tx"))
    return model
  }

  @Test("an event's detail is drawn at each size, in UTF-8 and ASCII", arguments: sizes)
  func event(width: Int, height: Int) {
    for isUTF8 in [true, false] {
      var model = Self.opened(width, height, isUTF8: isUTF8)
      expectFrame(model.view(), "\(isUTF8 ? "" : "ascii-")event-\(width)x\(height)")
      guard width >= 40 else { continue }
      _ = model.press(.character("/"))
      model.type("confirmed")
      let grid = model.view()
      #expect(grid.cells.filter { $0.style.background == .yellow }.count >= 9)
    }
  }

  static func secondaryPage(_ width: Int, _ height: Int, isUTF8: Bool = true) -> Model {
    var model = Fixture.model(width, height, isUTF8: isUTF8)
    _ = model.press(.end, .enter)
    var samples: [SecondaryHistory.Sample] = []
    for minute in 0..<60 {
      samples.append(
        .init(at: Fixture.time(Double(60 * (60 - minute))), lagEvents: UInt64(minute * minute * 50))
      )
    }
    var done = Fixture.replay()
    done.state = .done
    done.endedAt = Fixture.time(400_000)
    _ = model.update(
      .history(
        SecondaryHistory(
          name: "audit", samples: samples, replays: [done],
          happenings: [Happening(.error, "exit 1", at: Fixture.time(4000))])))
    return model
  }

  @Test(
    "a secondary's detail is drawn at each size, in UTF-8 and ASCII",
    arguments: sizes + [(132, 44)])
  func secondary(width: Int, height: Int) {
    for isUTF8 in [true, false] {
      let grid = Self.secondaryPage(width, height, isUTF8: isUTF8).view()
      expectFrame(grid, "\(isUTF8 ? "" : "ascii-")secondary-\(width)x\(height)")
    }
  }

  @Test("each panel says without colours what it says with them", arguments: sizes)
  func monoPanels(width: Int, height: Int) {
    for keys: [Key] in [
      [.character("l")], [.character("a")], [.character("?")], [.end, .enter], [.tab, .enter],
      [.end, .character("R")], [.end, .character("P")],
    ] {
      func drawn(_ hasColors: Bool) -> Grid {
        var model = Fixture.model(
          width, height, hasColors: hasColors, observed: Self.archived)
        for key in keys { _ = model.press(key) }
        return model.view()
      }
      let mono = drawn(false)
      #expect(mono.plainText == drawn(true).plainText, "\(keys)")
      #expect(
        mono.cells.allSatisfy {
          $0.style.foreground == .standard && $0.style.background == .standard
        })
    }
  }

  static let archived: Observed = {
    var primary = Fixture.primary()
    primary.survey.archives = [
      Survey.Archive(
        path: "old-state/hydra-400000.db", firstEventId: 0, lastEventId: 400_000,
        bytes: 910_000_000),
      Survey.Archive(
        path: "old-state/hydra-1200000.db", firstEventId: 800_000, lastEventId: 1_200_000,
        bytes: 1_020_000_000),
    ]
    primary.survey.missing = [.init(from: 400_001, through: 799_999)]
    primary.rotationForecast = "next rotation in 15 669 events"
    primary.forecastGrounds = [
      "next rotation in 15 669 events, about 6 m 13 s at 42/s; persistence-rotate-after is 100 000"
    ]
    var audit = Fixture.audit
    audit.willLoseEvents = true
    audit.happenings = [
      Happening(.driver, "driver 4711 on n7 took the lock", at: Fixture.time(90_000)),
      Happening(
        .error, "audit-loader: connection to db.internal refused, exit 1", at: Fixture.time(4320)),
      Happening(.state, "stalled", at: Fixture.time(4290)),
    ]
    return Fixture.observed([Fixture.archive, Fixture.cold, audit], primary: primary)
  }()

  @Test("the archives are drawn at each size, in UTF-8 and ASCII", arguments: sizes)
  func archives(width: Int, height: Int) {
    for isUTF8 in [true, false] {
      var model = Fixture.model(width, height, isUTF8: isUTF8, observed: Self.archived)
      _ = model.press(.character("a"))
      expectFrame(model.view(), "\(isUTF8 ? "" : "ascii-")archives-\(width)x\(height)")
    }
  }

  @Test("the log is drawn at each size, in UTF-8 and ASCII", arguments: sizes)
  func log(width: Int, height: Int) {
    for isUTF8 in [true, false] {
      var model = Fixture.model(width, height, isUTF8: isUTF8, observed: Self.archived)
      _ = model.update(.failed("cold: the state directory /var/lib/hydra may not be written"))
      _ = model.press(.character("l"))
      expectFrame(model.view(), "\(isUTF8 ? "" : "ascii-")log-\(width)x\(height)")
    }
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

  @Test("an error whose row is out of sight stands in the header")
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

  @Test("help is drawn at each size, in UTF-8 and ASCII", arguments: sizes)
  func help(width: Int, height: Int) {
    for isUTF8 in [true, false] {
      var model = Fixture.model(width, height, isUTF8: isUTF8)
      _ = model.press(.character("?"))
      expectFrame(model.view(), "\(isUTF8 ? "" : "ascii-")help-\(width)x\(height)")
      guard width >= 60 else { continue }
      _ = model.press(.end)
      #expect(model.view().plainText.contains("not known"))
    }
  }

  @Test(
    "the first minute says what is looked for and what to paste", arguments: [(80, 24), (40, 10)])
  func firstMinute(width: Int, height: Int) {
    let nothing = Fixture.observed([], primary: Fixture.primary(state: .missing))
    let model = Fixture.model(width, height, observed: nothing, rows: [])
    expectFrame(model.view(), "first-\(width)x\(height)")
    let before = Fixture.model(width, height, observed: nil, rows: [])
    #expect(before.view().plainText.contains("reading"))
  }

  @Test("what is old is said to be old, and dimmed")
  func stale() {
    var model = Fixture.model(80, 24)
    _ = model.update(.tick(Fixture.time(-12)))
    let grid = model.view()
    #expect(grid.plainText.contains("as of 12 s ago"))
    #expect(grid.line(4).allSatisfy { $0.style == Style(.standard, .dim) })
  }

  @Test("what is not known is never 0")
  func unknown() {
    var secondary = Fixture.archive
    secondary.report = SecondaryReport(
      name: "cold", kind: "s3", state: .unknown, severity: .unknown)
    secondary.report.explanation = "checkpoint.json: permission denied"
    secondary.lagSamples = []
    let model = Fixture.model(132, 24, observed: Fixture.observed([secondary]))
    let line = String(model.view().plainText.split(separator: "\n")[4])
    #expect(!line.contains("0"))
    #expect(line.contains("? cold"))
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
    secondary.report.kind = evil
    secondary.report.lastError = evil + String(repeating: "A", count: 1 << 20)
    secondary.report.explanation = evil
    secondary.target = evil
    secondary.driver?.errorCode = evil
    secondary.driver?.sink = [evil: evil]
    secondary.report.replay = Fixture.replay()
    secondary.report.replay?.requestedBy = evil
    secondary.report.replay?.reason = evil
    var primary = Fixture.primary()
    primary.persistenceDir = evil
    primary.hydraHead = evil
    primary.survey.format = evil
    var rows = Fixture.rows(5)
    rows.append(Fixture.row(1_284_332, evil, evil))
    for (width, height) in Self.sizes {
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
              name: evil, samples: [], replays: [secondary.report.replay!],
              happenings: [Happening(.error, evil, at: Fixture.now)])))
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
  /// As wide and high as it says, and without a scalar that a terminal would act upon.
  var isClean: Bool {
    guard cells.count == width * height else { return false }
    return cells.allSatisfy { cell in
      cell.text.unicodeScalars.allSatisfy { scalar in
        scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value)
          && !(0x202A...0x202E).contains(scalar.value)
          && !(0x2066...0x2069).contains(scalar.value) && (!isASCII || scalar.isASCII)
      }
    }
  }
}
