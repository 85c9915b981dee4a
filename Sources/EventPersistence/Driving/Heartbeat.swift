internal import Foundation

/// What the driver reports about itself in `driver.json`, and when the report is due.
struct Heartbeat: Sendable {
  static let eachAtMost = Duration.seconds(1)
  static let eachAtLeast = Duration.seconds(10)
  /// As often as they can be written, so that they are of the moment of the rest.
  private static let factsEach = eachAtMost
  /// A driver at rest turns at the full seconds of a clock. It may see one a little late, and the
  /// next one then is a little early.
  private static let earlyAtMost = Duration.milliseconds(100)

  var report: DriverReport
  private var rate: RateMeter
  private var written: (report: DriverReport, at: Duration)?
  private var factsAt: Duration?
  /// The message of the last halt, until something is stored.
  private var haltedFor: String?

  init(at clock: DriverClock) {
    report = DriverReport(pid: getpid(), host: Requester.host, startedAt: clock.date)
    rate = RateMeter(at: clock.now)
  }

  mutating func enter(_ phase: DriverReport.Phase, at clock: DriverClock) {
    rate.note(isWaiting: phase == .waiting || phase == .backingOff, at: clock.now)
    guard report.phase != phase else { return }
    report.phase = phase
    report.phaseSince = clock.date
  }

  mutating func count(_ events: Int, at now: Duration) {
    rate.count(events, at: now)
    haltedFor = nil
  }

  /// Reports the state of `delivery`.
  mutating func show(_ delivery: Delivery, _ trail: CheckpointTrail, at clock: DriverClock) {
    let trouble = trail.recovery.trouble ?? delivery.recovery.trouble
    report.attempts = delivery.hand?.attempts ?? 0
    report.lastError = trouble?.message
    report.errorCode = trouble?.code
    report.errorSince = trouble?.since
    report.errorCount = trouble?.count ?? 0
    report.stopped = delivery.recovery.awaitsConsumer
    report.retryAt = delivery.recovery.wait(at: clock.now).map {
      clock.date.advanced(bySeconds: $0 / .seconds(1))
    }
  }

  /// Reports that the driver does not continue before an operator acts or `retryAfter` is over;
  /// false if it was reported already.
  mutating func halt(
    code: String, _ message: String, retryAfter: Duration, at date: EventTime
  ) -> Bool {
    defer { haltedFor = message }
    if report.lastError != message {
      report.errorSince = date
      report.errorCount = 0
    }
    report.lastError = message
    report.errorCode = code
    report.errorCount += 1
    report.stopped = true
    report.retryAt = date.advanced(bySeconds: retryAfter / .seconds(1))
    return haltedFor != message
  }

  /// Reports the end of the drive, and whether an operator must act before another one.
  mutating func end(_ end: DriveEnd, at date: EventTime) {
    report.endedAt = date
    report.retryAt = nil
    switch end {
    case .stopped, .held, .diverged, .newLog, .gap, .source: report.stopped = true
    // Ending a driver that waits for an operator does not make its problem go away.
    case .cancelled: break
    case .reachedHead, .replayEnded, .paused, .noLog, .state: report.stopped = false
    }
  }

  /// The report, if it is due: changes within a second, the rest within ten.
  mutating func takeDue(force: Bool, at clock: DriverClock) -> DriverReport? {
    let now = clock.now
    report.ratePerSecond = rate.rate(at: now)
    report.peakPerSecond = rate.peak ?? report.peakPerSecond
    guard force || isDue(at: now) else { return nil }
    report.at = clock.date
    written = (report, now)
    return report
  }

  private var early: Duration { report.phase == .waiting ? Self.earlyAtMost : .zero }

  private func isDue(at now: Duration) -> Bool {
    guard let written else { return true }
    let passed = now - written.at + early
    guard passed >= Self.eachAtMost else { return false }
    var same = report
    same.at = written.report.at
    return same != written.report || passed >= Self.eachAtLeast
  }

  /// Whether to ask the sink for its facts.
  mutating func takeFactsAreDue(at now: Duration) -> Bool {
    if let factsAt, now - factsAt + early < Self.factsEach { return false }
    factsAt = now
    return true
  }
}

extension Secondary {
  /// Asks the sink for its facts.
  func noteFacts() async {
    heartbeat.report.sink = await sink.facts()
    let stored = stored
    let consumers = await sink.consumers()
    heartbeat.report.consumers = consumers
    heartbeat.report.consumersAt = consumers == nil ? nil : stored
  }

  func enter(_ phase: DriverReport.Phase) { heartbeat.enter(phase, at: options.clock) }

  /// Writes the heartbeat if it is due.
  func beat(force: Bool = false) {
    meter?.beat()
    guard let report = heartbeat.takeDue(force: force, at: options.clock) else { return }
    // If this fails it is tried again a second later; the delivery does not wait for it.
    do throws(StateError) {
      try lock?.checkPlace()
      try folder.writeDriver(report)
      complaints = []
    } catch {
      complain(error)
    }
  }

  func show(_ delivery: Delivery) {
    heartbeat.show(delivery, trail, at: options.clock)
    beat()
  }

  func halted(_ halt: Halt) {
    halted(code: halt.code, halt.end.sentence, retryAfter: halt.retryAfter)
  }

  /// Reports that the driver does not continue before an operator acts or `retryAfter` is over.
  func halted(code: String, _ message: String, retryAfter: Duration = .seconds(60)) {
    enter(.waiting)
    meter?.settle()
    if heartbeat.halt(code: code, message, retryAfter: retryAfter, at: options.clock.date) {
      note(.error, "\(code): \(message)")
    }
    beat(force: true)
  }
}
