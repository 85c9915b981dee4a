import EventPersistence
import Foundation

/// A long-running program, with its standard output, and its standard input if it has one, as
/// pipes.
///
/// Used by one thread, which may block: it waits in `wait`.
final class RunningProgram {
  /// The longest answer.
  static let answerBytesMax = 64 << 10
  /// How often to check on it while it writes nothing.
  static let tick = Duration.milliseconds(100)

  private let program: Program
  private let lineBytesMax: Int
  private let input: Pipe?
  private let output: Pipe
  private let errors: ErrorTail
  private var lines = LineBuffer()
  private(set) var isAtEnd = false
  private var heardBytes = 0
  private var end: Program.End?

  /// Starts it. Without `takesInput`, its standard input is empty. A line of its output may have
  /// `lineBytesMax` bytes.
  init(
    command: [String], environment: [String], lock: FolderLock?, takesInput: Bool,
    lineBytesMax: Int = answerBytesMax
  ) throws(SinkError) {
    self.lineBytesMax = lineBytesMax
    output = try Pipe()
    errors = try ErrorTail()
    let nothing = open("/dev/null", O_RDONLY | O_CLOEXEC)
    defer { close(nothing) }
    input = takesInput ? try Pipe() : nil
    program = try Program(
      command: command, environment: environment,
      streams: .init(
        input: input?.readEnd ?? nothing, output: output.writeEnd, errors: errors.descriptor),
      lock: lock)
    output.closeWriteEnd()
    output.unblockReadEnd()
    input?.closeReadEnd()
    input?.unblockWriteEnd()
  }

  /// The last line on its standard error.
  var lastLine: String? { errors.lastLine() }

  private var hasEnded: Bool { end != nil || program.hasEnded }

  // MARK: - Output

  /// Waits until it wrote something, can be written to (if `wantsToWrite`), or `tick` is over.
  ///
  /// - Returns: whether it can be written to.
  func wait(wantsToWrite: Bool = false) -> Bool {
    errors.trim()
    var watched = [pollfd(fd: isAtEnd ? -1 : output.readEnd, events: Int16(POLLIN), revents: 0)]
    if wantsToWrite, let input {
      watched.append(pollfd(fd: input.writeEnd, events: Int16(POLLOUT), revents: 0))
    }
    let count = poll(&watched, nfds_t(watched.count), Int32(Self.tick / .milliseconds(1)))
    guard count > 0 else { return false }
    if watched[0].revents != 0 { read() }
    return watched.count > 1 && watched[1].revents != 0
  }

  /// Whether it has ended or closed its output. Neither waits nor reads.
  var isGone: Bool {
    var output = pollfd(fd: output.readEnd, events: 0, revents: 0)
    return isAtEnd || hasEnded || poll(&output, 1, 0) > 0 && output.revents & Int16(POLLHUP) != 0
  }

  /// Whether it has ended, or closed its output, and all of its output was read. Processes that it
  /// started may still have its output open: this does not wait for them.
  func isSilentForGood() -> Bool {
    if isAtEnd { return true }
    guard hasEnded else { return false }
    let before = heardBytes
    _ = wait()
    return heardBytes == before
  }

  /// Reads the available output, one chunk at most.
  private func read() {
    withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: 16) { buffer in
      let count = Foundation.read(output.readEnd, buffer.baseAddress!, buffer.count)
      if count > 0 {
        heardBytes += count
        lines.append(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
        isAtEnd = true
      }
    }
  }

  /// The next whole line of its output, without its line feed.
  func nextLine() -> ArraySlice<UInt8>? { lines.next() }

  /// Its output after the last line feed.
  var unfinishedLine: ArraySlice<UInt8> { lines.rest }

  /// Whether it wrote more than a line may have.
  var isBabbling: Bool { lines.pendingCount > lineBytesMax }

  // MARK: - Input

  /// Writes as much of `bytes` as fits; nil if it closed its input.
  func write(_ bytes: UnsafeRawBufferPointer) -> Int? { input?.write(bytes) }

  /// Closes its standard input, and waits until it has ended: SIGTERM after `patience`, SIGKILL
  /// after `grace` more. Passes the lines that it writes meanwhile to `line`.
  func finish(
    patience: Duration, grace: Duration, line: (ArraySlice<UInt8>) -> Void = { _ in }
  ) -> Program.End {
    if let end { return end }
    input?.closeWriteEnd()
    let start = ContinuousClock.now
    if patience == .zero { program.signalGroup(SIGTERM) }
    while !program.hasEnded {
      _ = wait()
      if isAtEnd, !program.hasEnded { usleep(1000) }
      while let said = nextLine() { line(said) }
      if isBabbling { lines = LineBuffer() }
      let elapsed = ContinuousClock.now - start
      if elapsed >= patience + grace {
        program.signalGroup(SIGKILL)
      } else if elapsed >= patience {
        program.signalGroup(SIGTERM)
      }
    }
    let end = program.reap()
    self.end = end
    return end
  }
}
