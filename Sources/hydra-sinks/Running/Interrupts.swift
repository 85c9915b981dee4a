import Dispatch
import Foundation
import Synchronization
import Wording

/// SIGINT, SIGTERM, and the SIGHUP of a terminal that closes: the first asks for a clean end, the second ends the
/// process at once.
///
/// The handlers are functions rather than `SIG_IGN`, so that a program that a sink starts begins with the
/// defaults.
enum Interrupts {
  private static let state = Mutex<State>(State())
  nonisolated(unsafe) private static var writeEnd: Int32 = -1

  private struct State {
    var source: (any DispatchSourceRead)?
    var received = 0
    var waiting: [AsyncStream<Int32>.Continuation] = []
    /// Whoever reads its configuration anew on SIGHUP, and whether it had a terminal then.
    var reload: (AsyncStream<Void>.Continuation, hadTerminal: Bool)?
  }

  /// A write to a pipe without a reader returns an error instead of ending the process.
  static func ignoreBrokenPipes() {
    signal(SIGPIPE) { _ in }
  }

  /// The kernel gives signals to the process 1 of a container only if it has a handler for them: until a command has
  /// handlers of its own, and if it has none, they end the process as they end any other one.
  static func endFirstProcess() {
    for number in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] {
      signal(number) { _exit(128 + $0) }
    }
  }

  /// Runs `body`. On the first signal it prints `sentence` and cancels `body`'s task, then waits
  /// for its result.
  static func cancelling<Value: Sendable>(
    saying sentence: String? = nil,
    _ body: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    let signals = stream()
    return try await withThrowingTaskGroup(of: Value?.self) { group in
      group.addTask { try await body() }
      group.addTask {
        for await _ in signals {
          if let sentence { StandardError.say(sentence) }
          break
        }
        return nil
      }
      while let value = try await group.next() {
        group.cancelAll()
        if let value { return value }
      }
      throw CancellationError()
    }
  }

  /// From now on, a SIGHUP that is no terminal's last word is delivered here, and ends nothing.
  static func reloads() -> AsyncStream<Void> {
    let (stream, continuation) = AsyncStream.makeStream(
      of: Void.self, bufferingPolicy: .bufferingNewest(1))
    state.withLock { $0.reload = (continuation, hasTerminal) }
    return stream
  }

  /// Whether the process has a controlling terminal; one that was closed is none any more.
  private static var hasTerminal: Bool {
    let descriptor = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    close(descriptor)
    return true
  }

  /// Passes on a SIGHUP that asks for a reload; false for one that ends the process.
  private static func reloads(on signal: Int32) -> Bool {
    guard signal == SIGHUP else { return false }
    return state.withLock { state in
      guard let (continuation, hadTerminal) = state.reload, !hadTerminal || hasTerminal else {
        return false
      }
      continuation.yield()
      return true
    }
  }

  /// From now on the stream delivers the first of these signals.
  static func stream() -> AsyncStream<Int32> {
    let (stream, continuation) = AsyncStream.makeStream(of: Int32.self)
    state.withLock { state in
      if state.received > 0 {
        continuation.yield(SIGINT)
        continuation.finish()
      } else {
        state.waiting.append(continuation)
      }
      guard state.source == nil else { return }
      var ends: [Int32] = [-1, -1]
      guard pipe(&ends) == 0 else { return }
      for end in ends {
        _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        _ = fcntl(end, F_SETFL, O_NONBLOCK)
      }
      writeEnd = ends[1]
      let source = DispatchSource.makeReadSource(fileDescriptor: ends[0], queue: .global())
      source.setEventHandler { receive(from: ends[0]) }
      source.activate()
      state.source = source
      for number in [SIGINT, SIGTERM, SIGHUP] where number != SIGHUP || !isIgnored(number) {
        signal(number) { number in
          var byte = UInt8(truncatingIfNeeded: number)
          _ = write(Interrupts.writeEnd, &byte, 1)
        }
      }
    }
    return stream
  }

  /// As under `nohup`.
  private static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    guard sigaction(number, nil, &action) == 0 else { return false }
    return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
      == unsafeBitCast(SIG_IGN, to: Int.self)
  }

  private static func receive(from descriptor: Int32) {
    var byte: UInt8 = 0
    while read(descriptor, &byte, 1) == 1 {
      if reloads(on: Int32(byte)) { continue }
      let waiting = state.withLock { state in
        state.received += 1
        if state.received > 1 { _exit(128 + Int32(byte)) }
        defer { state.waiting = [] }
        return state.waiting
      }
      for continuation in waiting {
        continuation.yield(Int32(byte))
        continuation.finish()
      }
    }
  }
}
