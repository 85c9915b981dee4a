import EventPersistence
import SecondaryStatus
import Testing

@testable import Dashboard

/// A screen that a user can see: each is drawn at five sizes, in UTF-8 and in ASCII, with colours
/// and without, and compared with what is stored in `Frames`.
enum Scene: String, CaseIterable, Sendable, CustomTestStringConvertible {
  // The overview, and dialogs in front of it.
  case overview, explained, events, zoomed, more, frozen, stale, notice, replaying
  case filterPrompt, filterError, filtered, searching, commandPrompt, commandError
  // The pages.
  case event, eventFolded, eventSearch, secondary, secondaryWeek, archives, log, logSearch
  case help, helpSearch
  // The plan of a replay.
  case planning, redrive, rewind, range, refused, replanned, planFailed, starting, theirs
  // The other questions.
  case cancelRedrive, cancelRewind, pause, resume, orphaned, drive, verify, verifying, verified,
    quit
  // The first minute.
  case reading, noLog, noSecondaries, wrongConfiguration
  // Several nodes.
  case nodes, nodesFilter, nodesFiltered, nodesConfigured, nodesHelp, noNodes, nodeElsewhere

  /// The screen whose lines are not stored again.
  var base: Scene {
    switch self {
    case .nodes, .nodesFilter, .nodesFiltered, .nodesConfigured, .nodesHelp, .noNodes,
      .nodeElsewhere:
      .nodes
    default: .overview
    }
  }

  static let sizes = [(132, 40), (80, 24), (60, 16), (40, 10), (30, 8)]

  var testDescription: String { rawValue }

  /// How it is drawn.
  struct Look: Sendable, Hashable {
    var width: Int
    var height: Int
    var isUTF8 = true
    var hasColors = true
    var isReadOnly = false
  }

  /// A dashboard that shows it.
  func screen(_ look: Look) -> any ScreenModel {
    if base == .nodes { return fleet(look) }
    var stage = Stage(look)
    stage.set(self)
    return stage.model
  }

