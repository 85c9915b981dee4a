import ArgumentParser
import EventPersistence
import Foundation

/// The options by which every command is told its node, its secondaries and its state directory.
struct SetupOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The configuration. Default: ./hydra-sinks.yaml, the user's, /etc/hydra-sinks.yaml.",
      valueName: "file"))
  var config: String?

  @Option(
    help: ArgumentHelp(
      "The node's persistence directory, instead of a configuration's.", valueName: "dir"))
  var dir: String?

  @Option(
    help: ArgumentHelp(
      "A secondary: file:///FOLDER or command:PROGRAM, #NAME names it. Repeatable.",
      valueName: "uri"))
  var sink: [String] = []

  /// Puts everything together; `directory` is a positional `DIR`.
  ///
  /// - Throws: a refusal: 64 where arguments contradict one another or name nothing, 78 where the
  ///   configuration does not fit.
  func setup(directory: String? = nil) throws(Refusal) -> Setup {
    try Setup.make(
      request: .init(config: config, directory: try chosen(directory), sinks: sink),
      environment: ProcessInfo.processInfo.environment)
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
