internal import Dashboard
internal import EventPersistence
package import SecondaryStatus
internal import Synchronization

/// The poll: one look each interval at the primary and the secondaries, and at the log's end; and the clock,
/// so that what is old is seen to be where looks do not come.
package struct WatchPoll: Sendable {
  package let runner: CommandRunner
  package let observer: Observer

  private static let clock = ContinuousClock()

  /// Runs until its task is cancelled.
  package func run() async {
    let toldAt = ToldAt()
    await withDiscardingTaskGroup { group in
      group.addTask { await look(toldAt) }
      group.addTask { await tick(toldAt) }
    }
  }

  /// A look that tells nothing new is told once a second.
  private func look(_ toldAt: ToldAt) async {
    var trend = PrimaryTrend()
    var told: Observation?
    while !Task.isCancelled {
      let began = Self.clock.now
      let observation = await observer.look()
      trend.observe(observation.survey, at: observation.instant / .seconds(1))
      if told.map(observation.tellsMore(than:)) ?? true || began - toldAt.instant >= .seconds(1) {
        toldAt.instant = began
        told = observation
        runner.inbox.tell(
          .observed(
            Observed(
              observation, trend: trend, setup: runner.setup, drivenHere: runner.drivenHere)))
      }
      if let head = observation.survey.head { await readTail(through: head) }
      try? await Self.clock.sleep(until: began + runner.interval.duration)
    }
  }

  private func readTail(through head: Position) async {
    // An error here is the survey's at the next look: it says what is wrong, this would say it again.
    guard let arrival = try? await runner.tail.arrival(through: head) else { return }
    runner.inbox.tell(.arrived(arrival.rows, left: arrival.left))
  }

  /// Tells the time where a look is overdue: each look tells it too, and one frame a second is enough.
  private func tick(_ toldAt: ToldAt) async {
    while !Task.isCancelled {
      if Self.clock.now - toldAt.instant > .milliseconds(1500) { runner.inbox.tell(.tick(.now)) }
      try? await Self.clock.sleep(for: .seconds(1))
    }
  }

  /// When a look was last told.
  private final class ToldAt: Sendable {
    private let state = Mutex(ContinuousClock.now - .seconds(3600))

    package var instant: ContinuousClock.Instant {
      get { state.withLock { $0 } }
      set { state.withLock { $0 = newValue } }
    }
  }
}

extension Observation {
  /// Whether it says anything else than `other`, but that time has passed.
  package func tellsMore(than other: Observation) -> Bool {
    survey != other.survey || stateTrouble != other.stateTrouble
      || secondaries.count != other.secondaries.count
      || zip(secondaries, other.secondaries).contains {
        $0.driver != $1.driver || $0.report.timeless != $1.report.timeless
      }
  }
}

extension SecondaryReport {
  /// Without what changes by itself as time passes.
  fileprivate var timeless: SecondaryReport {
    var report = self
    report.lagSeconds = nil
    report.etaSeconds = nil
    report.ratePerSecond = nil
    return report
  }
}
