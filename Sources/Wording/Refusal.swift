/// The exit codes of all commands.
package enum ExitStatus: Int32, Sendable {
  case done = 0
  case warning = 1
  case error = 2
  case unknown = 3
  /// A usage error, an unknown secondary included (`EX_USAGE`).
  case usage = 64
  /// Refused for the moment: a lock is held, or a replay is running (`EX_TEMPFAIL`).
  case busy = 75
  /// A wrong configuration, or a state folder that belongs to something else (`EX_CONFIG`).
  case configuration = 78
}

/// Why a command refuses: a sentence for a person, and an exit code.
package struct Refusal: Error, Hashable, CustomStringConvertible {
  package var status: ExitStatus
  /// What, where, what was found, what was expected, what to do.
  package var message: String

  /// - Parameter message: the user and the password of an address in it are left out.
  package init(_ status: ExitStatus, _ message: String) {
    self.status = status
    self.message =
      message.replacing(#///(?:[^/\s":@]*:[^\s"]*|[^/\s"]*)@/#, with: "//…@")
      .replacing(#/%2F%2F[^/\s"&]*%40/#.ignoresCase(), with: "%2F%2F…%40")
  }

  package var description: String { message }
}

/// The end of a command that has printed its result, when the exit code is not 0.
package struct Exit: Error, Hashable {
  package var code: Int32

  package init(_ status: ExitStatus) { code = status.rawValue }
  package init(code: Int32) { self.code = code }
}
