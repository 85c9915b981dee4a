import CSpawn
import Dispatch
import EventPersistence
import Foundation
import Synchronization

/// A running program: in a process group of its own, with its standard streams and the lock, and no
/// other descriptor of ours.
final class Program: Sendable {
  enum End: Sendable, Hashable {
    case exited(Int32)
    case killed(signal: Int32)
    /// It did not finish in time and was ended.
    case timedOut
    /// It ended in an unknown way.
    case lost(String)
  }

  /// Its standard input, output and error; without an output, what it writes there is discarded.
  struct Streams {
    var input: Int32
    var output: Int32?
    var errors: Int32
  }

  private struct State {
    var isReaped = false
    var isTimedOut = false
  }

  private let processId: pid_t
  private let state = Mutex(State())

  /// Starts the program, which inherits the lock, if there is one, as descriptor 3.
  init(
    command: [String], environment: [String], streams: Streams, lock: FolderLock?
  ) throws(SinkError) {
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    posix_spawn_file_actions_adddup2(&actions, streams.input, 0)
    if let output = streams.output {
      posix_spawn_file_actions_adddup2(&actions, output, 1)
    } else {
      posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    }
    posix_spawn_file_actions_adddup2(&actions, streams.errors, 2)
    lock?.withDescriptor { posix_spawn_file_actions_adddup2(&actions, $0, 3) }
    cspawn_add_close_from(&actions, lock == nil ? 3 : 4)

    // Signals that we ignore or block have their default in the program.
    var signals = sigset_t()
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes,
      Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

    var arguments = command.map { strdup($0) } + [nil]
    var variables = environment.map { strdup($0) } + [nil]
    defer { for text in arguments + variables { free(text) } }
    let (error, processId) = ChildProcesses.spawn {
      posix_spawnp(&$0, command[0], &actions, &attributes, &arguments, &variables)
    }
    guard error == 0 else { throw .notStarted(command[0], error) }
    self.processId = processId
  }

  /// Waits for the program's end, and ends it after `timeout`. Cancellation changes nothing: the
  /// current batch is finished.
  func end(
    on queue: DispatchQueue, timeout: Duration, grace: Duration, trimming errors: ErrorTail
  ) async -> End {
    // Waits for the program's own process, not its group: what it leaves running holds the lock.
    let clock = DispatchSource.makeTimerSource(queue: .global())
    let start = ContinuousClock.now
    clock.setEventHandler { [self] in
      errors.trim()
      let elapsed = ContinuousClock.now - start
      if elapsed >= timeout + grace {
        signalGroup(SIGKILL)
      } else if elapsed >= timeout {
        signalGroup(SIGTERM)
      }
    }
    clock.schedule(
      deadline: .now() + .milliseconds(100),
      repeating: .milliseconds(100))
    clock.activate()
    defer { clock.cancel() }
    return await withCheckedContinuation { continuation in
      queue.async { [self] in continuation.resume(returning: reap()) }
    }
  }

  /// Sends `signal` to it and what it started; from now on it counts as timed out.
  func signalGroup(_ signal: Int32) {
    state.withLock {
      // Until it is reaped, no other process can have its number.
      guard !$0.isReaped else { return }
      $0.isTimedOut = true
      kill(-processId, signal)
    }
  }

  /// Whether it has ended. The caller must still reap it.
  var hasEnded: Bool {
    var info = siginfo_t()
    while waitid(P_PID, id_t(processId), &info, WEXITED | WNOWAIT | WNOHANG) != 0 {
      guard errno == EINTR else { return true }
    }
    return info.si_signo == SIGCHLD
  }

  /// Blocks until the program has ended.
  func reap() -> End {
    var info = siginfo_t()
    // It is not reaped yet, so that its number stays its own until the lock below is taken.
    while waitid(P_PID, id_t(processId), &info, WEXITED | WNOWAIT) != 0 {
      guard errno == EINTR else { return .lost(String(cString: strerror(errno))) }
    }
    return state.withLock { state in
      state.isReaped = true
      var status: Int32 = 0
      while waitpid(processId, &status, 0) < 0 {
        guard errno == EINTR else { return .lost(String(cString: strerror(errno))) }
      }
      ChildProcesses.wasWaitedFor(processId)
      let signal = status & 0x7F
      let code = status >> 8 & 0xFF
      // A program that finished at the last moment has finished.
      if signal == 0, code == 0 { return .exited(0) }
      if state.isTimedOut { return .timedOut }
      return signal == 0 ? .exited(code) : .killed(signal: signal)
    }
  }
}
