import ArgumentParser
import EventPersistence
import Foundation
import Logging

/// `run`: drives all secondaries, headless.
struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Drive all secondaries, headless, until SIGTERM or SIGINT.",
    discussion: """
      The first signal ends it at the end of the batches in hand, the second at once. A secondary that \
      another process drives is waited for.
      """)

  @OptionGroup var options: SetupOptions

  @Flag(help: "End once each secondary has what the log held when it started.")
  var untilHead = false

  @Option(help: ArgumentHelp("Only this secondary. Repeatable.", valueName: "name"))
  var only: [String] = []

  @Flag(help: "Do not wait for secondaries that somebody else drives.")
  var noWait = false

  func run() async throws {
    let setup = try options.setup()
    setup.tell()
    let chosen = try chosenSecondaries(of: setup)
    let driver = Driver(setup: setup, secondaries: chosen, log: CalmLog.logger())
    let ends = try await Interrupts.cancelling(
      saying: "ending with the batches in hand; once more ends at once"
    ) {
      try await driver.drive(
        until: untilHead ? .head : .cancelled, waitsForLock: !noWait)
    }
    let status = Driver.status(of: ends, untilHead: untilHead, noWait: noWait)
    guard status == .done else { throw Exit(status) }
  }

  private func chosenSecondaries(of setup: Setup) throws(Refusal) -> [ConfiguredSecondary] {
    var chosen = setup.configuration.secondaries
    if !only.isEmpty {
      chosen = []
      for name in only {
        let secondary = try setup.secondary(named: name)
        if secondary.isOnlyWatched { throw setup.onlyWatched(name) }
        if !chosen.contains(secondary) { chosen.append(secondary) }
      }
    }
    let driven = chosen.filter { !$0.isOnlyWatched }
    guard !driven.isEmpty else {
      throw Refusal(
        .usage,
        "there is no secondary to drive: configure one under secondaries, or give --sink URI, "
          + "like --sink file:///srv/archive")
    }
    return driven
  }
}
