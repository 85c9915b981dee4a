/// The clocks of a driver: a monotonic one to wait and measure with, and the wall clock that dates
/// files. Tests inject both.
public struct DriverClock: Sendable {
  private let elapsed: @Sendable () -> Duration
  private let pause: @Sendable (Duration) async throws -> Void
  private let wall: @Sendable () -> EventTime
  private(set) var isSystem = false

  /// - Parameter wall: returns the time of day.
  public init<C: Clock>(
    _ clock: C, wall: @escaping @Sendable () -> EventTime = { EventTime.now }
  ) where C.Duration == Duration {
    let origin = clock.now
    elapsed = { origin.duration(to: clock.now) }
    pause = { try await clock.sleep(until: clock.now.advanced(by: $0), tolerance: nil) }
    self.wall = wall
  }

  /// The machine's clocks: a monotonic one that runs while the machine sleeps, and the time of day.
  public static let system = {
    var clock = DriverClock(ContinuousClock())
    clock.isSystem = true
    return clock
  }()

  /// The time since an origin of this value's own: it only rises.
  public var now: Duration { elapsed() }

  /// The time of day.
  public var date: EventTime { wall() }

  /// Waits; returns early, without an error, if the task is cancelled.
  public func sleep(for duration: Duration) async {
    try? await pause(duration)
  }

  /// The same for a caller on `executor`, whose thread then does the waiting.
  nonisolated(nonsending) func sleep(for duration: Duration, on executor: BlockingExecutor) async {
    if isSystem { await executor.sleep(for: duration) } else { await sleep(for: duration) }
  }
}
