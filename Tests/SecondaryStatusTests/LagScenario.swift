import EventPersistence
import EventPersistenceTesting

@testable import SecondaryStatus

/// A secondary and its primary on a test's own clocks, look by look.
struct LagScenario {
  static let start = time("2026-07-15T10:00:00Z")

  var machine: LagMachine
  /// Seconds since `start`, on both clocks.
  var now = 0.0
  var head: UInt64? = 100
  var checkpoint: UInt64? = 100
  /// When the checkpoint was written, according to its file; nil if the file does not say.
  var writtenAt: Double? = 0
  var highest: UInt64?
  /// The time of the first event not stored; nil if the log has no times.
  var missingTime: Double?
  var match: PositionStatus.Match?
  var survey: Survey.State = .live
  var driver: DriverReport?
  var isLocked: Bool? = true
  var replay: ReplayRecord?
  var pause: PauseOrder?
  /// Changes the look before it is taken.
  var edit: (inout Look) -> Void = { _ in }

  init(
    kind: SinkKind = "file", batching: Batching = Batching(timeout: .zero),
    warn: LagLimits = LagLimits(), error: LagLimits = LagLimits()
  ) {
    machine = LagMachine(
      SecondaryDescription(
        name: "cold", kind: kind, target: "/srv/cold", persistenceDir: "/hydra",
        batching: batching, warn: warn, error: error))
    driver = Self.driver()
  }

  static func at(_ seconds: Double) -> EventTime { start.advanced(bySeconds: seconds) }

  static func driver(startedAt seconds: Double = -1000) -> DriverReport {
    DriverReport(pid: 4711, host: "h", startedAt: at(seconds))
  }

  static func replay(at seconds: Double, state: ReplayRecord.State = .running) -> ReplayRecord {
    var replay = ReplayRecord(
      id: "r1", kind: .redrive, from: Position(eventId: 1), through: Position(eventId: 100),
      requestedBy: "a@h", reason: nil, at: at(seconds), maxRate: nil, previousCheckpoint: nil)
    replay.state = state
    return replay
  }

  /// One look at this instant. A live driver has just written its heartbeat.
  mutating func look(at seconds: Double? = nil, heartbeat: Bool = true) -> SecondaryReport {
    if let seconds { now = seconds }
    if heartbeat, isLocked == true, driver?.endedAt == nil { driver?.at = Self.at(now) }
    let position = checkpoint.map { Position(eventId: $0, tag: "T") }
    var next: Position?
    if let head, checkpoint.map({ $0 < head }) ?? true {
      next = Position(
        eventId: checkpoint.map { $0 + 1 } ?? 0, tag: "T", time: missingTime.map(Self.at))
    }
    let isAhead = (head.map { checkpoint ?? 0 > $0 }) ?? (checkpoint != nil)
    var look = Look(
      moment: Moment(instant: .seconds(1_000_000 + now), at: Self.at(now)),
      checkpoint: .success(
        checkpoint == nil && highest == nil
          ? nil : Checkpoint(position: position, at: writtenAt.map(Self.at), highest: highest)),
      survey: Survey(
        state: survey, first: head.map { _ in Position(eventId: 0) },
        head: head.map { Position(eventId: $0, tag: "T") }),
      status: .success(PositionStatus(match: match ?? (isAhead ? .ahead : .found), next: next)))
    look.driver = driver
    look.isLocked = isLocked
    look.lockPath = "/state/cold/lock"
    look.replay = replay
    look.pause = pause
    edit(&look)
    return machine.observe(look)
  }

  /// Looks every half second until `seconds`, each after `step`; returns the last report.
  mutating func run(until seconds: Double, _ step: (inout LagScenario) -> Void) -> SecondaryReport {
    var report = look()
    while now < seconds {
      now += 0.5
      step(&self)
      report = look()
    }
    return report
  }
}
