import Dispatch

/// A thread for calls that block (fsync, SQLite, `waitpid`), outside the cooperative pool: an actor
/// with this executor may block without delaying others.
public final class BlockingExecutor: SerialExecutor {
  private let queue: DispatchQueue

  public init(label: String) {
    queue = DispatchQueue(label: "hydra-sinks.\(label)")
  }

  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
  }
}
