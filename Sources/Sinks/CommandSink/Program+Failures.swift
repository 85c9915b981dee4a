package import EventPersistence
import Foundation

extension SinkError {
  /// Why a program could not be started.
  package static func notStarted(_ program: String, _ code: Int32) -> SinkError {
    let reason = String(cString: strerror(code))
    return switch code {
    case ENOENT:
      SinkError(
        .stop, code: "no such program",
        "\(program): not found" + (program.contains("/") ? "" : " in PATH")
          + " (or its `#!` interpreter is missing). Install it, or correct `command`."
      )
    case EACCES:
      SinkError(
        .stop, code: "not executable",
        "\(program) may not be executed: its mode, its folder's, or a mount with noexec forbids it."
      )
    case ENOEXEC:
      SinkError(
        .stop, code: "not executable",
        "\(program) is not a program that this system can run: a script starts with a line like "
          + "#!/bin/sh."
      )
    case EAGAIN, ENOMEM, ENFILE, EMFILE, ETXTBSY:
      SinkError(.retry, code: "not started", "\(program) could not be started now: \(reason)")
    default:
      SinkError(.stop, code: "not started", "\(program) could not be started: \(reason)")
    }
  }

  /// What the end of a program means for the work that `doing` names.
  static func ended(
    _ program: String, _ end: Program.End, doing: String, timeout: Duration, lastLine: String?
  ) -> SinkError {
    let said = lastLine.map { ": \($0)" } ?? ", and said nothing on standard error"
    return switch end {
    case .exited(let code):
      SinkError(
        .retry, code: "exit \(code)", "\(program) ended with exit code \(code)\(doing)\(said)")
    case .killed(let signal):
      SinkError(
        .retry, code: SignalName.of(signal),
        "\(program) was killed by \(SignalName.of(signal))\(doing)\(said)")
    case .timedOut:
      SinkError(
        .retry, code: "timeout",
        "\(program) did not finish within "
          + "\(timeout.formatted(.units(allowed: [.minutes, .seconds, .milliseconds]))) "
          + "and was stopped\(said)")
    case .lost(let error):
      SinkError(
        .retry, code: "lost",
        "How \(program) ended is unknown (\(error)): its unfinished work counts as not stored.")
    }
  }
}

extension Program.End {
  /// For a line of facts.
  var text: String {
    switch self {
    case .exited(let code): "exit \(code)"
    case .killed(let signal): SignalName.of(signal)
    case .timedOut: "timed out"
    case .lost: "not known"
    }
  }
}
