import EventPersistence
import SecondaryStatus

@testable import Dashboard

/// What makes a dashboard show a scene.
struct Stage {
  var model: Model
  private let look: Scene.Look

  init(_ look: Scene.Look) {
    self.look = look
    model = Self.model(look)
  }

  private static func model(
    _ look: Scene.Look, observed: Observed? = Fixture.observed(),
    rows: [EventRow] = Fixture.rows(40)
  ) -> Model {
    Fixture.model(
      look.width, look.height, isUTF8: look.isUTF8, hasColors: look.hasColors,
      isReadOnly: look.isReadOnly, observed: observed, rows: rows)
  }

  mutating func set(_ scene: Scene) {
    switch scene.room {
    case .overview: setOverview(scene)
    case .page: setPage(scene)
    case .plan: setPlan(scene)
    case .question: setQuestion(scene)
    case .firstMinute: setFirstMinute(scene)
    }
  }

  // MARK: - The overview

  mutating func setOverview(_ scene: Scene) {
    switch scene {
    case .explained: press(.end)
    case .events: press(.tab, .up, .up)
    case .zoomed: press(.tab, .character("z"))
    case .more:
      _ = model.update(.arrived(Fixture.rows(5, through: 1_325_544), left: 41_208))
      press(.tab)
    case .frozen:
      press(.character("p"))
      _ = model.update(.tick(Fixture.time(-3)))
    case .stale: _ = model.update(.tick(Fixture.time(-12)))
    case .notice:
      _ = model.update(.failed("cold: the state directory /var/lib/hydra may not be written"))
    case .replaying:
      observe(replaying(Fixture.audit, .redrive), replaying(Fixture.cold, .rewind))
      _ = model.update(.verifying(name: "archive", share: 0, faults: 0))
      press(.up)
      _ = model.update(.verifying(name: "archive", share: 0.42, faults: 3))
    case .filterPrompt: press(.character("/"))
    case .filterError: open("/", "size:big")
    case .filtered:
      open("/", "tag:Snapshot !size:>10k")
      press(.enter)
    case .searching:
      open("/", "word:nowhere")
      press(.enter)
      _ = model.update(
        .searching(
          SearchProgress(
            id: 1, at: Position(eventId: 884_331), events: 400_000, left: 884_331,
            eventsPerSecond: 120_000)))
    case .commandPrompt: open(":", "replay a")
    case .commandError:
      open(":", "frobnicate")
      press(.enter)
    default: break
    }
  }

  // MARK: - Pages

  mutating func setPage(_ scene: Scene) {
    switch scene {
    case .event: openEvent()
    case .eventFolded:
      openEvent()
      press(.down, .enter)
    case .eventSearch:
      openEvent()
      open("/", "confirmed")
    case .secondary: openSecondary()
    case .secondaryWeek:
      openSecondary()
      press(.tab, .tab)
    case .archives:
      model = Self.model(look, observed: Fixture.archived)
      press(.character("a"))
    case .tags:
      press(.character("t"))
      _ = model.update(
        .counted(TagCount(Fixture.statistics, share: 1, isOver: true)))
    case .counting:
      press(.character("t"))
      _ = model.update(.counted(TagCount(Fixture.statistics, share: 0.2)))
      _ = model.update(.tick(Fixture.time(-10)))
      _ = model.update(.observed(Fixture.observed()))
      _ = model.update(.counted(TagCount(Fixture.statistics, share: 0.4)))
    case .log:
      openLog()
    case .logSearch:
      openLog()
      open("/", "AUDIT")
      press(.enter, .character("n"))
    case .help: press(.character("?"))
    case .helpSearch:
      press(.character("?"))
      open("/", "filter")
    default: break
    }
  }

  mutating func openLog() {
    model = Self.model(look, observed: Fixture.archived)
    _ = model.update(.failed("cold: the state directory /var/lib/hydra may not be written"))
    press(.escape, .character("l"))
  }

  mutating func openEvent() {
    // The stream is below the table, or in its place.
    press(.tab, .enter)
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
  }

  mutating func openSecondary() {
    press(.end, .enter)
    var samples: [SecondaryHistory.Sample] = []
    for minute in 0..<60 {
      let at = Fixture.time(Double(60 * (60 - minute)))
      samples.append(.init(at: at, lagEvents: UInt64(minute * minute * 50)))
    }
    var done = Fixture.replay()
    done.state = .done
    done.endedAt = Fixture.time(400_000)
    var audit = Fixture.audit
    audit.replays = [done]
    audit.journal = [JournalEntry(.error, "exit 1", at: Fixture.time(4000))]
    _ = model.update(.observed(Fixture.observed([Fixture.archive, Fixture.cold, audit])))
    _ = model.update(
      .history(SecondaryHistory(name: "audit", samples: samples, journal: audit.journal)))
  }

  // MARK: - The first minute

  mutating func setFirstMinute(_ scene: Scene) {
    let primary = Fixture.primary(state: scene == .noLog ? .missing : .live)
    switch scene {
    case .reading: model = Self.model(look, observed: nil, rows: [])
    case .noLog:
      model = Self.model(look, observed: Fixture.observed([], primary: primary), rows: [])
    case .noSecondaries: model = Self.model(look, observed: Fixture.observed([]))
    case .wrongConfiguration:
      model = Self.model(look, observed: Fixture.observed([]))
      _ = model.update(
        .configured(.note("hydra-sinks.yaml was left alone: it is for /var/lib/other")))
    default: break
    }
  }

  // MARK: - Pieces

  mutating func press(_ keys: Key...) {
    for key in keys { _ = model.update(.key(key)) }
  }

  /// Opens the line at the bottom, and types into it.
  mutating func open(_ key: Character, _ text: String) {
    press(.character(key))
    model.type(text)
  }

  mutating func observe(_ secondaries: SecondaryObservation...) {
    let names = secondaries.map(\.name)
    let others = [Fixture.archive, Fixture.cold, Fixture.audit].map { secondary in
      names.firstIndex(of: secondary.name).map { secondaries[$0] } ?? secondary
    }
    _ = model.update(.observed(Fixture.observed(others)))
  }

  func replaying(
    _ secondary: SecondaryObservation, _ kind: ReplayRecord.Kind
  ) -> SecondaryObservation {
    var secondary = secondary
    secondary.report.replay = Fixture.replay(kind)
    secondary.report.replay?.previousCheckpoint = Checkpoint(
      position: Position(eventId: 1_101_220), at: Fixture.time(4320), highest: 1_101_220)
    secondary.report.state = .replaying
    secondary.report.severity = .info
    secondary.report.lastError = nil
    secondary.driver?.ratePerSecond = 812
    return secondary
  }
}
