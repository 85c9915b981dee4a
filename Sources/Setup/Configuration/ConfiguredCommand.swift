package import Wording

/// The configuration of a secondary of kind `command`.
package struct ConfiguredCommand: Sendable, Hashable {
  package enum Mode: String, Sendable, CaseIterable {
    /// The program runs once per batch.
    case batch
    /// The program keeps running, and reports what it has stored.
    case stream
  }

  /// The program and its arguments.
  package var command: [String]
  package var mode = Mode.batch
  /// How long one run may take, or one answer.
  package var timeout = Duration.seconds(60)
  /// `stream` only: how many bytes may be unanswered; nil: the sink's default.
  package var window: Int?
  /// The program that lists what the sink holds, and its arguments.
  package var verifyCommand: [String]?

  package init(_ command: [String]) { self.command = command }

  package static let keys = ["command", "mode", "timeout", "window", "verify-command"]

  package static func read(
    _ map: ConfigurationMapping, _ paths: ConfiguredPaths
  ) throws(Refusal) -> ConfiguredCommand {
    guard let words = try program("command", map, paths) else {
      throw map.missing(
        "command", expected: "a list of the program and its arguments, like [audit-loader, --db]")
    }
    var command = ConfiguredCommand(words)
    let modes = Mode.allCases.map(\.rawValue).joined(separator: " or ")
    if let text = try map.plain("mode", expected: modes) {
      guard let mode = Mode(rawValue: text) else { throw map.mistake(at: "mode", expected: modes) }
      command.mode = mode
    }
    if let timeout = try map.duration("timeout") { command.timeout = timeout }
    command.window = try map.size("window")
    if command.window != nil, command.mode != .stream {
      throw map.mistake(
        at: "window", "\"window\" limits the unanswered bytes of mode: stream: expected that mode")
    }
    command.verifyCommand = try program("verify-command", map, paths)
    return command
  }

  /// The program at `key` and its arguments; nil if there is none.
  static func program(
    _ key: String, _ map: ConfigurationMapping, _ paths: ConfiguredPaths
  ) throws(Refusal) -> [String]? {
    guard let words = try map.list(key, of: "a program and its arguments") else { return nil }
    guard !words[0].isEmpty else {
      throw map.mistake(at: key, "\"\(key)\": expected a program, found empty text")
    }
    return CommandPath.resolve(words, paths: paths)
  }
}

/// The program of a `command`: a name is looked up in `PATH`, a path is relative to the configuration.
package enum CommandPath {
  package static func resolve(_ command: [String], paths: ConfiguredPaths) -> [String] {
    guard let program = command.first, program.contains("/") else { return command }
    return [paths.resolve(program)] + command.dropFirst()
  }
}
