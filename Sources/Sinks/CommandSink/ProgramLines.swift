package import EventPersistence
internal import Foundation

/// The lines that a program writes to its standard output, as they come: what `verify-command` lists.
///
/// The program has an empty standard input, and `HYDRA_SINKS_NAME` and
/// `HYDRA_SINKS_GENERATION` in its environment. It starts
/// when the first line is requested, and waits while its lines are not read: only 64 KiB, or one
/// longer line, and the pipe are buffered. It is ended when the iteration is abandoned.
///
/// The sequence ends normally only if the program ended with exit code 0: a list that is cut short
/// is an error.
package struct ProgramLines: AsyncSequence, Sendable {
  package typealias Element = ArraySlice<UInt8>
  package typealias Failure = SinkError

  /// A longer line is an error. A line of an event of the log may be this long.
  package static let lineBytesMax = 256 << 20

  private let command: [String]
  private let name: String
  private let generation: Int
  private let timeout: Duration
  private let lineBytesMax: Int

  /// - Parameters:
  ///   - command: the program and its arguments.
  ///   - name: the secondary's.
  ///   - generation: which of the node's logs is to be listed.
  ///   - timeout: how long it may write nothing.
  package init(
    command: [String], name: String, generation: Int, timeout: Duration = .seconds(60)
  ) {
    self.init(
      command: command, name: name, generation: generation, timeout: timeout,
      lineBytesMax: Self.lineBytesMax)
  }

  init(
    command: [String], name: String, generation: Int = 1, timeout: Duration, lineBytesMax: Int
  ) {
    precondition(!command.isEmpty, "a program to run")
    self.lineBytesMax = lineBytesMax
    self.command = command
    self.name = name
    self.generation = generation
    self.timeout = timeout
  }

  package func makeAsyncIterator() -> Iterator {
    Iterator(
      listing: Listing(
        command: command, name: name, generation: generation, timeout: timeout,
        lineBytesMax: lineBytesMax))
  }

  /// The lines, without their line feeds.
  package struct Iterator: AsyncIteratorProtocol {
    private let listing: Listing
    private var lines: [ArraySlice<UInt8>] = []
    private var index = 0

    fileprivate init(listing: Listing) { self.listing = listing }

    package mutating func next(isolation actor: isolated (any Actor)?) async throws(SinkError)
      -> ArraySlice<UInt8>?
    {
      if index == lines.count {
        guard let more = try await listing.more() else { return nil }
        lines = more
        index = 0
      }
      defer { index += 1 }
      return lines[index]
    }
  }
}

/// The thread that waits for such a program.
private actor Listing {
  private let executor = BlockingExecutor(label: "command.listing")
  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  private let command: [String]
  private let name: String
  private let generation: Int
  private let timeout: Duration
  private let lineBytesMax: Int
  private var program: RunningProgram?
  private var isOver = false

  init(
    command: [String], name: String, generation: Int, timeout: Duration, lineBytesMax: Int
  ) {
    self.lineBytesMax = lineBytesMax
    self.generation = generation
    self.command = command
    self.name = name
    self.timeout = timeout
  }

  // The iteration was abandoned: waits no longer than a signal takes.
  isolated deinit { if !isOver { _ = program?.finish(patience: .zero, grace: .seconds(1)) } }

  /// The lines since the last call; nil after the last.
  func more() async throws(SinkError) -> [ArraySlice<UInt8>]? {
    if isOver { return nil }
    if program == nil { program = try start() }
    let started = program!
    var lines: [ArraySlice<UInt8>] = []
    let since = ContinuousClock.now
    while true {
      while let line = started.nextLine() { lines.append(line) }
      if !lines.isEmpty { return lines }
      if started.isBabbling {
        throw over(
          "long line",
          "\(command[0]) lists a line of more than \(lineBytesMax >> 10) KiB")
      }
      if started.isAtEnd { return try end(of: started) }
      if Task.isCancelled {
        throw over("cancelled", "\(command[0]) was stopped before it had finished")
      }
      if ContinuousClock.now - since > timeout {
        throw over(
          "timeout", "\(command[0]) listed nothing for \(timeout.formatted()) and was stopped")
      }
      _ = started.wait()
    }
  }

  private func start() throws(SinkError) -> RunningProgram {
    var options = CommandSink.Options(command: command, name: name, childLock: "")
    options.generation = generation
    return try RunningProgram(
      command: command, environment: options.environment(), lock: nil, takesInput: false,
      lineBytesMax: lineBytesMax)
  }

  private func end(of program: RunningProgram) throws(SinkError) -> [ArraySlice<UInt8>]? {
    isOver = true
    let end = program.finish(patience: timeout, grace: .seconds(1))
    guard end == .exited(0) else {
      throw .ended(
        command[0], end, doing: " before its list was complete", timeout: timeout,
        lastLine: program.lastLine)
    }
    let rest = program.unfinishedLine
    return rest.isEmpty ? nil : [rest]
  }

  private func over(_ code: String, _ message: String) -> SinkError {
    isOver = true
    _ = program?.finish(patience: .zero, grace: .seconds(1))
    return SinkError(.retry, code: code, message)
  }
}
