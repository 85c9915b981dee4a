internal import Foundation
internal import Synchronization

/// The programs that this process has started, told from the orphans that a process 1 inherits.
///
/// Process 1 of a container becomes the parent of each process whose own parent has ended (pid_namespaces(7)), and
/// must wait for it, or it stays a zombie for ever. Whoever starts a program waits for that one itself, and needs its
/// exit status: orphans are all others.
package enum ChildProcesses {
  /// Those that were started here and not yet waited for.
  private static let own = Mutex<Set<Int32>>([])
  private static let interval = 1.0

  /// Starts a program with `start`, which returns 0 and sets the program's id, or returns an error number.
  ///
  /// No orphan is waited for meanwhile: the program cannot be taken for one before its id is known.
  package static func spawn(_ start: (inout Int32) -> Int32) -> (error: Int32, id: Int32) {
    own.withLock { own in
      var id: Int32 = 0
      let error = start(&id)
      if error == 0 { own.insert(id) }
      return (error, id)
    }
  }

  /// The program has been waited for: its id may become that of another process.
  package static func wasWaitedFor(_ id: Int32) { own.withLock { _ = $0.remove(id) } }

  /// As process 1, waits for orphans from now on, once a second. Any other process inherits none.
  package static func adoptOrphans() {
    guard getpid() == 1 else { return }
    Thread.detachNewThread {
      while true {
        reapOrphans()
        Thread.sleep(forTimeInterval: interval)
      }
    }
  }

  /// Waits for the orphans that have ended; returns how many.
  @discardableResult
  package static func reapOrphans() -> Int {
    own.withLock { own in
      var count = 0
      while let id = firstZombie() {
        guard !own.contains(id) else { return count + reapOrphans(beside: own) }
        guard waitpid(id, nil, WNOHANG) == id else { break }
        count += 1
      }
      return count
    }
  }

  /// A child that has ended and was not waited for.
  private static func firstZombie() -> Int32? {
    var info = siginfo_t()
    while waitid(P_ALL, 0, &info, WEXITED | WNOWAIT | WNOHANG) != 0 {
      guard errno == EINTR else { return nil }
    }
    let id = info._sifields._sigchld.si_pid
    return id > 0 ? id : nil
  }

  /// The kernel tells only the first zombie. If that is a program of ours, whose end nobody has looked at yet, the
  /// orphans are looked for among all processes: waiting for one that is no child fails at once.
  private static func reapOrphans(beside own: Set<Int32>) -> Int {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap { Int32($0) }
      .count { !own.contains($0) && waitpid($0, nil, WNOHANG) == $0 }
  }
}
