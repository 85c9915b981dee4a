internal import Dashboard
internal import EventPersistence
internal import HydraLog
internal import Logging
package import SecondaryStatus
package import Setup
package import Wording

/// A node on this machine: the looks at it, its commands, and what this process learns about its
/// log.
///
/// At most one look is running. If it takes longer than `StatusLook.deadline`, the dashboard says so;
/// the result is used whenever it arrives. Between two looks it waits for news, on the thread that
/// looks: if nothing changes, nothing else wakes up.
package actor WatchedNode {
  /// The shortest interval for a node that is not entered: 50 nodes then cost 25 looks a second.
  package static let restInterval = Duration.seconds(2)
  /// For how long a node that is entered is not looked at while nothing changes.
  package static let quietInterval = Duration.seconds(1)
  /// When an entered node is looked at again at the latest, if not all of its events could be read, as in the
  /// middle of a rotation.
  private static let moreInterval = Duration.seconds(1)

  /// How a node is looked at.
  package struct Pace: Sendable, Hashable {
    package var isEntered: Bool
    /// Between two looks at a node that changes.
    package var interval: Duration
  }

  package nonisolated let name: String
  package nonisolated let runner: CommandRunner
  package nonisolated let keeper: PrimaryKeeper
  private nonisolated let isSeveral: Bool
  private let observer: Observer

  private var trend = PrimaryTrend()
  /// When the look under way began, or else when the next one is to begin at the latest.
  private var dueAt: ContinuousClock.Instant?
  /// Whether events of the last look are still to be shown.
  private var hasMore = false
  private nonisolated let news: AsyncStream<Void>.Continuation
  private nonisolated let newsStream: AsyncStream<Void>
  /// The newest look that the node's own dashboard was shown, and when.
  private var shown: (observation: Observation, at: ContinuousClock.Instant)?
  /// The newest look that the first view was shown, and when.
  private var row: NodeRow
  private var rowAt: ContinuousClock.Instant?

  /// - Parameters:
  ///   - isSeveral: whether it is one of several nodes, so that its messages carry its name.
  ///   - observer: nil: the setup's own.
  package init(
    _ setup: Setup, isSeveral: Bool, inbox: Inbox, observer: Observer? = nil
  ) throws(Refusal) {
    let source = try setup.source(isForLooks: true)
    let name = try setup.nodeName
    self.name = name
    self.isSeveral = isSeveral
    runner = CommandRunner(
      setup: setup, looks: source, inbox: isSeveral ? inbox.of(name) : inbox)
    // A log line would not be seen while the dashboard is on the screen; `status` and the next
    // `run` report the same.
    keeper = PrimaryKeeper(
      source: source, setup: setup,
      log: Logger(label: "hydra-sinks") { _ in SwiftLogNoOpLogHandler() })
    if let observer {
      self.observer = observer
    } else {
      self.observer = try setup.observer(source)
    }
    row = NodeRow(name: name, place: .here)
    (newsStream, news) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// Sends the notes about the configuration.
  nonisolated func tellNotes() {
    for note in runner.setup.notes { runner.inbox.tell(.configured(.note(note))) }
  }

  /// Keeps what the drivers and replays in this process learn about the log, until the task is
  /// cancelled.
  nonisolated func keepPrimary() async { await keeper.keep { self.runner.hasDriven } }

  /// Runs the programs of `on-state`, until the task is cancelled.
  nonisolated func tellStates() async {
    // The journal shows what fails; a log line would not be seen.
    let log = Logger(label: "hydra-sinks") { _ in SwiftLogNoOpLogHandler() }
    guard let notifier = try? StateNotifier(setup: runner.setup, source: runner.source, log: log)
    else { return }
    await notifier.run()
  }

  // MARK: - Looks

  /// Looks until the task is cancelled.
  nonisolated func watch(at pace: @Sendable () -> Pace) async {
    while !Task.isCancelled {
      let pace = pace()
      await beginLook(at: .now)
      await look(isEntered: pace.isEntered)
      await waitForNews(pace)
    }
  }

  /// Looks again soon: the pace has changed.
  nonisolated func hurry() { news.yield() }

  private func waitForNews(_ pace: Pace) async {
    let isPolling = pace.isEntered && !hasMore
    let longest =
      isPolling
      ? max(Self.quietInterval, pace.interval)
      : pace.isEntered ? min(pace.interval, Self.moreInterval) : Self.restInterval
    dueAt = .now + longest
    // A task of its own, as in `look`.
    Task { [observer, news] in
      if isPolling {
        await observer.waitForNews(for: longest, each: pace.interval)
      } else {
        try? await ContinuousClock().sleep(for: longest)
      }
      news.yield()
    }
    for await _ in newsStream { break }
  }

  /// A look begins.
  func beginLook(at now: ContinuousClock.Instant) { dueAt = now }

  /// Says so if a look takes too long, or does not begin when it should.
  func tellIfOverdue(at now: ContinuousClock.Instant) {
    if let dueAt, now - dueAt >= StatusLook.deadline { tellOverdue() }
  }

  /// Whether the node's own dashboard was shown a look since `instant`.
  func isShown(since instant: ContinuousClock.Instant) -> Bool {
    shown.map { $0.at >= instant } ?? false
  }

  /// Takes one look and sends the result.
  func look(isEntered: Bool) async {
    let (findings, continuation) = AsyncStream.makeStream(of: Finding.self)
    // An unstructured task, because a call that hangs in the kernel cannot be cancelled: quitting
    // abandons it.
    Task { [observer, tail = runner.tail] in
      var finding = Finding(observation: await observer.look())
      if isEntered, let head = finding.observation.survey.head {
        // The survey of the next look reports this error.
        finding.arrival = try? await tail.arrival(through: head)
        finding.isTailShort = await tail.isShort(of: head)
      }
      continuation.yield(finding)
      continuation.finish()
    }
    for await finding in findings {
      let (observation, now) = (finding.observation, ContinuousClock.now)
      trend.observe(observation.survey, at: observation.instant / .seconds(1))
      var messages = shown(observation, isEntered: isEntered, at: now)
      if let arrival = finding.arrival {
        messages.append(.arrived(arrival.rows, left: arrival.left))
      }
      runner.inbox.tell(messages)
      if isSeveral { showRow(observation, isEntered: isEntered, at: now) }
      hasMore = finding.isTailShort ?? hasMore
    }
  }

  /// What one look found.
  private struct Finding: Sendable {
    var observation: Observation
    var arrival: EventTail.Arrival?
    /// Whether events are left to be shown; nil if that was not looked for.
    var isTailShort: Bool?
  }

  /// A look without news is sent once a second, or nearly so.
  private func shown(
    _ observation: Observation, isEntered: Bool, at now: ContinuousClock.Instant
  ) -> [Message] {
    guard isEntered else {
      shown = nil
      return []
    }
    if let shown, now - shown.at < .milliseconds(900),
      !observation.tellsMore(than: shown.observation)
    {
      return []
    }
    shown = (observation, now)
    return [
      .observed(
        Observed(
          observation, trend: trend, drivenHere: Set(runner.drivenHere.all)))
    ]
  }

  private func showRow(
    _ observation: Observation, isEntered: Bool, at now: ContinuousClock.Instant
  ) {
    let isDue = rowAt.map { now - $0 >= Self.restInterval } ?? true
    guard !isEntered || isDue || row.trouble != nil else { return }
    rowAt = now
    row = NodeRow(observation, name: name, ratePerSecond: trend.ratePerSecond)
    runner.inbox.of(nil).tell(.nodeSeen(row))
  }

  private func tellOverdue() {
    guard isSeveral, row.trouble == nil else { return }
    row.trouble = StatusLook.overdue(StatusLook.deadline)
    runner.inbox.of(nil).tell(.nodeSeen(row))
  }
}

extension Observation {
  /// Whether it differs from `other`, except in the time that has passed.
  fileprivate func tellsMore(than other: Observation) -> Bool {
    survey != other.survey || stateTrouble != other.stateTrouble
      || secondaries.count != other.secondaries.count
      || zip(secondaries, other.secondaries).contains {
        $0.driver != $1.driver || $0.report.timeless != $1.report.timeless
          || $0.journal != $1.journal || $0.replays != $1.replays
      }
  }
}

extension SecondaryReport {
  /// Without the values that change as time passes.
  fileprivate var timeless: SecondaryReport {
    var report = self
    report.lagSeconds = nil
    report.etaSeconds = nil
    report.ratePerSecond = nil
    return report
  }
}
