import Dashboard
import EventPersistence

/// The poll: one look each interval at the primary and the secondaries, and at the log's end.
struct WatchPoll: Sendable {
  let runner: CommandRunner
  let observer: Observer

  /// Runs until its task is cancelled. A look that is like the last one is told once a second.
  func run() async {
    let clock = ContinuousClock()
    var trend = PrimaryTrend()
    var told: Observed?
    var toldAt = clock.now
    while !Task.isCancelled {
      let began = clock.now
      let observation = await observer.look()
      trend.observe(observation.survey, at: observation.instant / .seconds(1))
      var observed = Observed(
        observation, trend: trend, setup: runner.setup, drivenHere: runner.drivenHere)
      let at = observed.at
      if let told { observed.at = told.at }
      if observed != told || clock.now - toldAt >= .seconds(1) {
        observed.at = at
        runner.inbox.tell(.observed(observed))
        told = observed
        toldAt = clock.now
      }
      if let head = observation.survey.head { await readTail(through: head) }
      try? await clock.sleep(until: began + runner.interval.duration)
    }
  }

  private func readTail(through head: Position) async {
    // An error here is the survey's at the next look: it says what is wrong, this would say it again.
    guard let arrival = try? await runner.tail.arrival(through: head) else { return }
    runner.inbox.tell(.arrived(arrival.rows, left: arrival.left))
  }
}
