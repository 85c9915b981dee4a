import ArgumentParser
import EventPersistence
import Foundation
import Logging
import Setup
import Wording

/// `run`: drives all secondaries, without a dashboard.
struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Drive all secondaries, without a dashboard, until SIGTERM or SIGINT.",
    discussion: """
      The first signal ends it after the current batches, the second at once. It waits for a \
      secondary that another process drives. On SIGHUP it reads its configuration anew: secondaries \
      are added, removed, and changed, and the others go on undisturbed. A terminal that closes \
      ends it.
      """)

  @OptionGroup var options: SetupOptions

  @OptionGroup var log: LogOptions

  @Flag(help: "End once each secondary has what the log held when it started.")
  var untilHead = false

  @Option(help: ArgumentHelp("Only this secondary. Repeatable.", valueName: "name"))
  var only: [String] = []

  @Flag(help: "Do not wait for secondaries that another process drives.")
  var noWait = false

  func run() async throws {
    let ends = try await Interrupts.cancelling(
      saying: "ending after the current batches; a second signal ends at once"
    ) { untilHead ? try await driveThroughHead() : try await drive() }
    let status = Driver.status(of: ends, untilHead: untilHead, noWait: noWait)
    guard status == .done else { throw Exit(status) }
  }

  private func drive() async throws -> [DriveEnd] {
    let live = try LiveRun(waitsForLock: !noWait, log: log) {
      try parts(of: try options.nodes())
    }
    return try await live.run()
  }

  private func driveThroughHead() async throws -> [DriveEnd] {
    let nodes = try options.nodes()
    let drivers = try parts(of: nodes).map {
      Driver(
        setup: $0.setup, secondaries: $0.entries, log: log.logger(node: $0.setup.node))
    }
    return try await nodes.servingMetrics(log: log.logger()) {
      try await withThrowingTaskGroup(of: [DriveEnd].self) { group in
        for driver in drivers {
          group.addTask { Array(try await driver.drive(waitsForLock: !noWait).values) }
        }
        return try await group.reduce(into: []) { $0 += $1 }
      }
    }
  }

  /// What is driven of each node.
  private func parts(of nodes: NodeSet) throws(Refusal) -> [LiveRun.Part] {
    var parts: [LiveRun.Part] = []
    var named = Set(only)
    for setup in nodes.here {
      setup.tell()
      var chosen = setup.configuration.secondaries
      if !only.isEmpty {
        chosen = chosen.filter { named.remove(setup.argument($0.name)) != nil }
        for secondary in chosen where secondary.isOnlyWatched {
          throw setup.onlyWatched(setup.argument(secondary.name))
        }
      }
      let driven = chosen.filter { !$0.isOnlyWatched }
      if !driven.isEmpty { parts.append(LiveRun.Part(setup: setup, entries: driven)) }
    }
    if let unknown = named.min() {
      let (setup, name) = try options.setup(of: unknown)
      _ = try setup.secondary(named: name)
    }
    guard !parts.isEmpty else {
      throw Refusal(
        .usage,
        "there is no secondary to drive: configure one under secondaries, or give --sink URI, "
          + "like --sink file:///srv/archive")
    }
    return parts
  }
}
