public import EventPersistence
internal import Foundation
internal import Synchronization

/// Hands events to a program of the user's that runs on, as JSON lines on its standard input, and takes its
/// answers from its standard output: `{"eventId":N}` (optionally with `tag` and `time`) says that everything
/// through there is stored.
///
/// * At its start the program may say `{"checkpoint":N}`: what it holds. Delivery then begins after the
///   earlier of that and the checkpoint. It is waited for a second, and for the whole `timeout` once the
///   program is known to say it.
/// * It must answer for the last event that it was given although nothing follows: more comes only then where
///   `window` bytes are unanswered, or where the next event has the same id.
/// * It ends when its standard input ends, which is an order to stop. What stands after the last line feed
///   then is no event.
///
/// The program alone inherits a second lock, as descriptor 3: while it runs on after its driver died, no other
/// driver starts a second one.
///
/// The trade-off: a program has a protocol to keep, and sees events of which the rest of the batch never
/// comes. In return nothing is started in between, and what a program that dies had answered is not given to
/// the next one again, as long as the driver lives.
public actor CommandStream: EventSink {
  /// So many bytes of events may be unanswered, where nothing else is configured.
  public static let windowDefault = 1 << 20
  /// How long a program that was never heard to tell its checkpoint is given to do so.
  static let greetingTime = Duration.seconds(1)
  /// So much of a line is shown in an error.
  static let shownBytesMax = 200

  public nonisolated let description: SinkDescription

  // It blocks in `poll`.
  private let executor = BlockingExecutor(label: "command.stream")
  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  let options: CommandSink.Options
  let window: Int
  private let greetingTime: Duration
  var program: RunningProgram?
  private var greeting = Greeting.unknown
  /// The first event that this run of the program was given.
  private var firstSent: Position?
  /// The last one that it answered.
  private var lastAnswered: Position?
  /// The batch that failed.
  private var interrupted: InterruptedBatch?

  private var starts = 0
  private var answers = 0
  private var answeredEvents = 0
  var lastEnd: String?
  var lastLine: String?

  private enum Greeting { case unknown, none, given }

  /// - Parameters:
  ///   - options: `timeout` is how long the program may leave an event unanswered, and how long it may take
  ///     to end; then its process group gets SIGTERM, and SIGKILL after `grace`.
  ///   - window: how many bytes of events may be unanswered; a single larger event goes alone.
  /// - Precondition: `options.command` names a program; `window` is above 0.
  public init(_ options: CommandSink.Options, window: Int = windowDefault) {
    self.init(options, window: window, greetingTime: Self.greetingTime)
  }

  init(_ options: CommandSink.Options, window: Int, greetingTime: Duration) {
    precondition(!options.command.isEmpty && window > 0, "a program to run, and room for events")
    self.options = options
    self.window = window
    self.greetingTime = greetingTime
    description = options.description
  }

  isolated deinit { _ = program?.finish(patience: .zero, grace: options.grace) }

  // MARK: - EventSink

  /// Starts the program and hears what it holds. Waits for nobody: where a program of an earlier driver is
  /// still at work, that is `SinkError.held`.
  public func open() throws(SinkError) -> Holdings {
    stop(patience: options.timeout)
    let lock = try options.takeChildLock()
    let started = try RunningProgram(
      command: options.command, environment: options.environment(), lock: lock, takesInput: true)
    // The program has its own by now, and holds the lock for as long as it lives.
    lock.leaveToHeir()
    program = started
    starts += 1
    firstSent = nil
    lastAnswered = nil
    return try greet(started)
  }

  /// A program that has ended, or closed its output, though nothing was asked of it.
  public func rest() async throws(SinkError) {
    guard let program, program.isGone else { return }
    throw ended(doing: " while there was nothing to do")
  }

  /// Returns once the program has answered for the last event that is selected. A task that is cancelled
  /// leaves what is not answered.
  public func put(_ batch: EventBatch) async throws(SinkError) {
    guard !batch.entries.isEmpty else { return }
    let isCancelled = Atomic(false)
    let result = await withTaskCancellationHandler {
      () async -> Result<Void, SinkError> in
      do throws(SinkError) {
        return .success(try send(batch) { isCancelled.load(ordering: .relaxed) })
      } catch {
        return .failure(error)
      }
    } onCancel: {
      isCancelled.store(true, ordering: .relaxed)
    }
    try result.get()
  }

  public func facts() async -> [String: String] {
    var facts = [
      "mode": "stream", "starts": "\(starts)", "answers": "\(answers)",
      "answered events": "\(answeredEvents)", "window": "\(window) bytes",
    ]
    facts["last answer"] = lastAnswered?.description
    facts["last end"] = lastEnd
    facts["last line on standard error"] = program?.lastLine ?? lastLine
    return facts
  }

  /// Closes the program's standard input and waits for its end.
  // `async` although nothing is waited for: the protocol's own, which is, would be preferred to it.
  public func close() async { stop(patience: options.timeout) }

  // MARK: - The program

  func stop(patience: Duration) {
    guard let program else { return }
    lastEnd = program.finish(patience: patience, grace: options.grace).text
    lastLine = program.lastLine
    self.program = nil
  }

  private func greet(_ program: RunningProgram) throws(SinkError) -> Holdings {
    if greeting == .none { return .unknown }
    let patience = greeting == .given ? options.timeout : greetingTime
    let start = ContinuousClock.now
    while true {
      if let line = program.nextLine() {
        guard case .checkpoint(let position) = Answer(line: line) else { throw nonsense(line) }
        greeting = .given
        interrupted?.forget(after: position)
        return .through(position)
      }
      if program.isBabbling { throw nonsense(program.unfinishedLine) }
      if program.isSilentForGood() { throw ended() }
      guard ContinuousClock.now - start < patience else { break }
      _ = program.wait()
    }
    guard greeting == .unknown else {
      stop(patience: .zero)
      throw SinkError(
        .retry, code: "timeout",
        "\(options.command[0]) did not say its {\"checkpoint\":…} within \(Self.text(patience)), as it "
          + "did before\(said)")
    }
    return .unknown
  }

  // MARK: - Events and answers

  private func send(_ batch: EventBatch, isCancelled: () -> Bool) throws(SinkError) {
    guard let program else {
      throw SinkError(.retry, code: "not running", "\(options.command[0]) is not running.")
    }
    let start = interrupted?.resumption(of: batch) ?? batch.entries.startIndex
    interrupted = nil
    var exchange = Exchange(batch, from: start, window: window)
    var quietSince = ContinuousClock.now
    do throws(SinkError) {
      while true {
        while let line = program.nextLine() {
          if try take(line, &exchange) { quietSince = .now }
        }
        if exchange.isDone { return }
        if program.isBabbling { throw nonsense(program.unfinishedLine) }
        if program.isSilentForGood() {
          throw ended(with: exchange)
        }
        if isCancelled() {
          _ = program.wait()
          while let line = program.nextLine() { _ = try take(line, &exchange) }
          throw left(exchange)
        }
        if ContinuousClock.now - quietSince > options.timeout { throw silent(exchange) }
        if program.wait(wantsToWrite: !exchange.toWrite.isEmpty) {
          if firstSent == nil { firstSent = batch.entries[exchange.answered].position }
          let bytes = batch.buffer.bytes[exchange.toWrite]
          guard let count = program.write(UnsafeRawBufferPointer(rebasing: bytes)) else {
            throw ended(with: exchange)
          }
          // Nobody owes an answer for what it has not got.
          if exchange.unansweredCount == 0 { quietSince = .now }
          exchange.wrote(count)
        }
      }
    } catch {
      interrupted = InterruptedBatch(batch: batch, answered: exchange.answered)
      throw error
    }
  }

  /// Takes one line; whether it says that something more is stored.
  private func take(_ line: ArraySlice<UInt8>, _ exchange: inout Exchange) throws(SinkError)
    -> Bool
  {
    switch Answer(line: line) {
    case nil: throw nonsense(line)
    case .checkpoint(let position):
      guard greeting == .unknown, lastAnswered == nil else { throw nonsense(line) }
      greeting = .given
      // It holds everything before what it was given: nothing was skipped.
      if let position, let firstSent, position.eventId >= firstSent.eventId { return false }
      stop(patience: .zero)
      throw SinkError(
        .retry, code: "late checkpoint",
        "\(options.command[0]) said that it holds \(position.map { "through \($0)" } ?? "nothing") when "
          + "it had been given events already. It is started anew and waited for; say it within a second."
      )
    case .stored(let position):
      answers += 1
      if greeting == .unknown { greeting = .none }
      switch exchange.answer(position) {
      case .stored(let count):
        answeredEvents += count
        lastAnswered = exchange.batch.entries[exchange.answered - 1].position
        return true
      case .known: return false
      case .neverSent:
        if let lastAnswered, lastAnswered.agrees(with: position) { return false }
        throw neverSent(line)
      }
    }
  }
}
