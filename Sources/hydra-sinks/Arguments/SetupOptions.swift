import ArgumentParser
import EventPersistence
import Foundation
import Setup
import Wording

/// The options that name the node, its secondaries and the state directory, for every command.
struct SetupOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The configuration. Default: ./hydra-sinks.yaml, the user's, /etc/hydra-sinks.yaml.",
      valueName: "file"))
  var config: String?

  @Option(
    help: ArgumentHelp(
      "The node's persistence directory, or a configured node's name.",
      valueName: "dir"))
  var dir: String?

  @Option(
    help: ArgumentHelp(
      "A secondary: file:///FOLDER, s3://BUCKET/PREFIX, ws://ADDRESS:PORT, nats://HOST:PORT/STREAM or command:PROGRAM; #NAME "
        + "names it. Repeatable.",
      valueName: "uri"))
  var sink: [String] = []

  /// Puts everything together; `directory` is a positional `DIR`.
  ///
  /// - Throws: a refusal: 64 if the arguments contradict one another or name nothing, 78 if the
  ///   configuration is wrong.
  func setup(directory: String? = nil) throws(Refusal) -> Setup {
    try Setup.make(
      request: .init(config: config, directory: try chosen(directory), sinks: sink),
      environment: ProcessInfo.processInfo.environment)
  }

  /// The setup of an argument `NAME` or `NODE/NAME`; also returns the secondary's own name.
  func setup(of argument: String) throws(Refusal) -> (setup: Setup, name: String) {
    let parts = argument.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, parts.allSatisfy({ !$0.isEmpty }) else {
      throw Refusal(
        .usage, "\"\(argument)\" is not a secondary: expected NAME, or NODE/NAME with several nodes"
      )
    }
    let setup = try Setup.make(
      request: .init(
        config: config, directory: dir, sinks: sink,
        node: parts.count == 2 ? String(parts[0]) : nil),
      environment: ProcessInfo.processInfo.environment)
    return (setup, String(parts[parts.count - 1]))
  }

  /// All configured nodes, or those that the arguments name.
  func nodes(directories: [String] = []) throws(Refusal) -> NodeSet {
    if directories.count > 1, let dir {
      throw Refusal(
        .usage,
        "--dir \(dir) and \(directories.joined(separator: " ")) are given: expected one"
      )
    }
    let single = try chosen(directories.first)
    return try NodeSet.make(
      request: .init(config: config, directory: single, sinks: sink),
      directories: directories.count > 1 ? directories : [],
      environment: ProcessInfo.processInfo.environment)
  }

  /// The same options as words of a command line.
  var words: [String] {
    (config.map { ["--config", $0] } ?? []) + (dir.map { ["--dir", $0] } ?? [])
      + sink.flatMap { ["--sink", $0] }
  }

  private func chosen(_ directory: String?) throws(Refusal) -> String? {
    guard let directory else { return dir }
    if let dir, !FilePaths.same(dir, directory) {
      throw Refusal(
        .usage, "two directories are given, \(directory) and --dir \(dir): expected one of them")
    }
    return directory
  }
}
