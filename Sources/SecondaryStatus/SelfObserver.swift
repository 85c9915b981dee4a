package import EventPersistence
package import Logging

/// A driver's observer of its own secondary: it journals each change of state with its
/// reason, and keeps the largest lag of each minute, so that a dashboard opened later shows both.
package actor SelfObserver: DriveObserver {
  /// Often enough for the rates of a minute; each look costs a survey of the log.
  package static let interval = Duration.seconds(10)

  private let source: any EventSource
  private let folder: SecondaryFolder
  private let log: Logger
  private let executor: BlockingExecutor
  private var status = StatusMemo()
  private var machine: LagMachine
  private var noted: SecondaryState?
  private var notedSeverity = Severity.ok
  /// Whether the last state in the journal is another one than `ok`.
  private var isUnended = false
  private var primary = PrimaryChanges()
  /// What the history has of the current minute.
  private var kept: HistoryRing.Sample?

  // The journal and the history are written here: off the cooperative pool.
  package nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  /// - Parameter log: receives a line for each change of state that is journaled.
  package init(
    of description: SecondaryDescription, source: any EventSource, folder: SecondaryFolder,
    log: Logger
  ) {
    self.source = source
    self.folder = folder
    var log = log
    log[metadataKey: "secondary"] = "\(description.name)"
    self.log = log
    executor = BlockingExecutor(label: "observer.\(description.name)")
    machine = LagMachine(description)
  }

  package func look(_ look: DriveLook) async {
    let token = await source.changeToken()
    let survey = await source.survey()
    var memo = self.status
    let status = await memo.value(of: look.checkpoint?.position, in: source, token: token)
    self.status = memo
    var seen = Look(
      moment: Moment(instant: look.instant, at: look.at), checkpoint: .success(look.checkpoint),
      survey: survey, status: status, driver: look.driver, isLocked: true, replay: look.replay,
      pause: (try? folder.readPause()) ?? nil)
    seen.generation = ((try? folder.readBinding()) ?? nil)?.generation
    if case .success(let found) = status, found.match.isDivergence {
      let position = look.checkpoint?.position
      seen.isNewLog = (try? await folder.agreement(of: position, with: source)) == LogAgreement.none
    }
    let report = machine.observe(seen)
    for entry in primary.take(survey, at: look.at) { note(entry) }
    // A pause whose reminder is due, or that a rotation threatens.
    let isOverdue =
      report.state == .paused && noted == .paused && report.severity > notedSeverity
    notedSeverity = report.severity
    if isOverdue { note(report, at: look.at) }
    if noted != report.state {
      if isJournaled(report.state) {
        note(report, at: look.at)
        isUnended = report.state != .ok
      }
      noted = report.state
    }
    let sample = HistoryRing.Sample(report, headId: survey.head?.eventId, at: look.at)
    if let kept, kept.minute == sample.minute, !sample.hasMoreLag(than: kept) { return }
    kept = sample
    // One that was moved away is not begun anew.
    guard folder.exists else { return }
    do throws(StateError) { try folder.history.append(sample) } catch {
      log.error("\(error.message)")
    }
  }

  /// A journal of limited size is not for changes that a healthy secondary has every day; but what
  /// began in it also ends in it.
  private func isJournaled(_ state: SecondaryState) -> Bool {
    guard let noted else { return true }
    return !noted.isEveryday || !state.isEveryday || isUnended && state == .ok
  }

  private func note(_ report: SecondaryReport, at time: EventTime) {
    let isWorse = report.severity >= .warning
    let reason = isWorse ? report.explanation.map { ": \($0)" } ?? "" : ""
    let text = report.state.rawValue + reason
    var fields: Logger.Metadata = [
      "state": "\(report.state.rawValue)", "severity": "\(report.severity.rawValue)",
    ]
    if let id = report.checkpoint?.eventId { fields["checkpoint"] = "\(id)" }
    if let lag = report.lagEvents { fields["lag"] = "\(lag)" }
    note(JournalEntry(.state, text, report.severity, at: time), fields)
  }

  private func note(_ entry: JournalEntry, _ fields: Logger.Metadata = [:]) {
    let isWorse = entry.severity.map { $0 >= .warning } ?? false
    log.log(level: isWorse ? .warning : .info, "\(entry.text)", metadata: fields)
    guard folder.exists else { return }
    do throws(StateError) {
      try folder.note(entry)
    } catch {
      log.error("\(error.message)")
    }
  }
}

extension JournalEntry {
  /// The new state in a change of state; nil for entries of other kinds.
  package var stateNoted: SecondaryState? {
    guard kind == .state else { return nil }
    return SecondaryState(rawValue: String(text.prefix { $0 != ":" }))
  }
}
