import EventPersistenceTesting
import Foundation
import Synchronization

@testable import EventPersistence

/// A clock without waiting: a sleep advances it.
final class JumpingClock: Clock, Sendable {
  struct Instant: InstantProtocol {
    var offset: Duration
    func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
    func duration(to other: Instant) -> Duration { other.offset - offset }
    static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
  }

  private let offset = Mutex(Duration.zero)
  /// A sleep of just this long lasts until its task is cancelled.
  private let held: Duration?

  init(holding held: Duration? = nil) { self.held = held }

  var now: Instant { Instant(offset: offset.withLock { $0 }) }
  var minimumResolution: Duration { .nanoseconds(1) }

  func sleep(until deadline: Instant, tolerance: Duration?) async throws {
    try Task.checkCancellation()
    if let held, deadline.offset - now.offset == held {
      return try await Task.sleep(for: .seconds(86_400))
    }
    await Task.yield()
    offset.withLock { $0 = max($0, deadline.offset) }
  }

  func advance(by duration: Duration) { offset.withLock { $0 += duration } }

  /// The driver's view of it, with a wall clock that advances with it.
  var driverClock: DriverClock {
    DriverClock(self) { [self] in
      EventTime(seconds: 1_800_000_000).advanced(bySeconds: now.offset / .seconds(1))
    }
  }
}

/// A log in memory, a storage in memory, and a state folder on disk that is removed at the end.
final class Bench: Sendable {
  let source: MemorySource
  let storage: MemoryStorage
  let state: StateDirectory
  let clock: JumpingClock

  /// - Parameters:
  ///   - isPrompt: each `put` returns before a checkpoint becomes overdue meanwhile.
  ///   - folder: contains the state folder; the temporary one by default.
  init(
    _ events: [StateEvent] = [], tellsHoldings: Bool = false, isPrompt: Bool = false,
    in folder: String = FileManager.default.temporaryDirectory.path
  ) {
    clock = JumpingClock(holding: isPrompt ? CheckpointTrail.trailingAtMost : nil)
    source = MemorySource(events)
    storage = MemoryStorage(tellsHoldings: tellsHoldings)
    state = StateDirectory(path: "\(folder)/bench-\(UUID().uuidString)")
  }

  private let renewed = Mutex(0)
  /// How often the log began anew.
  var renewals: Int { renewed.withLock { $0 } }
  /// Counts that the log begins anew once more.
  func renew() -> Int {
    renewed.withLock {
      $0 += 1
      return $0
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: state.path) }

  var folder: SecondaryFolder { state.folder("cold") }

  var options: DriveOptions {
    DriveOptions(clock: clock.driverClock, jitter: { 0.5 })
  }

  func configuration(
    _ name: String = "cold", selection: Selection = .all, start: Start = .first,
    sink: (@Sendable (Int) -> any EventSink)? = nil
  ) -> SecondaryConfiguration {
    // The bench, and its folder, live as long as their user.
    let makeSink: @Sendable (Int) -> any EventSink = { [self] generation in
      sink?(generation)
        ?? MemorySink(
          storage, batching: Batching(limits: BatchLimits(events: 5)), generation: generation)
    }
    return SecondaryConfiguration(
      name: name, persistenceDir: "/var/lib/hydra", selection: selection, start: start,
      sink: makeSink(1).description, makeSink: makeSink)
  }

  func secondary(
    _ name: String = "cold", selection: Selection = .all, start: Start = .first,
    waitsForLock: Bool = true, sink: (@Sendable (Int) -> any EventSink)? = nil
  ) -> Secondary {
    var options = options
    options.waitsForLock = waitsForLock
    return Secondary(
      configuration(name, selection: selection, start: start, sink: sink), source: source,
      folder: state.folder(name), options: options)
  }

  func replay(_ name: String = "cold", sink: (@Sendable (Int) -> any EventSink)? = nil) -> Replay {
    Replay(
      of: configuration(name, sink: sink), source: source, folder: state.folder(name),
      requester: "op@here", options: options)
  }
}

/// Checks again and again, yielding in between, until `condition` holds.
func eventually(_ condition: () async throws -> Bool) async rethrows {
  while try await !condition() { await Task.yield() }
}
