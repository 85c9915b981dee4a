import EventPersistence
import EventPersistenceTesting

@testable import Dashboard
@testable import SecondaryStatus

/// What the tests look at: a log and secondaries in each kind of state.
enum Fixture {
  static let now = EventTime("2026-07-15T15:04:05.5Z")!

  static func time(_ secondsBefore: Double) -> EventTime {
    now.advanced(bySeconds: -secondsBefore)
  }

  static let head = Position(
    eventId: 1_284_331, tag: "SnapshotConfirmed", time: time(0.4))

  static func primary(state: Survey.State = .live) -> Observed.Primary {
    var survey = Survey(state: state)
    if state != .missing {
      survey.format = .sqliteCBOR
      survey.first = Position(eventId: 0)
      survey.head = head
      survey.bytes = 3_200_000_000
      survey.hydraHead = SampleHeads.open
    }
    return Observed.Primary(
      persistenceDir: "/var/lib/hydra", survey: survey,
      ratePerSecond: state == .missing ? nil : 42, bytesPerHour: 110_000_000)
  }

  static func report(
    _ name: String, _ kind: SinkKind, _ state: SecondaryState, _ severity: Severity,
    checkpoint: UInt64?, lag: UInt64?, seconds: Double?, rate: Double?, eta: Double? = nil,
    since: Double? = nil, error: String? = nil
  ) -> SecondaryReport {
    var report = SecondaryReport(name: name, kind: kind, state: state, severity: severity)
    report.checkpoint = checkpoint.map {
      Checkpoint(position: Position(eventId: $0), at: time(1), highest: $0)
    }
    report.lagEvents = lag
    report.lagSeconds = seconds
    report.ratePerSecond = rate
    report.etaSeconds = eta
    report.stateSince = since.map(time)
    report.lastError = error
    report.driver = .init(pid: 4711, at: time(1))
    return report
  }

  /// `lags` are those of the minute before `now`, evenly spaced.
  static func observation(
    _ report: SecondaryReport, target: String, lags: [UInt64] = [], driver: DriverReport? = nil
  ) -> SecondaryObservation {
    let samples = lags.enumerated().map { index, lag in
      LagSample(
        instant: .seconds(1 + 60 * index / lags.count), checkpointId: nil, headId: nil,
        lagEvents: lag)
    }
    return SecondaryObservation(
      description: SecondaryDescription(
        name: report.name, kind: report.kind, target: target, persistenceDir: "/var/lib/hydra"),
      report: report, samples: samples, driver: driver)
  }

  static var archive: SecondaryObservation {
    observation(
      report(
        "archive", "file", .ok, .ok, checkpoint: 1_284_331, lag: 0, seconds: 0, rate: 42,
        since: 7200),
      target: "/srv/hydra-archive", lags: Array(repeating: 0, count: 20))
  }

  static var cold: SecondaryObservation {
    observation(
      report(
        "cold", "s3", .catchingUp, .info, checkpoint: 1_283_007, lag: 1324, seconds: 31,
        rate: 112, eta: 19, since: 125),
      target: "s3://hydra-events/mainnet",
      lags: (0..<20).map { UInt64(9000 - 400 * $0) })
  }

  static var audit: SecondaryObservation {
    var driver = DriverReport(pid: 4711, host: "n7", startedAt: time(90_000))
    driver.stopped = true
    driver.lastError = "exit 1"
    driver.at = time(2)
    driver.phase = .waiting
    driver.phaseSince = time(31)
    driver.sink = ["last exit": "1", "program": "audit-loader"]
    var report = report(
      "audit", "command", .stalled, .error, checkpoint: 1_101_220, lag: 183_111,
      seconds: 4320, rate: 0, since: 4320,
      error: "audit-loader: connection to db.internal refused, exit 1")
    report.errorCode = "exit 1"
    return observation(
      report,
      target: "audit-loader --db /srv/audit.db",
      lags: (0..<20).map { UInt64(120_000 + 3300 * $0) }, driver: driver)
  }

  /// `audit`, once the node's log has begun anew.
  static var renewed: SecondaryObservation {
    var audit = audit
    audit.report.state = .newLog
    audit.report.lastError = nil
    audit.report.errorCode = nil
    audit.report.generation = 1
    audit.report.explanation =
      "The primary is another log than the one that this secondary has stored: they agree on no "
      + "event. What is stored stays as it is, as generation 1. To begin generation 2 with the "
      + "first event of the new log: hydra-sinks replay audit"
    return audit
  }

  static func observed(
    _ secondaries: [SecondaryObservation] = [archive, cold, audit], primary: Observed.Primary? = nil
  ) -> Observed {
    Observed(
      at: now, instant: .seconds(60), primary: primary ?? Self.primary(), secondaries: secondaries,
      stateDir: "/var/lib/hydra-sinks")
  }

