import EventPersistence
import Foundation
import Logging
import Setup
import Wording

/// `run` without an end: drives until it is told to stop, and reads its configuration anew on SIGHUP.
actor LiveRun {
  /// A node, and those of its secondaries that are driven here.
  struct Part: Sendable {
    var setup: Setup
    var entries: [ConfiguredSecondary]
  }

  private let drives: [NodeDrive]
  private let first: [Part]
  private let read: @Sendable () throws -> [Part]
  private let metrics: MetricsService?
  private let manager: ServiceManager?
  private let log: Logger

  /// - Parameter read: reads the configuration.
  init(
    waitsForLock: Bool, log options: LogOptions, read: @escaping @Sendable () throws -> [Part]
  ) throws {
    first = try read()
    drives = try first.map {
      try NodeDrive(
        $0.setup, waitsForLock: waitsForLock, log: options.logger(node: $0.setup.node))
    }
    self.read = read
    log = options.logger()
    metrics =
      first.first?.setup.configuration.metrics == nil
      ? nil : try MetricsService(first.map(\.setup), version: HydraSinks.version)
    manager = ServiceManager(environment: ProcessInfo.processInfo.environment, log: log)
  }

  /// Drives until the task is cancelled, or until each secondary has ended by itself; returns how.
  func run() async throws -> [DriveEnd] {
    let hangups = Interrupts.reloads()
    return try await withThrowingTaskGroup(of: [DriveEnd]?.self) { group in
      for (drive, part) in zip(drives, first) {
        group.addTask { Array(try await drive.run(part.entries).values) }
      }
      if let metrics, let address = first[0].setup.configuration.metrics {
        group.addTask { [log] in
          await metrics.serve(at: address, log: log)
          return nil
        }
      }
      if let manager {
        let count = first.reduce(0) { $0 + $1.entries.count }
        group.addTask {
          await manager.run(count) { await self.setups }
          return nil
        }
      }
      group.addTask {
        for await _ in hangups { await self.reload() }
        return nil
      }
      var ends: [DriveEnd] = []
      var left = drives.count
      while left > 0, let ended = try await group.next() {
        guard let ended else { continue }
        ends += ended
        left -= 1
      }
      group.cancelAll()
      return ends
    }
  }

  private var setups: [Setup] {
    get async {
      var setups: [Setup] = []
      for drive in drives { setups.append(await drive.setup) }
      return setups
    }
  }

  // MARK: - Reloading

  private func reload() async {
    manager?.reloading()
    do {
      let parts = try read()
      try check(parts, against: await setups)
      for (drive, part) in zip(drives, parts) { try await drive.check(part.setup, part.entries) }
      var told: [String] = []
      for (drive, part) in zip(drives, parts) {
        let change = try await drive.change(to: part.setup, part.entries)
        told += change.clauses(node: part.setup.node) { part.setup.argument($0) }
      }
      try await metrics?.adopt(await setups)
      log.notice(
        "the configuration was read anew: \(told.isEmpty ? "nothing changed" : told.joined(separator: "; "))"
      )
    } catch {
      log.error("the configuration was read anew, and the old one stays: \(error)")
    }
    await manager?.reloaded { await self.setups }
  }

  /// Refuses what cannot change while it runs.
  private func check(_ parts: [Part], against old: [Setup]) throws(Refusal) {
    guard parts.map(\.setup.node) == old.map(\.node) else {
      throw Refusal(.configuration, "the nodes are others; restart it for that")
    }
    for (part, old) in zip(parts, old) {
      let (now, before) = (part.setup, old)
      for (key, isSame) in [
        ("persistence-dir", now.knownPersistenceDir == before.knownPersistenceDir),
        ("state-dir", now.state.path == before.state.path),
        ("state-group", now.configuration.stateGroup == before.configuration.stateGroup),
        ("metrics", now.configuration.metrics == before.configuration.metrics),
      ] where !isSame {
        throw Refusal(.configuration, "\"\(key)\" cannot change while it runs; restart it for that")
      }
    }
  }
}
