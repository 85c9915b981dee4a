/// What is known about a failure until it has passed: the error to show, and when to try again.
struct Recovery: Sendable {
  private(set) var trouble: Trouble?
  /// Whether the sink waits for a consumer of the batch in hand.
  private(set) var awaitsConsumer = false
  /// When the wait before the next attempt ends, on the driver's clock.
  private(set) var retryAt: Duration?
  private var backoff = Backoff()

  /// How much of the wait before the next attempt is left; nil if there is no wait.
  func wait(at now: Duration) -> Duration? {
    retryAt.flatMap { $0 > now ? $0 - now : nil }
  }

  mutating func note(
    _ origin: Trouble.Origin, code: String? = nil, _ message: String, at turn: Turn
  ) {
    trouble = Trouble(
      origin: origin, code: code ?? origin.rawValue, message: message,
      since: trouble?.since ?? turn.date, count: (trouble?.count ?? 0) + 1)
  }

  /// Notes the failure of a sink, according to its remedy.
  mutating func note(_ error: SinkError, at turn: Turn) {
    switch error.remedy {
    case .wait where awaitsConsumer && trouble?.code == error.code:
      // One wait is one trouble, even if the sink reports it again.
      trouble!.message = error.message
    case .retry, .stop, .held, .wait:
      note(.sink, code: error.code, error.message, at: turn)
    case .again: end()
    }
    awaitsConsumer = error.remedy == .wait
  }

  /// Waits longer after each failure in a row.
  mutating func backOff(at turn: Turn) { retryAt = turn.now + backoff.next(jitter: turn.jitter) }

  mutating func wait(until time: Duration) { retryAt = time }

  /// Tries again now.
  mutating func stopWaiting() { retryAt = nil }

  /// The failure has passed.
  mutating func end() {
    trouble = nil
    awaitsConsumer = false
    backoff.reset()
  }

  /// The log can be read again; a failure of the sink remains.
  mutating func endOfPrimary() {
    if trouble?.origin == .primary { end() }
  }

  /// The sink is open again and has nothing to do. If it keeps going away, each wait is still
  /// longer than the last, until something is stored.
  mutating func endAtRest() {
    guard trouble?.origin != .primary else { return }
    trouble = nil
    awaitsConsumer = false
  }
}

/// The moment at which the driver learned the outcome of a step.
struct Turn: Sendable {
  /// On the driver's clock.
  var now: Duration
  /// The time of day.
  var date: EventTime
  /// From 0 to 1, for the backoff.
  var jitter: Double
}

/// How long to wait before the next attempt: exponentially longer, with jitter, 60 s at most.
///
/// The n-th wait (from 0) is a random one between half of and all of min(60 s, 0.25 s · 2ⁿ), so
/// that secondaries that failed together do not come back together.
struct Backoff: Sendable {
  static let longest = Duration.seconds(60)
  private static let shortest = Duration.milliseconds(250)

  private var failures = 0

  /// - Parameter jitter: from 0 to 1.
  mutating func next(jitter: Double) -> Duration {
    // 2⁸ quarters of a second are more than a minute.
    let whole = min(Self.longest, Self.shortest * (1 << min(failures, 8)))
    failures += 1
    return whole / 2 + whole / 2 * min(1, max(0, jitter))
  }

  mutating func reset() { failures = 0 }
}
