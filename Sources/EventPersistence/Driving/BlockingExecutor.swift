import Dispatch

/// A thread's worth of place for calls that block (fsync, SQLite, `waitpid`), away from the cooperative
/// pool: an actor that has it as its executor may block without holding up anybody else.
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
