internal import Dashboard
internal import EventPersistence
internal import SecondaryStatus
internal import Setup
internal import Wording

/// The orders that read and write a secondary's state folder, outside the cooperative pool: they
/// wait for the disk.
actor StateOrders {
  private let setup: Setup
  private let inbox: Inbox
  private let executor = BlockingExecutor(label: "state-orders")

  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  init(setup: Setup, inbox: Inbox) {
    self.setup = setup
    self.inbox = inbox
  }

  func loadHistory(_ name: String) {
    let folder = setup.state.folder(name)
    let last = HistoryRing.Sample.minute(of: .now)
    do throws(StateError) {
      let samples = try folder.history.read(last - Int64(HistoryRing.minuteCount) + 1...last)
      inbox.tell(
        .history(
          SecondaryHistory(
            name: name, samples: samples.map(SecondaryHistory.Sample.init),
            journal: try folder.readJournal(last: 500))))
    } catch {
      inbox.tell(.historyFailed(name: name, error.message))
    }
  }

  func pause(_ name: String, _ reason: String?, _ seconds: Double?, remind: Double?) {
    order(name) { state throws(StateError) in
      let now = EventTime.now
      let (pause, before) = try state.pause(
        name, by: setup.requester, reason: reason,
        until: remind.map { now.advanced(bySeconds: $0) },
        resumeAt: seconds.map { now.advanced(bySeconds: $0) }, at: now)
      return "\(name): \(pause.brief(after: before, now: now))"
        + (pause.resumeAt.map { "; its driver resumes it at \(Quantity.end($0, now: now)) UTC" }
          ?? "")
        + (pause.until == nil ? "" : "; you will be reminded")
    }
  }

  func resume(_ name: String) {
    order(name) { state throws(StateError) in
      try state.resume(name, by: setup.requester)
        ? "\(name) is resumed" : "\(name) was not paused"
    }
  }

  func retry(_ name: String) {
    order(name) { state throws(StateError) in
      try state.retry(name, by: setup.requester)
      return "\(name): its driver was asked to try again now"
    }
  }

  private func order(
    _ name: String, _ body: (StateDirectory) throws(StateError) -> String
  ) {
    do {
      _ = try setup.folder(named: name)
      inbox.tell(.done(try body(setup.state)))
    } catch {
      inbox.tell(.failed("\(name): \(error)"))
    }
  }
}

extension SecondaryHistory.Sample {
  fileprivate init(_ sample: HistoryRing.Sample) {
    self.init(
      at: EventTime(seconds: sample.minute * 60), lagEvents: sample.lagEvents,
      ratePerSecond: sample.ratePerSecond)
  }
}
