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
    abstract: "Drive all secondaries, without a dashboard, until SIGTERM, SIGINT, or SIGHUP.",
    discussion: """
      The first signal ends it after the current batches, the second at once. It waits for a \
      secondary that another process drives.
      """)

  @OptionGroup var options: SetupOptions

  @Flag(help: "End once each secondary has what the log held when it started.")
  var untilHead = false

  @Option(help: ArgumentHelp("Only this secondary. Repeatable.", valueName: "name"))
  var only: [String] = []

  @Flag(help: "Do not wait for secondaries that another process drives.")
  var noWait = false

  func run() async throws {
    let nodes = try options.nodes()
    let drivers = try drivers(of: nodes)
    let ends = try await Interrupts.cancelling(
      saying: "ending after the current batches; a second signal ends at once"
    ) {
      try await nodes.servingMetrics(log: CalmLog.logger()) { try await drive(drivers) }
    }
    let status = Driver.status(of: ends, untilHead: untilHead, noWait: noWait)
    guard status == .done else { throw Exit(status) }
  }

  private func drive(_ drivers: [Driver]) async throws -> [DriveEnd] {
    try await withThrowingTaskGroup(of: [DriveEnd].self) { group in
      for driver in drivers {
        group.addTask {
          Array(
            try await driver.drive(
              until: untilHead ? .head : .cancelled, waitsForLock: !noWait
            ).values)
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
  }

  /// One driver per node.
  private func drivers(of nodes: NodeSet) throws(Refusal) -> [Driver] {
    var drivers: [Driver] = []
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
      if !driven.isEmpty {
        drivers.append(
          Driver(setup: setup, secondaries: driven, log: CalmLog.logger(node: setup.node)))
      }
    }
    if let unknown = named.min() {
      let (setup, name) = try options.setup(of: unknown)
      _ = try setup.secondary(named: name)
    }
    guard !drivers.isEmpty else {
      throw Refusal(
        .usage,
        "there is no secondary to drive: configure one under secondaries, or give --sink URI, "
          + "like --sink file:///srv/archive")
    }
    return drivers
  }
}
