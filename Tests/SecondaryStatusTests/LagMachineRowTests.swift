import EventPersistence
import Testing

@testable import SecondaryStatus

/// The table of states, row by row.
@Suite struct LagMachineRowTests {
  typealias Row = (
    name: String, state: SecondaryState, severity: Severity, make: @Sendable () -> SecondaryReport
  )

  /// A single look at a scenario that `change` made from a healthy secondary.
  static func single(
    _ name: String, _ state: SecondaryState, _ severity: Severity, kind: SinkKind = "file",
    batching: Batching = Batching(timeout: .zero), warn: LagLimits = LagLimits(),
    error: LagLimits = LagLimits(), _ change: @escaping @Sendable (inout LagScenario) -> Void
  ) -> Row {
    (
      name, state, severity,
      {
        var scenario = LagScenario(kind: kind, batching: batching, warn: warn, error: error)
        // The looks are at 1000 s, so that the files can have earlier times.
        scenario.now = 1000
        scenario.writtenAt = 999
        change(&scenario)
        return scenario.look(heartbeat: scenario.driver?.at == LagScenario.at(-1000))
      }
    )
  }

  static let unreadable = StateError(.nonsense, "checkpoint.json is invalid")

  static let rows: [Row] = [
    single("in step", .ok, .ok) { _ in },
    single("in step, but its sink fails", .ok, .warning) {
      $0.driver?.lastError = "the server does not answer"
    },

    // unknown
    single("checkpoint invalid", .unknown, .unknown) {
      $0.edit = { $0.checkpoint = .failure(unreadable) }
    },
    single("primary unreadable", .unknown, .unknown) { $0.survey = .unreadable },
    single("primary missing", .unknown, .unknown) { $0.survey = .missing },
    single("primary ambiguous", .unknown, .unknown) { $0.survey = .ambiguous },
    single("status not available", .unknown, .unknown) {
      $0.edit = { $0.status = .failure(SourceError(.unreadable, "no")) }
    },
    single("another file invalid", .unknown, .unknown) { $0.edit = { $0.trouble = unreadable } },
    single("unknown before diverged", .unknown, .unknown) {
      $0.match = .differs(Position(eventId: 100))
      $0.edit = { $0.trouble = unreadable }
    },
    // new-log
    single("a log that began anew", .newLog, .error) {
      $0.match = .differs(Position(eventId: 100))
      $0.edit = { $0.isNewLog = true }
    },
    single("a log that began anew, shorter than the one before it", .newLog, .error) {
      $0.match = .ahead
      $0.edit = { $0.isNewLog = true }
    },

    single("head not known", .unknown, .unknown) {
      $0.edit = {
        $0.survey.head = nil
        $0.status = nil
      }
    },

    // diverged
    single("another event there", .diverged, .error) {
      $0.match = .differs(Position(eventId: 100, tag: "U"))
    },
    single("no event there", .diverged, .error) { $0.match = .absent },
    single("ahead, moved 5 s ago", .ok, .ok) {
      $0.checkpoint = 101
      $0.writtenAt = 995
    },
    single("ahead, moved more than 5 s ago", .diverged, .error) {
      $0.checkpoint = 101
      $0.writtenAt = 994.9
    },
    single("ahead, only the file system knows when", .diverged, .error) {
      $0.checkpoint = 101
      $0.writtenAt = nil
      $0.edit = { $0.checkpointWrittenAt = LagScenario.at(900) }
    },
    single("beyond an empty log", .diverged, .error) {
      $0.head = nil
      $0.writtenAt = 0
    },
    single("diverged before gap and replay", .diverged, .error) {
      $0.match = .absent
      $0.replay = LagScenario.replay(at: 999)
    },

    // gap
    single("what follows is lost", .gap, .error) { $0.match = .gap(101...200) },
    single("reading says that it is lost", .gap, .error) {
      $0.edit = { $0.status = .failure(SourceError(.gap(101...200), "lost")) }
    },
    single("before the first, with no loss proven", .ok, .ok) { $0.match = .before },
    single("gap before replay", .gap, .error) {
      $0.match = .gap(101...200)
      $0.replay = LagScenario.replay(at: 999)
    },

    // replaying
    single("a replay under way", .replaying, .info) { $0.replay = LagScenario.replay(at: 999) },
    single("a replay asked for", .replaying, .info) {
      $0.replay = LagScenario.replay(at: 999, state: .requested)
    },
    single("a replay that ended is no state", .ok, .ok) {
      $0.replay = LagScenario.replay(at: 0, state: .done)
    },
    single("no driver is running", .replayOrphaned, .error) {
      $0.replay = LagScenario.replay(at: 900)
      $0.isLocked = false
    },
    single("no driver is running yet", .replaying, .info) {
      $0.replay = LagScenario.replay(at: 998.5, state: .requested)
      $0.isLocked = false
    },
    single("progress within patience", .replaying, .info) {
      $0.replay = LagScenario.replay(at: 900)
      $0.writtenAt = 970
    },
    single("no progress beyond patience", .replayStalled, .error) {
      $0.replay = LagScenario.replay(at: 900)
      $0.writtenAt = 969.9
    },
    single("its driver stopped", .replayStalled, .error) {
      $0.replay = LagScenario.replay(at: 999)
      $0.driver?.stopped = true
    },
    single("replaying before paused and rewound", .replaying, .info) {
      $0.replay = LagScenario.replay(at: 999)
      $0.pause = PauseOrder(by: "a@h", at: LagScenario.at(0), reason: nil, until: nil)
      $0.highest = 200
    },

    // paused
    single("on purpose", .paused, .info) {
      $0.pause = PauseOrder(by: "a@h", at: LagScenario.at(0), reason: "why", until: nil)
    },
    single("until now", .paused, .info) {
      $0.pause = PauseOrder(
        by: "a@h", at: LagScenario.at(0), reason: nil, until: LagScenario.at(1000))
    },
    single("past its time", .paused, .warning) {
      $0.pause = PauseOrder(
        by: "a@h", at: LagScenario.at(0), reason: nil, until: LagScenario.at(999.9))
    },
    single("while a rotation deletes events", .paused, .error) {
      $0.pause = PauseOrder(by: "a@h", at: LagScenario.at(0), reason: nil, until: nil)
      $0.edit = { $0.willLoseEvents = true }
    },
    single("paused before rewound and lost", .paused, .info) {
      $0.pause = PauseOrder(by: "a@h", at: LagScenario.at(0), reason: nil, until: nil)
      $0.highest = 200
      $0.isLocked = false
    },

    // rewound
    single("below the highest", .rewound, .error) { $0.highest = 101 },
    single("at the highest", .ok, .ok) { $0.highest = 100 },
    single("before the first event, but something was stored", .rewound, .error) {
      $0.checkpoint = nil
      $0.highest = 0
    },
    single("rewound before driver-lost", .rewound, .error) {
      $0.highest = 101
      $0.isLocked = false
    },

    // driver-lost, driver-hung
    single("its driver died", .driverLost, .error) { $0.isLocked = false },
    single("its driver died, though at the head", .driverLost, .error) {
      $0.isLocked = false
      $0.head = 100
    },
    single("a foreign sink needs no driver", .ok, .ok, kind: "checkpoint") {
      $0.isLocked = nil
      $0.driver = nil
    },
    single("heartbeat of 30 s ago", .ok, .ok) { $0.driver?.at = LagScenario.at(970) },
    single("heartbeat older than 30 s", .driverHung, .error) {
      $0.driver?.at = LagScenario.at(969.9)
    },
    single("hung before stalled", .driverHung, .error) {
      $0.driver?.at = LagScenario.at(900)
      $0.head = 200
      $0.writtenAt = 900
    },

    // new
    single("nothing stored, no driver", .new, .info) {
      $0.checkpoint = nil
      $0.isLocked = false
      $0.driver = nil
    },
    single("a foreign sink that never published", .new, .info, kind: "checkpoint") {
      $0.checkpoint = nil
      $0.isLocked = nil
      $0.driver = nil
    },

    // ok
    single(
      "behind by the sink's own interval", .ok, .ok,
      batching: Batching(interval: .seconds(60), timeout: .zero)
    ) {
      $0.head = 200
      $0.missingTime = 940
    },
    single(
      "behind by more than the sink's own interval", .lagging, .info,
      batching: Batching(interval: .seconds(60), timeout: .zero)
    ) {
      $0.head = 200
      $0.missingTime = 938.9
    },

    // idle
    single("its driver ended by itself", .idle, .warning) {
      $0.isLocked = false
      $0.driver?.endedAt = LagScenario.at(500)
      $0.head = 200
    },
    single("its driver ended by itself at the head", .ok, .ok) {
      $0.isLocked = false
      $0.driver?.endedAt = LagScenario.at(500)
    },
    single("idle beyond the limit", .idle, .error, error: LagLimits(events: 99)) {
      $0.isLocked = false
      $0.driver?.endedAt = LagScenario.at(500)
      $0.head = 200
    },

    // stalled
    single("its driver waits for an operator", .stalled, .error) {
      $0.head = 200
      $0.driver?.stopped = true
    },
    single("unmoved at the end of patience", .lagging, .info) {
      $0.head = 200
      $0.writtenAt = 970
      $0.missingTime = 900
    },
    single("unmoved beyond patience", .stalled, .error) {
      $0.head = 200
      $0.writtenAt = 969.9
      $0.missingTime = 900
    },
    single("one new event after a quiet hour", .lagging, .info) {
      $0.head = 101
      $0.writtenAt = 0
      $0.missingTime = 998
    },
    single("bytes in flight", .lagging, .info) {
      $0.head = 200
      $0.writtenAt = 900
      $0.missingTime = 900
      $0.driver?.phase = .storing
      $0.driver?.phaseSince = LagScenario.at(980)
      $0.driver?.attempts = 1
    },
    single("the same batch again and again", .stalled, .error) {
      $0.head = 200
      $0.writtenAt = 900
      $0.missingTime = 900
      $0.driver?.phase = .storing
      $0.driver?.phaseSince = LagScenario.at(980)
      $0.driver?.attempts = 2
    },
    single("a batch that never ends", .stalled, .error) {
      $0.head = 200
      $0.writtenAt = 900
      $0.missingTime = 900
      $0.driver?.phase = .storing
      $0.driver?.phaseSince = LagScenario.at(960)
      $0.driver?.attempts = 1
    },
    single(
      "twice the batching interval is patience", .lagging, .info,
      batching: Batching(interval: .seconds(60), timeout: .zero)
    ) {
      $0.head = 200
      $0.writtenAt = 880
      $0.missingTime = 800
    },
    single(
      "the timeout is patience", .lagging, .info, batching: Batching(timeout: .seconds(120))
    ) {
      $0.head = 200
      $0.writtenAt = 880
      $0.missingTime = 800
    },
    single("what its driver says of its timeout counts", .lagging, .info) {
      $0.head = 200
      $0.writtenAt = 880
      $0.missingTime = 800
      $0.driver?.timeoutSeconds = 120
    },
    single("a foreign sink that does not move", .stalled, .error, kind: "checkpoint") {
      $0.head = 200
      $0.isLocked = nil
      $0.driver = nil
      $0.writtenAt = 960
      $0.missingTime = 900
    },

    // lagging
    single("lagging within the limits", .lagging, .info, warn: LagLimits(events: 100)) {
      $0.head = 200
      $0.missingTime = 990
    },
    single("lagging beyond the limit", .lagging, .warning, warn: LagLimits(events: 99)) {
      $0.head = 200
      $0.missingTime = 990
    },
    single(
      "seconds count beyond the sink's own interval", .lagging, .info,
      batching: Batching(interval: .seconds(20), timeout: .zero), warn: LagLimits(seconds: 5)
    ) {
      $0.head = 200
      $0.missingTime = 975
    },
    single(
      "seconds beyond the limit", .lagging, .error,
      batching: Batching(interval: .seconds(20), timeout: .zero), error: LagLimits(seconds: 5)
    ) {
      $0.head = 200
      $0.missingTime = 974.9
    },
  ]

  @Test(
    "each row of the table, its bounds, and the order of the rows", arguments: rows.indices)
  func row(index: Int) {
    let row = Self.rows[index]
    let report = row.make()
    #expect(report.state == row.state, "\(row.name): \(report.explanation ?? "-")")
    #expect(report.severity == row.severity, "\(row.name)")
  }

  @Test("each state other than rest or motion has an explanation")
  func explained() {
    for row in Self.rows {
      let report = row.make()
      if [.ok, .lagging, .catchingUp, .replaying].contains(row.state) { continue }
      #expect(report.explanation?.isEmpty == false, "\(row.name)")
    }
  }
}
