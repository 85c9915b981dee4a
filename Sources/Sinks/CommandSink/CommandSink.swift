internal import Dispatch
package import EventPersistence
internal import Foundation

/// Hands each batch to a program of the user's, as JSON lines on its standard input.
///
/// The program runs once a batch, without a shell. Its standard input is a file that holds the
/// whole batch before the program starts: a driver that dies cannot look like the end of a batch.
/// Exit code 0 means that all of it is stored; after any other code, or a signal, the same batch
/// comes again. The program can tell what it has stored already by the ids, which its environment
/// names too:
///
/// | variable | value |
/// |---|---|
/// | `HYDRA_SINKS_NAME` | the secondary's name |
/// | `HYDRA_SINKS_GENERATION` | which of the node's logs they are of: 1, and one more each time that it began anew |
/// | `HYDRA_SINKS_FIRST_ID`, `HYDRA_SINKS_LAST_ID` | the ids of the first and the last line |
/// | `HYDRA_SINKS_COUNT` | the number of lines |
///
/// Only the program inherits a second lock, as descriptor 3: if its driver dies and it keeps
/// running, no other driver starts a second one. A process that it leaves running must close that
/// descriptor.
///
/// The trade-off: a process a batch costs about a millisecond, and a program that dies half-way
/// receives a part of the batch twice. In return a program needs no protocol, and can be in any
/// language.
package actor CommandSink: EventSink {
  package struct Options: Sendable, Hashable {
    /// The program, looked up in `PATH` unless it has a slash, and its arguments.
    package var command: [String]

    /// The secondary's name.
    package var name: String

    /// Which of the node's logs the events are of.
    package var generation = 1

    /// The file whose lock the program inherits: `STATE/NAME/child.lock`.
    package var childLock: String

    package var limits: BatchLimits

    /// How long one run may take; then its process group gets SIGTERM, and SIGKILL after `grace`.
    package var timeout: Duration
    package var grace: Duration

    package init(
      command: [String], name: String, childLock: String, limits: BatchLimits = BatchLimits(),
      timeout: Duration = .seconds(60), grace: Duration = .seconds(5)
    ) {
      self.command = command
      self.name = name
      self.childLock = childLock
      self.limits = limits
      self.timeout = timeout
      self.grace = grace
    }
  }

  package nonisolated let description: SinkDescription
  package nonisolated let restInterval: Duration? = nil

  // Taking the lock, writing the batch and starting the program block.
  private nonisolated let executor = BlockingExecutor(label: "command")
  package nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  private let options: Options
  private let queue = DispatchQueue(label: "hydra-sinks.command")
  private var runs = 0
  private var lastEnd: String?
  private var lastTook: Duration?
  private var lastLine: String?

  /// - Precondition: `options.command` names a program.
  package init(_ options: Options) {
    precondition(!options.command.isEmpty, "a program to run")
    self.options = options
    description = options.description
  }

  /// Does not wait for a program of an earlier driver: if one still runs, throws `SinkError.held`.
  package func open() throws(SinkError) -> Holdings {
    try options.takeChildLock().release()
    return .unknown
  }

  /// Runs the program on the batch; returns once it ended with exit code 0. If no event is
  /// selected, does not run it. A cancelled task still waits for the program's end.
  package func put(_ batch: EventBatch) async throws(SinkError) {
    guard !batch.entries.isEmpty else { return }
    let lock = try options.takeChildLock()
    let input = try ProgramInput(batch)
    let errors = try ErrorTail()
    let start = ContinuousClock.now
    let program = try Program(
      command: options.command, environment: environment(of: batch),
      streams: .init(input: input.descriptor, output: nil, errors: errors.descriptor), lock: lock)
    // The program has its own copy by now, and holds the lock as long as it runs.
    lock.leaveToHeir()
    let end = await program.end(
      on: queue, timeout: options.timeout, grace: options.grace, trimming: errors)
    runs += 1
    lastTook = ContinuousClock.now - start
    lastEnd = end.text
    lastLine = errors.lastLine()
    guard end == .exited(0) else {
      throw .ended(
        options.command[0], end, doing: "", timeout: options.timeout, lastLine: lastLine)
    }
  }

  // `async` without an await: otherwise the protocol's own, which is `async`, would be preferred.
  package func facts() async -> [String: String] {
    var facts = ["runs": "\(runs)", "mode": "batch"]
    facts["last end"] = lastEnd
    facts["last run took"] = lastTook.map { "\(Int($0 / .milliseconds(1))) ms" }
    facts["last line on standard error"] = lastLine
    return facts
  }

  // MARK: - Parts of a run

  private func environment(of batch: EventBatch) -> [String] {
    let own = [
      "HYDRA_SINKS_FIRST_ID": "\(batch.entries.first!.position.eventId)",
      "HYDRA_SINKS_LAST_ID": "\(batch.entries.last!.position.eventId)",
      "HYDRA_SINKS_COUNT": "\(batch.entries.count)",
    ]
    return options.environment(adding: own)
  }
}
