package import EventPersistence
internal import Wording

/// `on-state`: the program that is told when a state changes.
package struct ConfiguredOnState: Sendable, Hashable {
  /// The program and its arguments.
  package var command: [String]
  /// A change is told if the state before it or after it is at least so urgent.
  package var severity = Severity.warning

  package init(command: [String]) { self.command = command }

  private static let severities: [Severity] = [.info, .warning, .error]

  /// What `map` says; a setting that it leaves out comes from `inherited`, and `off` turns it off.
  static func read(
    _ map: ConfigurationMapping, _ paths: ConfiguredPaths, inheriting inherited: ConfiguredOnState?
  ) throws(Refusal) -> ConfiguredOnState? {
    if map.isOff("on-state") { return nil }
    guard let own = try map.mapping("on-state") else { return inherited }
    try own.allow(["command", "severity"])
    guard
      var found = try ConfiguredCommand.program("command", own, paths).map(
        ConfiguredOnState.init(command:)) ?? inherited
    else {
      throw own.missing(
        "command", expected: "a list of the program and its arguments, like [notify, --ops]")
    }
    if let inherited { found.severity = inherited.severity }
    let expectation = "info, warning or error"
    if let text = try own.plain("severity", expected: expectation) {
      guard let severity = severities.first(where: { $0.rawValue == text }) else {
        throw own.mistake(at: "severity", expected: expectation)
      }
      found.severity = severity
    }
    return found
  }
}
