import ArgumentParser
import Dashboard
import EventPersistence
import Foundation
import Setup
import SimulatedNode
import Wording

/// `simulate DIR`: the simulated node alone.
struct SimulateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Write what a hydra-node writes, into its own directory.",
    discussion: "It continues what it wrote before, and never touches the log of a real node.")

  @Argument(help: "The persistence directory to write; created if it does not exist.")
  var dir: String

  @Option(help: ArgumentHelp("The format of the log.", valueName: formats), transform: parseFormat)
  var format: LogFormat = .state

  @Option(help: ArgumentHelp("How many events. Default: until it is stopped.", valueName: "n"))
  var count: Int?

  @Option(help: ArgumentHelp("Events a second. Default: full speed.", valueName: "n"))
  var rate: Double?

  @Option(
    help: ArgumentHelp("As hydra-node's --persistence-rotate-after.", valueName: "n"))
  var rotateAfter: Int?

  @Option(help: ArgumentHelp("The same seed makes the same events.", valueName: "n"))
  var seed: UInt64 = 1

  @Option(help: ArgumentHelp("The approximate mean size of an event.", valueName: "bytes"))
  var payload: Int = 1000

  @Flag(help: "Rotations leave no archive, like those of hydra-node 2.1 and 2.2.")
  var dropArchives = false

  @Flag(help: "Leave out ids now and then, as a node legally may.")
  var gaps = false

  @Option(
    help: ArgumentHelp(
      "Tear a line after every so many events, and continue as a restarted node does.",
      valueName: "n"))
  var crash: Int?

  @Option(
    help: ArgumentHelp(
      "After so many events forget the last 20, and reuse their ids.", valueName: "n"))
  var loseTail: Int?

  @Option(
    help: ArgumentHelp(
      "After so many events turn state into hydra.db, as hydra-node 2.1 does.", valueName: "n"))
  var migrateAt: Int?

  @Option(
    help: ArgumentHelp(
      "After so many events turn the JSON of hydra.db into CBOR.", valueName: "n"))
  var upgradeAt: Int?

  @Option(
    help: ArgumentHelp(
      "After so many events delete the log, and begin another one with id 0.", valueName: "n"))
  var restartLog: Int?

  func validate() throws {
    if let count, count < 1 { throw ValidationError("--count: expected 1 or more.") }
    if let rate, !(rate > 0 && rate.isFinite) {
      throw ValidationError("--rate: expected a number above 0.")
    }
    if let rotateAfter, rotateAfter < 1 {
      throw ValidationError("--rotate-after: expected 1 or more.")
    }
    for (name, value) in [
      ("crash", crash), ("lose-tail", loseTail), ("migrate-at", migrateAt),
      ("upgrade-at", upgradeAt), ("restart-log", restartLog),
    ] {
      if let value, value < 1 { throw ValidationError("--\(name): expected 1 or more.") }
    }
    if payload < 1 { throw ValidationError("--payload: expected 1 or more.") }
  }

  /// Runs `node` and shows a progress bar.
  private static func write(
    _ node: SimulatedNode, of total: UInt64?
  ) async throws -> SimulatedNode.Summary? {
    try await withThrowingTaskGroup(of: SimulatedNode.Summary?.self) { group in
      group.addTask { try await node.run() }
      group.addTask {
        var bar = ProgressBar("simulate")
        while !Task.isCancelled {
          bar.show(done: UInt64(await node.progress.events), of: total)
          try? await Task.sleep(for: .milliseconds(200))
        }
        bar.clear()
        return nil
      }
      var summary: SimulatedNode.Summary?
      while let result = try await group.next() {
        if let result { summary = result }
        group.cancelAll()
      }
      return summary
    }
  }

  /// What is written where, how fast, and how it ends.
  private func beginning(_ directory: String) -> String {
    let pace = rate.map { String(format: "%g a second", $0) } ?? "full speed"
    let what = "writing the log of a simulated node (\(format.rawValue)) to \(directory)"
    guard let count else { return "\(what): events at \(pace), until Ctrl-C" }
    return
      "\(what): \(Quantity.count(UInt64(count), "event")) at \(pace); Ctrl-C ends it early"
  }

  func run() async throws {
    var options = SimulatedNode.Options(
      directory: FilePaths.absolute(dir), format: format, count: count, rate: rate,
      rotateAfter: rotateAfter, seed: seed, payloadBytes: payload)
    options.keepsArchives = !dropArchives
    options.hasGaps = gaps
    options.crashEach = crash
    options.loseTailAt = loseTail
    options.migrateAt = migrateAt
    options.upgradeAt = upgradeAt
    options.restartLogAt = restartLog
    let node = SimulatedNode(options)
    StandardError.say(beginning(options.directory))
    let total = count.map { UInt64($0) }
    let written = try await Interrupts.cancelling {
      try await Self.write(node, of: total)
    }
    guard let written else { return }
    var sentence =
      "\(Quantity.count(UInt64(written.events), "event")) written to \(options.directory)"
    if let first = written.firstEventId, let last = written.lastEventId {
      sentence += ", ids \(first) to \(last)"
    }
    if written.rotations > 0 {
      sentence += ", \(Quantity.count(UInt64(written.rotations), "rotation"))"
    }
    StandardError.say(sentence)
  }
}

private func parseFormat(_ text: String) throws -> LogFormat {
  if let format = LogFormat(rawValue: text) { return format }
  throw ValidationError("expected \(formats), found \"\(text)\".")
}

private let formats = LogFormat.allCases.map(\.rawValue).joined(separator: "|")
