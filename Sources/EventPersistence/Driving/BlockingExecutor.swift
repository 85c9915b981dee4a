internal import Foundation

/// A thread for calls that block (fsync, SQLite, `waitpid`), outside the cooperative pool: an actor
/// with this executor may block without delaying others.
///
/// The thread begins with its first job, and ends once it has had none for some seconds, until the
/// next one comes. An actor that waits with `sleep(for:)` wakes on its own thread: a poll costs one
/// wake-up, and no other thread takes part.
public final class BlockingExecutor: SerialExecutor {
  private let thread: ExecutorThread

  public init(label: String) {
    thread = ExecutorThread(label: label)
  }

  deinit { thread.end() }

  public func enqueue(_ job: consuming ExecutorJob) {
    thread.add(ExecutorThread.Job(job: UnownedJob(job), executor: self))
  }

  /// Suspends the caller, who runs on this executor, for `duration`: other jobs run meanwhile. A
  /// cancelled task waits nevertheless.
  nonisolated(nonsending) func sleep(for duration: Duration) async {
    await withUnsafeContinuation { continuation in
      thread.wake(continuation, after: duration)
    }
  }
}

/// The thread of an executor, its jobs and its timers.
// Everything that changes is guarded by `lock`.
private final class ExecutorThread: @unchecked Sendable {
  struct Job {
    var job: UnownedJob
    /// It must not go before the job has run.
    var executor: BlockingExecutor
  }

  private struct Timer {
    var dueAt: ContinuousClock.Instant
    var continuation: UnsafeContinuation<Void, Never>
  }

  /// For how long a thread without a job stays.
  private static let idleMax = Duration.seconds(3)

  private let label: String
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let signal = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var jobs: [Job] = []
  private var timers: [Timer] = []
  private var isRunning = false
  private var isWaiting = false
  private var isEnding = false

  init(label: String) {
    self.label = label
    pthread_mutex_init(lock, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(signal, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(signal)
    pthread_mutex_destroy(lock)
    signal.deallocate()
    lock.deallocate()
  }

  func add(_ job: Job) { change { $0.jobs.append(job) } }

  func wake(_ continuation: UnsafeContinuation<Void, Never>, after duration: Duration) {
    let timer = Timer(dueAt: .now.advanced(by: duration), continuation: continuation)
    change { $0.timers.append(timer) }
  }

  func end() { change { $0.isEnding = true } }

  private func change(_ body: (ExecutorThread) -> Void) {
    pthread_mutex_lock(lock)
    body(self)
    if isRunning {
      if isWaiting { pthread_cond_signal(signal) }
    } else if !isEnding {
      isRunning = true
      start()
    }
    pthread_mutex_unlock(lock)
  }

  private func start() {
    var thread = pthread_t()
    let code = pthread_create(
      &thread, nil,
      { context in
        Unmanaged<ExecutorThread>.fromOpaque(context!).takeRetainedValue().run()
        return nil
      }, Unmanaged.passRetained(self).toOpaque())
    precondition(code == 0, "no thread for \(label): \(String(cString: strerror(code)))")
    pthread_detach(thread)
  }

  private func run() {
    var batch: [Job] = []
    pthread_mutex_lock(lock)
    while takeWork(&batch) {
      pthread_mutex_unlock(lock)
      for job in batch { job.job.runSynchronously(on: job.executor.asUnownedSerialExecutor()) }
      // The last reference to an executor may be among these: it ends this thread.
      batch.removeAll(keepingCapacity: true)
      pthread_mutex_lock(lock)
    }
    isRunning = false
    pthread_mutex_unlock(lock)
  }

  /// Waits for jobs, and takes them; false if the thread ends. Called with the lock.
  private func takeWork(_ batch: inout [Job]) -> Bool {
    let idleUntil = ContinuousClock.now.advanced(by: Self.idleMax)
    while true {
      resumeDue()
      if !jobs.isEmpty {
        swap(&batch, &jobs)
        return true
      }
      if isEnding { return false }
      let next = timers.lazy.map(\.dueAt).min()
      if next == nil, ContinuousClock.now >= idleUntil { return false }
      isWaiting = true
      wait(until: next ?? idleUntil)
      isWaiting = false
    }
  }

  /// Resumes the tasks that have waited long enough: each then is a job of its actor's executor,
  /// usually this one.
  private func resumeDue() {
    guard !timers.isEmpty else { return }
    let now = ContinuousClock.now
    guard timers.contains(where: { $0.dueAt <= now }) else { return }
    let due = timers.filter { $0.dueAt <= now }
    timers.removeAll { $0.dueAt <= now }
    pthread_mutex_unlock(lock)
    for timer in due { timer.continuation.resume() }
    pthread_mutex_lock(lock)
  }

  private func wait(until instant: ContinuousClock.Instant) {
    let (seconds, attoseconds) = max(.zero, ContinuousClock.now.duration(to: instant)).components
    var end = timespec()
    clock_gettime(CLOCK_MONOTONIC, &end)
    end.tv_sec += Int(seconds)
    // Up, so that it does not wake just before.
    end.tv_nsec += Int(attoseconds / 1_000_000_000) + 1
    if end.tv_nsec >= 1_000_000_000 {
      end.tv_sec += 1
      end.tv_nsec -= 1_000_000_000
    }
    pthread_cond_timedwait(signal, lock, &end)
  }
}
