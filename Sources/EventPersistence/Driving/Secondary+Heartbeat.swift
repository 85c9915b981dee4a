internal import Logging

/// When the heartbeat is due.
struct Heartbeat: Sendable {
  static let eachAtMost = Duration.seconds(1)
  static let eachAtLeast = Duration.seconds(10)

  private var written: DriverReport?
  private var writtenAt: Duration?
  private var factsAt: Duration?

  /// Whether `report` should be written now: what has changed within a second, the rest within ten.
  func isDue(_ report: DriverReport, at now: Duration) -> Bool {
    guard let written, let writtenAt else { return true }
    guard now - writtenAt >= Self.eachAtMost else { return false }
    var same = report
    same.at = written.at
    return same != written || now - writtenAt >= Self.eachAtLeast
  }

  mutating func wrote(_ report: DriverReport, at now: Duration) {
    written = report
    writtenAt = now
  }

  /// Whether the sink should be asked for its facts: once in five seconds.
  mutating func takeFactsAreDue(at now: Duration) -> Bool {
    if let factsAt, now - factsAt < .seconds(5) { return false }
    factsAt = now
    return true
  }
}

extension Secondary {
  func enter(_ phase: DriverReport.Phase) {
    guard report.phase != phase else { return }
    report.phase = phase
    report.phaseSince = options.clock.date
  }

  /// What the driver says of `delivery`.
  func show(_ delivery: Delivery) {
    report.attempts = delivery.attempts
    report.lastError = delivery.trouble?.message
    report.errorCode = delivery.trouble?.code
    report.errorSince = delivery.trouble?.since
    report.errorCount = delivery.trouble?.count ?? 0
    report.stopped = delivery.isWaitingForSomebody
    let now = options.clock.now
    report.retryAt = delivery.retryAt.flatMap {
      $0 > now ? options.clock.date.advanced(bySeconds: ($0 - now) / .seconds(1)) : nil
    }
    beat()
  }

  /// Says that nothing goes on before somebody acts, or before a minute is over.
  func halted(code: String, _ message: String, retryAfter: Duration = .seconds(60)) {
    enter(.waiting)
    if report.lastError != message {
      report.errorSince = options.clock.date
      report.errorCount = 0
      note(.error, "\(code): \(message)")
    }
    report.lastError = message
    report.errorCode = code
    report.errorCount += 1
    report.stopped = true
    report.retryAt = options.clock.date.advanced(bySeconds: retryAfter / .seconds(1))
    beat(force: true)
  }

  /// Writes the heartbeat where it is due.
  func beat(force: Bool = false) {
    let now = options.clock.now
    report.ratePerSecond = rate.rate(at: now)
    report.peakPerSecond = rate.peak ?? report.peakPerSecond
    guard force || heartbeat.isDue(report, at: now) else { return }
    report.at = options.clock.date
    do throws(StateError) {
      try folder.writeDriver(report)
      heartbeat.wrote(report, at: now)
    } catch {
      // A second later it is tried again; the delivery does not wait for it.
      heartbeat.wrote(report, at: now)
      complain(error)
    }
  }

  /// A trouble with the folder that is no reason to stop delivering.
  func complain(_ error: StateError) { log.error("\(error.message)") }

  func note(_ kind: JournalEntry.Kind, _ text: String) {
    log.log(level: kind == .error ? .warning : .info, "\(text)")
    do throws(StateError) {
      try folder.note(JournalEntry(kind, text, at: options.clock.date))
    } catch {
      complain(error)
    }
  }

  /// What the sink has to tell becomes happenings.
  func noteSink() async {
    for text in await sink.takeNotes() { note(.sink, text) }
  }

  func takeRetry() -> Bool {
    do throws(StateError) { return try folder.takeRetry() } catch {
      complain(error)
      return false
    }
  }

  /// Waits for a minute (for less where another driver is waited for), a `retry`, a change of a file that the
  /// sink names, or an order that is in `watched`; false where the drive is to end.
  func waitForRetry(
    _ halt: Halt? = nil, watching watched: StandingOrders = []
  ) async -> Bool {
    let clock = options.clock
    let end = clock.now + (halt?.retryAfter ?? .seconds(60))
    let files = sink.watchedFiles
    let stamps = files.map { FileStamp($0) }
    while clock.now < end, !signal.isStopped {
      let orders = StandingOrders(in: folder)
      if orders.contains(.retry), takeRetry() { return true }
      if !orders.isDisjoint(with: watched) || files.map({ FileStamp($0) }) != stamps { return true }
      beat()
      await lookIfDue()
      await clock.sleep(for: options.interval)
    }
    return !signal.isStopped
  }
}
