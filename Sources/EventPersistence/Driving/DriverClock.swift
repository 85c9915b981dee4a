/// The time that a driver goes by: a monotonic clock to wait and to measure with, and the wall clock that
/// files are dated by. Tests inject both.
public struct DriverClock: Sendable {
  private let elapsed: @Sendable () -> Duration
  private let pause: @Sendable (Duration) async throws -> Void
  private let wall: @Sendable () -> EventTime

  /// - Parameter wall: what the time of day is.
  public init<C: Clock>(
    _ clock: C, wall: @escaping @Sendable () -> EventTime = { EventTime.now }
  ) where C.Duration == Duration {
    let origin = clock.now
    elapsed = { origin.duration(to: clock.now) }
    pause = { try await clock.sleep(until: clock.now.advanced(by: $0), tolerance: nil) }
    self.wall = wall
  }

  /// The machine's own: a monotonic clock that goes on while the machine sleeps, and the time of day.
  public static let system = DriverClock(ContinuousClock())

  /// Since an origin of this value's own: it only rises.
  public var now: Duration { elapsed() }

  /// The time of day.
  public var date: EventTime { wall() }

  /// Waits; returns early, without an error, where the task is cancelled.
  public func sleep(for duration: Duration) async {
    try? await pause(duration)
  }
}