  private func fleet(_ look: Look) -> Fleet {
    var settings = Settings(
      persistenceDir: "", isUTF8: look.isUTF8, hasColors: look.hasColors,
      isReadOnly: look.isReadOnly)
    if self == .noNodes {
      settings.advice = ["No hydra-node runs here.", "", "To see one:", "    hydra-sinks demo"]
    }
    var fleet = Fleet(
      settings: settings, nodes: self == .noNodes ? [] : FleetTests.rows, width: look.width,
      height: look.height)
    _ = fleet.update(.tick(Fixture.now))
    switch self {
    case .nodesFilter: _ = fleet.update(.key(.character("/")))
    case .nodesFiltered:
      for key in "/stalled" { _ = fleet.update(.key(.character(key))) }
      _ = fleet.update(.key(.enter))
    case .nodesConfigured: _ = fleet.update(.key(.character("s")))
    case .nodesHelp: _ = fleet.update(.key(.character("?")))
    case .nodeElsewhere: for key: Key in [.down, .enter] { _ = fleet.update(.key(key)) }
    default: break
    }
    return fleet
  }
}

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

  private mutating func setOverview(_ scene: Scene) {
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

  private mutating func setPage(_ scene: Scene) {
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

  private mutating func openLog() {
    model = Self.model(look, observed: Fixture.archived)
    _ = model.update(.failed("cold: the state directory /var/lib/hydra may not be written"))
    press(.escape, .character("l"))
  }

  private mutating func openEvent() {
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

  private mutating func openSecondary() {
    press(.end, .enter)
    var samples: [SecondaryHistory.Sample] = []
    for minute in 0..<60 {
      let at = Fixture.time(Double(60 * (60 - minute)))
      samples.append(.init(at: at, lagEvents: UInt64(minute * minute * 50)))
    }
    var done = Fixture.replay()
    done.state = .done
    done.endedAt = Fixture.time(400_000)
    _ = model.update(
      .history(
        SecondaryHistory(
          name: "audit", samples: samples, replays: [done],
          journal: [JournalEntry(.error, "exit 1", at: Fixture.time(4000))])))
  }

  // MARK: - The plan of a replay

  /// The plan after it changed while it was shown.
  static var otherPlan: ReplayPlan {
    var plan = Fixture.plan
    plan.events = 183_153
    return plan
  }

  private mutating func setPlan(_ scene: Scene) {
    press(.end, .character("R"))
    guard scene != .planning else { return }
    if scene == .planFailed {
      _ = model.update(
        .planFailed(name: "audit", ReplayRequest(), "audit: the log cannot be read: no such file"))
      return
    }
    _ = model.update(.planned(name: "audit", ReplayRequest(), Fixture.plan))
    switch scene {
    case .rewind:
      press(.tab)
      model.type("1000000")
      press(.backTab)
      let request = ReplayRequest(from: .id(1_000_000))
      _ = model.update(.planned(name: "audit", request, Fixture.rewind))
      model.type("aud")
    case .range:
      press(.tab)
      model.type("1000000")
      press(.tab)
      model.type("1000999")
      press(.backTab, .backTab)
      var plan = Fixture.rewind
      plan.kind = .range
      plan.through = Position(eventId: 1_000_999)
      (plan.events, plan.alreadyStored, plan.bytes) = (1000, 1000, 4_400_000)
      (plan.standingError, plan.estimatedSeconds) = (nil, 9)
      let request = ReplayRequest(from: .id(1_000_000), through: .id(1_000_999))
      _ = model.update(.planned(name: "audit", request, plan))
    case .refused:
      var plan = Fixture.plan
      plan.refused = "the first event that still exists is 1 200 000. To begin there, add --clamp"
      _ = model.update(.planned(name: "audit", ReplayRequest(), plan))
    case .replanned:
      press(.character("y"))
      _ = model.update(.replanned(name: "audit", Self.otherPlan))
    case .starting: press(.character("y"))
    case .theirs: observe(replaying(Fixture.audit, .redrive))
    default: break
    }
  }

  // MARK: - The other questions

  private mutating func setQuestion(_ scene: Scene) {
    switch scene {
    case .cancelRedrive:
      observe(replaying(Fixture.audit, .redrive))
      press(.end, .character("X"))
    case .cancelRewind:
      observe(replaying(Fixture.audit, .rewind))
      press(.end, .character("X"))
    case .pause:
      press(.end, .character("P"))
      model.type("the database moves")
      press(.tab)
      model.type("soon")
      press(.enter, .tab, .right, .enter)
    case .resume:
      var audit = Fixture.audit
      audit.report.paused = PauseOrder(
        by: "bob@n7", at: Fixture.time(3600), reason: "the disk is being changed", until: nil)
      audit.report.state = .paused
      observe(audit)
      press(.end, .character("P"))
    case .orphaned:
      var audit = replaying(Fixture.audit, .redrive)
      audit.report.state = .replayOrphaned
      audit.report.severity = .error
      observe(audit)
      press(.end, .character("R"))
    case .drive:
      var audit = Fixture.audit
      audit.report.driver = nil
      observe(audit)
      press(.end, .character("D"))
    case .verify: press(.end, .character("V"))
    case .verifying:
      _ = model.update(.verifying(name: "audit", share: 0.42, faults: 3))
      press(.end, .character("V"))
    case .verified:
      _ = model.update(
        .verified(
          name: "audit",
          VerifyAnswer(
            severity: .error,
            lines: [
              "audit does not hold what it should: 1 101 221 expected, 1 101 212 held, 1 101 211 the same",
              "missing  10: 1000010-1000019", "differing  1: 4711",
              "  4711  SnapshotConfirmed in 00000000000000004000.0.jsonl: snapshot.number",
              "damaged  1",
              "  00000000000001000000.0.jsonl  is truncated: its last line is incomplete (9 bytes)",
              "  set aside  2 objects, which were not compared",
            ], repairs: [4710...1_000_020])))
    case .quit:
      press(.end, .character("R"))
      _ = model.update(.planned(name: "audit", ReplayRequest(), Fixture.plan))
      press(.character("y"))
      _ = model.update(.replayStarted(name: "audit", id: "r1", here: true))
      press(.character("q"))
    default: break
    }
  }

  // MARK: - The first minute

  private mutating func setFirstMinute(_ scene: Scene) {
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

  private mutating func press(_ keys: Key...) {
    for key in keys { _ = model.update(.key(key)) }
  }

  /// Opens the line at the bottom, and types into it.
  private mutating func open(_ key: Character, _ text: String) {
    press(.character(key))
    model.type(text)
  }

  private mutating func observe(_ secondaries: SecondaryObservation...) {
    let names = secondaries.map(\.name)
    let others = [Fixture.archive, Fixture.cold, Fixture.audit].map { secondary in
      names.firstIndex(of: secondary.name).map { secondaries[$0] } ?? secondary
    }
    _ = model.update(.observed(Fixture.observed(others)))
  }

  private func replaying(
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

extension Scene {
  fileprivate enum Room { case overview, page, plan, question, firstMinute }

  fileprivate var room: Room {
    switch self {
    case .overview, .explained, .events, .zoomed, .more, .frozen, .stale, .notice, .replaying,
      .filterPrompt, .filterError, .filtered, .searching, .commandPrompt, .commandError,
      .nodes, .nodesFilter, .nodesFiltered, .nodesConfigured, .nodesHelp, .noNodes, .nodeElsewhere:
      .overview
    case .event, .eventFolded, .eventSearch, .secondary, .secondaryWeek, .archives, .log,
      .logSearch, .help, .helpSearch:
      .page
    case .planning, .redrive, .rewind, .range, .refused, .replanned, .planFailed, .starting,
      .theirs:
      .plan
    case .cancelRedrive, .cancelRewind, .pause, .resume, .orphaned, .drive, .verify, .verifying,
      .verified, .quit:
      .question
    case .reading, .noLog, .noSecondaries, .wrongConfiguration: .firstMinute
    }
  }
}