  /// Of a log that snapshots fill.
  static let statistics: EventStatistics = {
    var statistics = EventStatistics()
    var id: UInt64 = 0
    for (tag, count, bytes) in [
      ("SnapshotConfirmed", 5, 45_000), ("TransactionAppliedToLocalUTxO", 30, 1_900),
      ("PartySignedSnapshot", 15, 402), ("TickObserved", 60, 212), ("NodeSynced", 1, 190),
    ] {
      for index in 0..<count {
        statistics.count(
          EventBatch(SampleEvents.make(1, first: id, payload: bytes + index, tags: [tag])))
        id += 1
      }
    }
    return statistics
  }()

  /// A node with archives, one of them gone, and a secondary that the next rotation will cost events.
  static let archived: Observed = {
    var primary = Self.primary()
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
    var audit = Self.audit
    audit.willLoseEvents = true
    audit.report.checkpoint = Checkpoint(
      position: Position(eventId: 300_000), at: time(4000), highest: nil)
    audit.journal = [
      JournalEntry(.driver, "driver 4711 on n7 took the lock", at: time(90_000)),
      JournalEntry(
        .error, "audit-loader: connection to db.internal refused, exit 1", at: time(4320)),
      JournalEntry(.state, "stalled", at: time(4290)),
    ]
    return Self.observed([archive, cold, audit], primary: primary)
  }()

  static func row(_ id: UInt64, _ tag: String, _ summary: String, bytes: Int = 402) -> EventRow {
    EventRow(
      position: Position(
        eventId: id, tag: tag, time: time((1_284_331 - Double(id)) * 0.011 + 0.4)),
      summary: summary, bytes: bytes)
  }

  static func rows(_ count: Int, through last: UInt64 = 1_284_331) -> [EventRow] {
    (0..<count).map { index in
      let id = last - UInt64(count - 1 - index)
      switch id % 5 {
      case 0: return row(id, "TransactionAppliedToLocalUTxO", "tx 9f3c1b… 2 in 3 out", bytes: 1812)
      case 1: return row(id, "SnapshotConfirmed", "snapshot 8 113", bytes: 9800)
      case 2: return row(id, "TickObserved", "slot 129 884 122", bytes: 212)
      case 3: return row(id, "SnapshotRequested", "snapshot 8 113 · 4 tx", bytes: 11_200)
      default: return row(id, "PartySignedSnapshot", "snapshot 8 113 · party 4c3f…")
      }
    }
  }

  /// A dashboard that has seen everything once.
  static func model(
    _ width: Int = 132, _ height: Int = 40, isUTF8: Bool = true, hasColors: Bool = true,
    isReadOnly: Bool = false, observed: Observed? = observed(), rows: [EventRow] = rows(40)
  ) -> Model {
    var model = Model(
      settings: Settings(
        persistenceDir: "/var/lib/hydra", isUTF8: isUTF8, hasColors: hasColors,
        isReadOnly: isReadOnly),
      width: width, height: height)
    _ = model.update(.tick(now))
    if let observed { _ = model.update(.observed(observed)) }
    _ = model.update(.arrived(rows, left: 0))
    return model
  }

  static var plan: ReplayPlan {
    var plan = ReplayPlan(
      id: "1101220-9f3c", secondary: "audit", kind: .redrive,
      checkpoint: Position(eventId: 1_101_220))
    plan.from = Position(eventId: 1_101_221, tag: "TickObserved", time: time(4320))
    plan.through = head
    plan.events = 183_111
    plan.bytes = 812_000_000
    plan.estimatedSeconds = 1630
    plan.standingError = "audit-loader: connection to db.internal refused, exit 1"
    return plan
  }

  static var rewind: ReplayPlan {
    var plan = plan
    plan.kind = .rewind
    plan.from = Position(eventId: 1_000_000, tag: "TickObserved", time: time(9000))
    plan.events = 284_332
    plan.alreadyStored = 101_221
    return plan
  }

  /// The plan of `audit` where the node's log began anew.
  static var newLog: ReplayPlan {
    var plan = plan
    plan.kind = .newLog
    plan.generation = 2
    plan.from = Position(eventId: 0, tag: "NetworkConnected", time: time(500))
    plan.through = Position(eventId: 499, tag: "TickObserved", time: time(20))
    (plan.events, plan.alreadyStored, plan.bytes) = (500, 0, 410_000)
    (plan.standingError, plan.estimatedSeconds) = (nil, 1)
    plan.notes = [
      "the primary is another log than the one that is stored: they agree on no event"
    ]
    return plan
  }

  static func replay(_ kind: ReplayRecord.Kind = .redrive) -> ReplayRecord {
    var record = ReplayRecord(
      id: "r1", kind: kind, from: Position(eventId: 1_101_221), through: head,
      requestedBy: "alice@n7", reason: "after the database moved", at: time(60), maxRate: nil,
      previousCheckpoint: nil)
    record.state = .running
    record.position = Position(eventId: 1_214_000)
    record.delivered = 112_780
    record.batches = 1128
    return record
  }
}

extension Model {
  /// Presses keys one after the other, and gathers what they order.
  mutating func press(_ keys: Key...) -> [Command] { keys.flatMap { update(.key($0)) } }

  /// Types text, a key a character.
  @discardableResult
  mutating func type(_ text: String) -> [Command] {
    text.flatMap { update(.key(.character($0))) }
  }
}
