import CSpawn
import Dispatch
import EventPersistence
import Foundation
import Synchronization

/// A program under way: in a process group of its own, with its standard input, its standard error and the
/// lock, and no other descriptor of ours.
final class Program: Sendable {
  enum End: Sendable, Hashable {
    case exited(Int32)
    case killed(signal: Int32)
    /// It was not done in time and was ended.
    case timedOut
    /// It ended, and how is not known.
    case lost(String)
  }

  private struct State {
    var isReaped = false
    var isTimedOut = false
  }

  private let processId: pid_t
  private let state = Mutex(State())

  /// Starts the program.
  init(
    command: [String], environment: [String], input: Int32, errors: Int32, lock: FolderLock
  ) throws(SinkError) {
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    posix_spawn_file_actions_adddup2(&actions, input, 0)
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, errors, 2)
    lock.withDescriptor { posix_spawn_file_actions_adddup2(&actions, $0, 3) }
    cspawn_add_close_from(&actions, 4)

    // Signals that we ignore or block are ours to ignore, not the program's.
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
    var processId: pid_t = 0
    let error = posix_spawnp(
      &processId, command[0], &actions, &attributes, &arguments, &variables)
    guard error == 0 else { throw Self.notStarted(command[0], error) }
    self.processId = processId
  }

  /// Waits for the program's end, and ends it where that takes longer than `timeout`. Being cancelled
  /// changes nothing: the batch in hand is finished.
  func end(
    on queue: DispatchQueue, timeout: Duration, grace: Duration, trimming errors: ErrorTail
  ) async -> End {
    // The program's own process is waited for, not its group: what it leaves running holds the lock.
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

  private func signalGroup(_ signal: Int32) {
    state.withLock {
      // Until it is reaped, nobody else can have its number.
      guard !$0.isReaped else { return }
      $0.isTimedOut = true
      kill(-processId, signal)
    }
  }

  /// Blocks until the program has ended.
  private func reap() -> End {
    var info = siginfo_t()
    // It stays to be reaped, so that its number stays its own until the lock below is taken.
    while waitid(P_PID, id_t(processId), &info, WEXITED | WNOWAIT) != 0 {
      guard errno == EINTR else { return .lost(String(cString: strerror(errno))) }
    }
    return state.withLock { state in
      state.isReaped = true
      var status: Int32 = 0
      while waitpid(processId, &status, 0) < 0 {
        guard errno == EINTR else { return .lost(String(cString: strerror(errno))) }
      }
      let signal = status & 0x7F
      let code = status >> 8 & 0xFF
      // Done at the last moment is done: the program says so.
      if signal == 0, code == 0 { return .exited(0) }
      if state.isTimedOut { return .timedOut }
      return signal == 0 ? .exited(code) : .killed(signal: signal)
    }
  }

  private static func notStarted(_ program: String, _ code: Int32) -> SinkError {
    let reason = String(cString: strerror(code))
    return switch code {
    case ENOENT:
      SinkError(
        .stop, code: "no such program",
        "\(program) is not there"
          + (program.contains("/") ? "" : " (looked for along PATH)")
          + ", or the interpreter that its first line names is not. Install it, or correct `command`."
      )
    case EACCES:
      SinkError(
        .stop, code: "not executable",
        "\(program) may not be executed: its mode, its folder's, or a mount with noexec forbids it."
      )
    case ENOEXEC:
      SinkError(
        .stop, code: "not executable",
        "\(program) is no program that the kernel knows: a script needs a first line like #!/bin/sh."
      )
    case EAGAIN, ENOMEM, ENFILE, EMFILE, ETXTBSY:
      SinkError(.retry, code: "not started", "\(program) could not be started now: \(reason)")
    default:
      SinkError(.stop, code: "not started", "\(program) could not be started: \(reason)")
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
