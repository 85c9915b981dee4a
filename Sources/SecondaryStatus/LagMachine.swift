internal import EventPersistence

/// Judges one secondary, look by look: the table of states as a pure state machine.
///
/// It reads no clock and no file. After a single look it reports only what the files say, and
/// leaves the rest nil.
///
/// ```swift
/// var machine = LagMachine(description)
/// let look = Look(moment: .now, checkpoint: .success(checkpoint), survey: survey)
/// let report = machine.observe(look)
/// print(report.state, report.lagEvents ?? 0)
/// ```
package struct LagMachine: Sendable {
  /// How long a checkpoint may be beyond the head: a sink inside a node sees an event before the
  /// disk does.
  package static let aheadMax = Duration.seconds(5)

  /// The greatest age of a heartbeat.
  package static let heartbeatMax = Duration.seconds(30)

  /// A lack of progress counts as a stall only after this.
  package static let patienceMin = Duration.seconds(30)

  /// How far a healthy secondary may trail because of polling: the driver saves a checkpoint every
  /// 250 ms and looks at the log every 100 ms, and so do we.
  package static let trail = Duration.seconds(1)

  /// How long a requested replay may be without a driver: the process that asked takes the lock.
  package static let orphanGrace = Duration.seconds(2)

  package internal(set) var description: SecondaryDescription
  /// Whether a configuration names it; otherwise only its folder shows that it exists.
  let isConfigured: Bool

  var window = LagWindow()
  /// The checkpoint of the last look, and since when it has been the same.
  var checkpoint: Checkpoint??
  var movedAt: Duration?
  /// The first event not stored, and since when it could have been stored.
  var missing: Position?
  var missingSince: Duration?
  /// The last look at which nothing could be delivered: patience begins after it.
  var heldBackUntil: Duration?
  /// The checkpoint beyond the head that the head has yet to reach.
  var ahead: (eventId: UInt64, since: Duration)?
  var lockedSince: Duration?
  var wasLocked: Bool?
  var replayMark: (id: String, position: Position?, delivered: UInt64, at: Duration)?
  /// The replay of the last look.
  var replay: ReplayRecord?
  /// How often in a row the lag was seen to grow, and when last.
  var growth: (count: Int, at: Duration)?
  var last: (state: SecondaryState, severity: Severity, since: EventTime?)?

  package init(_ description: SecondaryDescription, isConfigured: Bool = true) {
    self.description = description
    self.isConfigured = isConfigured
  }

  /// The looks of the last minute, oldest first.
  package var samples: [LagSample] { window.samples }

  /// How urgent the last state is by itself, whatever `verify` found.
  var stateSeverity: Severity { last?.severity ?? .ok }

  /// Takes one look, and reports the secondary's state. Instants must not go back.
  package mutating func observe(_ look: Look) -> SecondaryReport {
    let facts = learn(look)
    let verdict = judge(look, facts)
    var report = SecondaryReport(
      name: description.name, kind: description.kind, state: verdict.state,
      severity: verdict.severity)
    report.checkpoint = facts.checkpoint
    report.lagEvents = facts.lagEvents
    report.lagSeconds = facts.lagSeconds
    report.ratePerSecond = facts.rateOut
    report.etaSeconds = eta(look, facts, verdict.state)
    report.explanation = verdict.explanation
    if let advice = forgetAdvice(verdict, look) {
      report.explanation = report.explanation.map { "\($0) \(advice)" } ?? advice
    }
    if let driver = look.driver {
      report.lastError = driver.lastError
      report.errorCode = driver.lastError == nil ? nil : driver.errorCode
      report.errorSince = driver.errorSince
      report.errorCount = driver.errorCount
    }
    report.driver = look.runningDriver.map { SecondaryReport.Driver(pid: $0.pid, at: $0.at) }
    report.generation = look.generation
    report.former = look.former
    report.waitsFor = look.runningDriver?.consumers.flatMap {
      SlowConsumer(among: $0, look.survey)
    }
    report.replay = look.replay
    report.paused = look.pause
    report.history = description.history
    report.verified = look.verified
    if let verified = look.verified, let sentence = verified.sentence(description.argument) {
      report.severity = max(report.severity, verified.severity)
      report.explanation = report.explanation.map { Self.sentence($0, sentence) } ?? sentence
    }
    report.stateSince = since(verdict, look)
    last = (verdict.state, verdict.severity, report.stateSince)
    return report
  }

  /// What a state began with is kept while it lasts, even if the files change.
  private func since(_ verdict: Verdict, _ look: Look) -> EventTime? {
    if let last, last.state == verdict.state, last.since != nil { return last.since }
    if let since = verdict.since { return since }
    // Changes between everyday states are not journaled, so nothing follows from the last entry.
    if last == nil, let change = look.lastStateChange, change.stateNoted == verdict.state,
      !verdict.state.isEveryday
    {
      return change.at
    }
    // The start of a state that the first look finds is not known.
    return last == nil || last?.state == verdict.state ? nil : look.moment.at
  }

  private func eta(_ look: Look, _ facts: Facts, _ state: SecondaryState) -> Double? {
    switch state {
    case .replaying:
      guard let through = look.replay?.through, let rate = facts.rateOut, rate > 0 else {
        return nil
      }
      guard let from = look.replay?.position ?? look.replay?.from else { return nil }
      return (Double(through.eventId) - Double(from.eventId)).clamped / rate
    case .catchingUp, .lagging, .ok:
      guard let lag = facts.lagEvents else { return nil }
      if lag == 0 { return nil }
      guard let rateIn = facts.rateIn, let rateOut = facts.rateOut, rateOut > rateIn else {
        return nil
      }
      return Double(lag) / (rateOut - rateIn)
    default: return nil
    }
  }
}

extension Double {
  fileprivate var clamped: Double { Swift.max(0, self) }
}
