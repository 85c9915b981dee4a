package import EventPersistence
internal import HydraLog
package import Logging
internal import SecondaryStatus
package import Wording

/// The secondaries of one node that this process drives until it is ended. They can be changed
/// meanwhile; those that stay the same are not disturbed.
package actor NodeDrive {
  /// What makes a secondary another one to its drive.
  private struct Identity: Hashable {
    var entry: ConfiguredSecondary
    var history: ConfiguredSecondary?

    init(_ entry: ConfiguredSecondary, in setup: Setup) {
      self.entry = entry.withoutLooks
      history = setup.configuration.secondaries.first { $0.name == entry.history }
    }
  }

  /// A secondary that is driven. Finishing `stop` ends its drive; `end` finishes when it has ended.
  private struct Running: Sendable {
    var identity: Identity
    var secondary: Secondary
    var verify: PeriodicVerify?
    var stop: (stream: AsyncStream<Never>, continuation: AsyncStream<Never>.Continuation)
    var end: (stream: AsyncStream<Never>, continuation: AsyncStream<Never>.Continuation)
  }

  package private(set) var setup: Setup
  private let source: PersistenceDirectory
  private let notifier: StateNotifier
  private let waitsForLock: Bool
  private let log: Logger
  private var running: [String: Running] = [:]
  private var ends: [String: DriveEnd] = [:]
  private var isChanging = false
  /// Those to begin with next. It finishes once nothing is driven any more.
  private let starts: AsyncStream<Running>
  private let start: AsyncStream<Running>.Continuation

  package init(_ setup: Setup, waitsForLock: Bool = true, log: Logger) throws(Refusal) {
    self.setup = setup
    source = try setup.source()
    notifier = try StateNotifier(setup: setup, source: source, log: log)
    self.waitsForLock = waitsForLock
    self.log = log
    (starts, start) = AsyncStream.makeStream()
  }

  /// Drives `entries` until the task is cancelled, or until each has ended by itself; returns how.
  package func run(_ entries: [ConfiguredSecondary]) async throws -> [String: DriveEnd] {
    try await setup.checkHistories(of: entries)
    for entry in entries { try begin(entry) }
    let keeper = PrimaryKeeper(source: source, setup: setup, log: log)
    await withDiscardingTaskGroup { group in
      group.addTask { await keeper.keep() }
      group.addTask { await self.notifier.run() }
      for await one in starts {
        group.addTask { await self.drive(one) }
      }
      group.cancelAll()
    }
    return ends
  }

  /// Refuses what cannot be driven: a history that is none, and a sink that is another than the one
  /// that a secondary of this name has stored to.
  package func check(_ setup: Setup, _ entries: [ConfiguredSecondary]) async throws {
    try await setup.checkHistories(of: entries)
    for entry in entries where running[entry.name]?.identity != Identity(entry, in: setup) {
      guard let configuration = try setup.driven(entry, source: source) else { continue }
      try Secondary.checkBinding(of: configuration, in: setup.state.folder(entry.name))
    }
  }

  /// Drives `entries` of `setup` from now on, of the same node, for which `check` found no mistake.
  ///
  /// Those that are no longer among them, or are configured otherwise, end after their batch.
  package func change(
    to setup: Setup, _ entries: [ConfiguredSecondary]
  ) async throws -> ConfigurationChange {
    isChanging = true
    defer {
      isChanging = false
      finishIfIdle()
    }
    var setup = setup
    setup.meters = self.setup.meters
    setup.lookout = self.setup.lookout
    var change = ConfigurationChange(
      ofLooks: self.setup.configuration, to: setup.configuration)
    self.setup = setup
    let names = Set(entries.map(\.name))
    let removed = running.keys.filter { !names.contains($0) }.sorted()
    let changed = entries.filter { entry in
      running[entry.name].map { $0.identity != Identity(entry, in: setup) } ?? false
    }.map(\.name)
    let added = entries.map(\.name).filter { running[$0] == nil }
    change.removed += removed
    change.changed += changed
    change.added += added
    // What they hold, such as a port, may be another's now.
    let ending = (removed + changed).compactMap { running[$0] }
    for one in ending { one.stop.continuation.finish() }
    for one in ending { for await _ in one.end.stream {} }
    for entry in entries where added.contains(entry.name) || changed.contains(entry.name) {
      try begin(entry)
    }
    try await notifier.adopt(setup)
    return change
  }

  // MARK: - One secondary

  private func begin(_ entry: ConfiguredSecondary) throws {
    guard let configuration = try setup.driven(entry, source: source) else { return }
    var options = setup.driveOptions(log: log)
    options.waitsForLock = waitsForLock
    let one = Running(
      identity: Identity(entry, in: setup),
      secondary: Secondary(
        configuration, source: source, folder: setup.state.folder(entry.name), options: options),
      verify: entry.verifyEvery.map {
        PeriodicVerify(setup: setup, name: entry.name, interval: $0, log: log)
      },
      stop: AsyncStream.makeStream(), end: AsyncStream.makeStream())
    running[entry.name] = one
    ends[entry.name] = nil
    start.yield(one)
  }

  private nonisolated func drive(_ one: Running) async {
    let end = await withTaskGroup(of: DriveEnd?.self) { group in
      group.addTask { await one.secondary.run() }
      group.addTask {
        for await _ in one.stop.stream {}
        return nil
      }
      if let verify = one.verify {
        group.addTask {
          await verify.run()
          // Only a cancelled one ends.
          return nil
        }
      }
      var end: DriveEnd?
      while end == nil, let turn = await group.next() {
        end = turn
        group.cancelAll()
      }
      return end
    }
    await ended(one, end ?? .cancelled)
  }

  private func ended(_ one: Running, _ end: DriveEnd) {
    let name = one.secondary.name
    running[name] = nil
    ends[name] = end
    [name: end].logFailures(log)
    one.end.continuation.finish()
    finishIfIdle()
  }

  private func finishIfIdle() {
    // One that is changed begins again.
    if running.isEmpty, !isChanging { start.finish() }
  }
}

extension [String: DriveEnd] {
  /// Logs those that need somebody to act. A good end was already logged when the lock was released.
  package func logFailures(_ log: Logger) {
    for (name, end) in sorted(by: { $0.key < $1.key }) where !end.isGood {
      var line = log
      line[metadataKey: "secondary"] = "\(name)"
      line.error("\(end.sentence)")
    }
  }
}
