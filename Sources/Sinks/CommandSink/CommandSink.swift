internal import Dispatch
public import EventPersistence
internal import Foundation

/// Hands each batch to a program of the user's, as JSON lines on its standard input.
///
/// The program is run once a batch, without a shell. Its standard input is a file that holds the whole batch
/// before the program starts: a driver that dies cannot look like the end of a batch. Exit code 0 says that
/// all of it is stored; with any other, or a signal, the same batch comes again. What it stored already it
/// can tell by the ids, which its environment names too:
///
/// | variable | value |
/// |---|---|
/// | `HYDRA_SINKS_NAME` | the secondary's name |
/// | `HYDRA_SINKS_FIRST_ID`, `HYDRA_SINKS_LAST_ID` | the ids of the first and the last line |
/// | `HYDRA_SINKS_COUNT` | the number of lines |
///
/// The program alone inherits a second lock, as descriptor 3: while it runs on after its driver died, no
/// other driver starts a second one. A program that leaves something running behind must close it there.
///
/// The trade-off: a process a batch costs about a millisecond, and a program that dies half-way sees a part
/// of the batch twice. In return a program needs no protocol, and any language will do.
public actor CommandSink: EventSink {
  public struct Options: Sendable, Hashable {
    /// The program, found along `PATH` where it has no slash, and its arguments.
    public var command: [String]

    /// The secondary's name.
    public var name: String

    /// The file whose lock the program inherits: `STATE/NAME/child.lock`.
    public var childLock: String

    public var limits: BatchLimits

    /// How long one run may take; then its process group gets SIGTERM, and SIGKILL after `grace`.
    public var timeout: Duration
    public var grace: Duration

    public init(
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

  public nonisolated let description: SinkDescription

  // Taking the lock, writing the batch and starting the program block.
  private nonisolated let executor = BlockingExecutor(label: "command")
  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  private let options: Options
  private let queue = DispatchQueue(label: "hydra-sinks.command")
  private var runs = 0
  private var lastEnd: String?
  private var lastTook: Duration?
  private var lastLine: String?

  /// - Precondition: `options.command` names a program.
  public init(_ options: Options) {
    precondition(!options.command.isEmpty, "a program to run")
    self.options = options
    description = options.description
  }

  /// Waits for nobody: where a program of an earlier driver is still at work, that is `SinkError.held`.
  public func open() throws(SinkError) -> Holdings {
    try options.takeChildLock().release()
    return .unknown
  }

  /// Runs the program on the batch; returns once it ended with exit code 0. Where nothing is selected,
  /// nothing is run. A task that is cancelled still waits for the program's end.
  public func put(_ batch: EventBatch) async throws(SinkError) {
    guard !batch.entries.isEmpty else { return }
    let lock = try options.takeChildLock()
    let input = try BatchFile(batch)
    let errors = try ErrorTail()
    let start = ContinuousClock.now
    let program = try Program(
      command: options.command, environment: environment(of: batch),
      streams: .init(input: input.descriptor, output: nil, errors: errors.descriptor), lock: lock)
    // The program has its own by now, and holds the lock for as long as it lives.
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

  // `async` although nothing is waited for: the protocol's own, which is, would be preferred to it.
  public func facts() async -> [String: String] {
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
