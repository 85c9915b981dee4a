internal import Dispatch
package import EventPersistence
internal import Foundation

/// One run of a program that is told something: what `on-state` starts.
///
/// It runs without a shell, in a process group of its own. Its standard input is complete before
/// it starts; what it writes to its standard output is discarded.
package struct ProgramRun: Sendable {
  /// The program, looked up in `PATH` unless it has a slash, and its arguments.
  package var command: [String]
  /// Variables beside those of this process.
  package var environment: [String: String]
  /// How long it may take; then its process group gets SIGTERM, and SIGKILL after `grace`.
  package var timeout: Duration
  package var grace: Duration

  private static let queue = DispatchQueue(label: "hydra-sinks.program", attributes: .concurrent)

  /// - Precondition: `command` names a program.
  package init(
    command: [String], environment: [String: String] = [:], timeout: Duration,
    grace: Duration = .seconds(5)
  ) {
    precondition(!command.isEmpty, "a program to run")
    self.command = command
    self.environment = environment
    self.timeout = timeout
    self.grace = grace
  }

  /// Runs it on `input`; returns once it ended with exit code 0.
  ///
  /// If the task is cancelled, the program is ended as after `timeout`. The start, which blocks for
  /// about a millisecond, is on the caller's actor.
  ///
  /// - Throws: why it could not be started, or how it ended, with its last line on standard error.
  package func run(
    on input: [UInt8], isolation: isolated (any Actor)? = #isolation
  ) async throws(SinkError) {
    let errors = try ErrorTail()
    let program = try start(on: input, errors)
    let end = await withTaskCancellationHandler {
      await program.end(on: Self.queue, timeout: timeout, grace: grace, trimming: errors)
    } onCancel: {
      program.signalGroup(SIGTERM)
      let patience = DispatchTimeInterval.milliseconds(Int(grace / .milliseconds(1)))
      Self.queue.asyncAfter(deadline: .now() + patience) { program.signalGroup(SIGKILL) }
    }
    guard end == .exited(0) else {
      throw .ended(
        command[0], end, doing: "", timeout: timeout, lastLine: errors.lastLine())
    }
  }

  private func start(on input: [UInt8], _ errors: ErrorTail) throws(SinkError) -> Program {
    let result = input.withUnsafeBytes { bytes in
      Result { () throws(SinkError) in try ProgramInput([bytes]) }
    }
    let file = try result.get()
    let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    return try Program(
      command: command, environment: variables.map { "\($0)=\($1)" },
      streams: .init(input: file.descriptor, output: nil, errors: errors.descriptor), lock: nil)
  }
}
