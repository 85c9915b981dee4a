internal import EventPersistence

/// Checks the log once for all streams that wait at its head.
actor LogWatch {
  // A look at the log may block.
  private let executor = BlockingExecutor(label: "feed.log")
  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  private let source: any EventSource
  private let clock: DriverClock
  private let interval: Duration
  private var token: ChangeToken?
  private var lookedAt: Duration = .zero

  init(source: any EventSource, clock: DriverClock, interval: Duration) {
    self.source = source
    self.clock = clock
    self.interval = interval
  }

  /// A token that is at most an interval old: a change before the call may show only at the next.
  func recent() async -> ChangeToken {
    if let token, clock.now - lookedAt < interval { return token }
    lookedAt = clock.now
    let new = await source.changeToken()
    token = new
    return new
  }
}
