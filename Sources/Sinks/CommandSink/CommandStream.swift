package import EventPersistence
internal import Foundation
internal import Synchronization

/// Hands events to a long-running program of the user's, as JSON lines on its standard input, and
/// reads its answers from its standard output: `{"eventId":N}` (optionally with `tag` and `time`)
/// says that everything through this event is stored.
///
/// * At its start the program may write `{"checkpoint":N}`: what it holds. Once the node's log has
///   begun anew, it must name the generation, too: `{"checkpoint":N,"generation":G}`. Delivery then
///   begins after the earlier of that and the checkpoint. The sink waits a second for it, or the whole
///   `timeout` if the program has written it before.
/// * It must answer for the last event that it received without waiting for more: if `window` bytes
///   are unanswered, or the next event has the same id, more comes only after the answer.
/// * It ends when its standard input ends, which is an order to stop. Bytes after the last line
///   feed are then not an event.
///
/// Only the program inherits a second lock, as descriptor 3: if its driver dies and it keeps
/// running, no other driver starts a second one.
///
/// The trade-off: a program must follow a protocol, and may receive events of a batch whose rest
/// never comes. In return it is started once, and events that a program answered before it died are
/// not sent to the next one again.
package actor CommandStream: EventSink {
  /// The default for how many bytes of events may be unanswered.
  package static let windowDefault = 1 << 20
  /// How long to wait for the checkpoint of a program that has never written one.
  static let greetingTime = Duration.seconds(1)
  /// How long a `put` takes before it reports what the program has answered so far.
  static let reportsEach = Duration.milliseconds(250)
  /// How much of a line an error shows.
  static let shownBytesMax = 200

  package nonisolated let description: SinkDescription

  // It blocks in `poll`.
  private let executor = BlockingExecutor(label: "command.stream")
  package nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  let options: CommandSink.Options
  let window: Int
  private let greetingTime: Duration
  private let reportsEach: Duration
  var program: RunningProgram?
  private var greeting = Greeting.unknown
  /// The first event that this run of the program received.
  private var firstSent: Position?
  /// The last one that it answered.
  private var lastAnswered: Position?
  /// What the program has received or is to receive, while some of it is unanswered.
  private var exchange: Exchange?

  private var starts = 0
  private var answers = 0
  private var answeredEvents = 0
  var lastEnd: String?
  var lastLine: String?

  private enum Greeting { case unknown, none, given }

  /// - Parameters:
  ///   - options: `timeout` is how long the program may leave an event unanswered, and how long it
  ///     may take to end; after that its process group gets SIGTERM, and SIGKILL after `grace`.
  ///   - window: how many bytes of events may be unanswered; a single larger event goes alone.
  /// - Precondition: `options.command` names a program; `window` is above 0.
  package init(_ options: CommandSink.Options, window: Int = windowDefault) {
    self.init(options, window: window, greetingTime: Self.greetingTime)
  }

  init(
    _ options: CommandSink.Options, window: Int, greetingTime: Duration,
    reportsEach: Duration = reportsEach
  ) {
    precondition(!options.command.isEmpty && window > 0, "a program to run, and room for events")
    self.options = options
    self.window = window
    self.greetingTime = greetingTime
    self.reportsEach = reportsEach
    description = options.description
  }

  isolated deinit { _ = program?.finish(patience: .zero, grace: options.grace) }

  // MARK: - EventSink

  /// Starts the program and reads what it holds. Does not wait for a program of an earlier driver:
  /// if one still runs, throws `SinkError.held`.
  package func open() throws(SinkError) -> Holdings {
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
    exchange = nil
    return try greet(started)
  }

  /// Throws if the program ended, or closed its output, while idle.
  package func rest() async throws(SinkError) {
    guard let program, program.isGone else { return }
    throw ended(doing: " while it was idle")
  }

  /// Returns once the program has answered for the last selected event; throws `again` if it has
  /// answered for some after 250 ms. A cancelled task does not wait for the remaining answers.
  package func put(_ batch: EventBatch) async throws(SinkError) {
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

  package func facts() async -> [String: String] {
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
  // `async` without an await: otherwise the protocol's own, which is `async`, would be preferred.
  package func close() async { stop(patience: options.timeout) }

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
        guard case .checkpoint(let position, let generation) = Answer(line: line) else {
          throw nonsense(line)
        }
        greeting = .given
        return try holdings(position, of: generation)
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
        "\(options.command[0]) wrote a {\"checkpoint\":…} line when it was last started, but not "
          + "within \(Self.text(patience)) this time\(said)")
    }
    return .unknown
  }

  /// What the program holds of the generation that it receives: nothing, if it says what it holds
  /// of an earlier one.
  private func holdings(_ position: Position?, of generation: Int) throws(SinkError) -> Holdings {
    guard position != nil, generation > options.generation else {
      return .through(generation == options.generation ? position : nil)
    }
    throw SinkError(
      .stop, code: "generation \(generation)",
      "\(options.command[0]) says that it holds events of generation \(generation) of the node's "
        + "log, and hydra-sinks knows \(options.generation). Its state directory is another one, or "
        + "an old copy: restore the right one.")
  }

  // MARK: - Events and answers

  /// Writes events and handles answers until the whole batch is answered, or throws what `put`
  /// says.
  private func send(_ batch: EventBatch, isCancelled: () -> Bool) throws(SinkError) {
    guard let program else {
      throw SinkError(.retry, code: "not running", "\(options.command[0]) is not running.")
    }
    // It may still owe answers for events of another batch, which would be mistaken for new ones.
    var owesOthers = exchange.map { !$0.goesOn(with: batch) } ?? false
    if owesOthers { exchange!.withdraw() }
    var current = exchange ?? Exchange(batch, window: window)
    defer { exchange = current.isDone ? nil : current }
    let start = ContinuousClock.now
    var quietSince = start
    var hasProgressed = false
    var stored: Position?
    func takeAnswers() throws(SinkError) {
      while let line = program.nextLine() {
        guard try take(line, &current) else { continue }
        quietSince = .now
        hasProgressed = true
        if !owesOthers { stored = current.stored }
      }
    }
    do throws(SinkError) {
      while true {
        try takeAnswers()
        if current.isDone {
          guard owesOthers else { return }
          owesOthers = false
          current = Exchange(batch, window: window)
        }
        if hasProgressed, ContinuousClock.now - start >= reportsEach {
          throw SinkError(.again, code: "under way", "\(options.command[0]) is at work.")
        }
        if program.isBabbling { throw nonsense(program.unfinishedLine) }
        if program.isSilentForGood() { throw ended(with: current) }
        if isCancelled() {
          _ = program.wait()
          try takeAnswers()
          throw left(current)
        }
        if ContinuousClock.now - quietSince > options.timeout { throw silent(current) }
        if program.wait(wantsToWrite: !current.toWrite.isEmpty) {
          if firstSent == nil { firstSent = current.batch.entries[current.answered].position }
          let bytes = current.batch.buffer.bytes[current.toWrite]
          guard let count = program.write(UnsafeRawBufferPointer(rebasing: bytes)) else {
            throw ended(with: current)
          }
          // The program owes no answer for what it has not received.
          if current.unansweredCount == 0 { quietSince = .now }
          current.wrote(count)
        }
      }
    } catch {
      var error = error
      error.stored = stored
      throw error
    }
  }

  /// Handles one line; returns whether it says that more is stored.
  private func take(_ line: ArraySlice<UInt8>, _ exchange: inout Exchange) throws(SinkError)
    -> Bool
  {
    switch Answer(line: line) {
    case nil: throw nonsense(line)
    case .checkpoint(let position, let generation):
      guard greeting == .unknown, lastAnswered == nil else { throw nonsense(line) }
      greeting = .given
      // It holds everything before its first event: nothing was skipped.
      if generation == options.generation, let position, let firstSent,
        position.eventId >= firstSent.eventId
      {
        return false
      }
      stop(patience: .zero)
      throw SinkError(
        .retry, code: "late checkpoint",
        "\(options.command[0]) reported its checkpoint "
          + "(\(position.map(\.description) ?? "null")) only after it had received events. "
          + "hydra-sinks restarts it and waits longer. A program must write its checkpoint within "
          + "a second of its start.")
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
