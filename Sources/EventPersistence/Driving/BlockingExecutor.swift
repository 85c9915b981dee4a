internal import Foundation

/// A thread for calls that block (fsync, SQLite, `waitpid`), outside the cooperative pool: an actor
/// with this executor may block without delaying others.
///
/// The thread begins with its first job, and ends once it has had none for some seconds, until the
/// next one comes. What waits here (`sleep`, `wait`) is woken by this thread: if it is an actor of
/// this executor, no other thread takes part.
public final class BlockingExecutor: SerialExecutor {
  private let thread: ExecutorThread

  public init(label: String) {
    thread = ExecutorThread(label: label)
  }

  deinit { thread.end() }

  public func enqueue(_ job: consuming ExecutorJob) {
    thread.add(ExecutorThread.Job(job: UnownedJob(job), on: .actors(self)))
  }

  /// Runs `body`, of which this thread also does what belongs to no actor, and so do its child tasks: to
  /// begin and to end one takes no other thread.
  nonisolated(nonsending) package func doingAll<Value>(
    _ body: () async -> Value
  ) async -> Value {
    await withTaskExecutorPreference(LooseTasks(of: thread)) { await body() }
  }

  /// Suspends the caller for `duration`, or until its task is cancelled; this thread runs other jobs
  /// meanwhile.
  nonisolated(nonsending) package func sleep(for duration: Duration) async {
    let alarm = Alarm(thread, for: duration)
    await withTaskCancellationHandler {
      await Pause(alarm).end()
    } onCancel: {
      alarm.cancel()
    }
  }

  /// Suspends the caller until `hasNews` returns true, but at most for `duration`; returns whether
  /// it did. A cancelled task waits nevertheless.
  ///
  /// This thread calls `hasNews`, without the caller's task, at the instants of `WakeGrid` and at the
  /// end: all that wait here with the same interval share its wake-ups. They get the same instant,
  /// too, and can share what they look at.
  ///
  /// - Parameter folders: it also calls `hasNews` soon after something in one of them changed, where
  ///   the kernel says so, and as often as `BellPace` allows.
  @discardableResult
  nonisolated(nonsending) package func wait(
    for duration: Duration, each interval: Duration, hearing folders: [String] = [],
    until hasNews: @escaping @Sendable (ContinuousClock.Instant) -> Bool
  ) async -> Bool {
    let watch = Alarm.Watch(interval: interval, folders: folders, hasNews: hasNews)
    let alarm = Alarm(thread, for: duration, watch)
    await Pause(alarm).end()
    return alarm.hasRung
  }
}

/// Runs on the thread of an executor what belongs to no actor.
private final class LooseTasks: TaskExecutor {
  private let thread: ExecutorThread

  init(of thread: ExecutorThread) { self.thread = thread }

  func enqueue(_ job: consuming ExecutorJob) {
    thread.add(ExecutorThread.Job(job: UnownedJob(job), on: .loose(self)))
  }
}

/// A task waits by a call of `end`: the call's job does not run before the alarm is due. Afterwards
/// the task continues on the executor that it came from. (A continuation would resume it in the
/// global pool first, which wakes two more threads.)
private actor Pause {
  private nonisolated let alarm: Alarm
  private var isOver = false

  nonisolated var unownedExecutor: UnownedSerialExecutor { alarm.asUnownedSerialExecutor() }

  init(_ alarm: Alarm) { self.alarm = alarm }

  // The assignment keeps the compiler from leaving out an executor on which nothing is done.
  @inline(never) func end() { isOver = true }
}

/// An executor for one job, which its thread runs once it is due.
// `nextAt` and `hasRung` change on the thread alone, which runs the job afterwards; `isCancelled` with its
// lock.
private final class Alarm: SerialExecutor, @unchecked Sendable {
  struct Watch: Sendable {
    var interval: Duration
    var folders: [String]
    var hasNews: @Sendable (ContinuousClock.Instant) -> Bool
  }

  private let thread: ExecutorThread
  private let dueAt: ContinuousClock.Instant
  let watch: Watch?
  /// When to ask `isDue`.
  private(set) var nextAt: ContinuousClock.Instant
  /// Whether there was news.
  private(set) var hasRung = false
  fileprivate var isCancelled = false

  init(_ thread: ExecutorThread, for duration: Duration, _ watch: Watch? = nil) {
    let now = ContinuousClock.now
    self.thread = thread
    dueAt = watch == nil ? now.advanced(by: duration) : WakeGrid.end(of: duration, from: now)
    self.watch = watch
    nextAt = dueAt
    nextAt = next(after: now)
  }

  func enqueue(_ job: consuming ExecutorJob) {
    thread.add(ExecutorThread.Delayed(job: UnownedJob(job), alarm: self))
  }

  /// Its job is due now.
  func cancel() { thread.cancel(self) }

  func isDue(at now: ContinuousClock.Instant) -> Bool {
    hasRung = watch?.hasNews(now) ?? false
    if hasRung || now >= dueAt { return true }
    nextAt = next(after: now)
    return false
  }

  private func next(after now: ContinuousClock.Instant) -> ContinuousClock.Instant {
    guard let interval = watch?.interval, interval > .zero else { return dueAt }
    return min(dueAt, WakeGrid.next(after: now, each: interval))
  }
}

/// The thread of an executor, its jobs and what waits there.
// Everything that changes is guarded by `lock`.
private final class ExecutorThread: @unchecked Sendable {
  struct Job {
    /// It must not go before the job has run.
    enum Executor {
      case actors(any SerialExecutor)
      case loose(any TaskExecutor)
    }

    var job: UnownedJob
    var executor: Executor

    init(job: UnownedJob, on executor: Executor) {
      self.job = job
      self.executor = executor
    }

    func run() {
      switch executor {
      case .actors(let executor): job.runSynchronously(on: executor.asUnownedSerialExecutor())
      case .loose(let executor): job.runSynchronously(on: executor.asUnownedTaskExecutor())
      }
    }
  }

  struct Delayed {
    var job: UnownedJob
    var alarm: Alarm

    /// The same, which need not wait any more.
    var due: Job { Job(job: job, on: .actors(alarm)) }
  }

  /// For how long a thread without a job stays.
  private static let idleMax = Duration.seconds(3)

  private let label: String
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let signal = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var jobs: [Job] = []
  private var delayed: [Delayed] = []
  private var isRunning = false
  private var isWaiting = false
  private var isEnding = false
  /// Wakes the thread once something has waited for news of folders.
  private var bell: FolderBell?
  /// Whether something began to wait since the bell was told what to hear.
  private var hasNewcomers = false

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

  func add(_ one: Delayed) {
    change {
      if one.alarm.isCancelled {
        $0.jobs.append(one.due)
      } else {
        $0.delayed.append(one)
        $0.hasNewcomers = true
      }
    }
  }

  func cancel(_ alarm: Alarm) {
    change {
      alarm.isCancelled = true
      guard let index = $0.delayed.firstIndex(where: { $0.alarm === alarm }) else { return }
      $0.jobs.append($0.delayed.remove(at: index).due)
    }
  }

  func end() { change { $0.isEnding = true } }

  private func change(_ body: (ExecutorThread) -> Void) {
    pthread_mutex_lock(lock)
    body(self)
    // Once for all that is added before it wakes.
    let (isWoken, bell) = (isWaiting, bell)
    isWaiting = false
    if !isRunning, !isEnding {
      isRunning = true
      start()
    }
    // The job may be done, and nothing hold this object any more, before it is signalled.
    let own = isWoken ? Unmanaged.passRetained(self) : nil
    pthread_mutex_unlock(lock)
    // Without the lock, for which it would wait first.
    guard let own else { return }
    if let bell { bell.interrupt() } else { pthread_cond_signal(signal) }
    own.release()
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
      for job in batch { job.run() }
      // The last reference to an executor may be among these: it ends this thread.
      batch.removeAll(keepingCapacity: true)
      pthread_mutex_lock(lock)
    }
    isRunning = false
    bell = nil
    pthread_mutex_unlock(lock)
  }

  /// Waits for jobs, and takes them; false if the thread ends. Called with the lock.
  private func takeWork(_ batch: inout [Job]) -> Bool {
    var idleUntil: ContinuousClock.Instant?
    var hasRung = false
    while true {
      takeDue(hasRung)
      if !jobs.isEmpty {
        swap(&batch, &jobs)
        return true
      }
      if isEnding { return false }
      if let next = delayed.lazy.map(\.alarm.nextAt).min() {
        hasRung = wait(until: next)
        continue
      }
      let now = ContinuousClock.now
      let end = idleUntil ?? now.advanced(by: Self.idleMax)
      idleUntil = end
      if now >= end { return false }
      hasRung = wait(until: end)
    }
  }

  /// Adds to the jobs what has waited long enough. Called with the lock, which it releases while it
  /// asks.
  ///
  /// - Parameter hasRung: whether those that wait for news of folders are asked now.
  private func takeDue(_ hasRung: Bool) {
    let now = ContinuousClock.now
    let asked = delayed.filter {
      $0.alarm.nextAt <= now || hasRung && $0.alarm.watch?.folders.isEmpty == false
    }
    guard !asked.isEmpty else { return }
    pthread_mutex_unlock(lock)
    let due = asked.filter { $0.alarm.isDue(at: now) }
    pthread_mutex_lock(lock)
    guard !due.isEmpty else { return }
    // Without those whose task was cancelled meanwhile.
    delayed.removeAll { one in
      guard due.contains(where: { $0.alarm === one.alarm }) else { return false }
      jobs.append(one.due)
      return true
    }
  }

  /// Waits until `instant`, until something is added, or until the bell rings; returns whether it
  /// did. Called with the lock, which it releases meanwhile.
  private func wait(until instant: ContinuousClock.Instant) -> Bool {
    let interval = delayed.lazy.compactMap(\.alarm.watch).filter { !$0.folders.isEmpty }
      .map(\.interval).min()
    if interval != nil { bell = bell ?? FolderBell() }
    isWaiting = true
    defer { isWaiting = false }
    if let bell {
      let folders = hasNewcomers ? Set(delayed.flatMap { $0.alarm.watch?.folders ?? [] }) : []
      hasNewcomers = false
      pthread_mutex_unlock(lock)
      defer { pthread_mutex_lock(lock) }
      if !folders.isEmpty { bell.listen(to: folders) }
      return bell.wait(until: instant, each: interval)
    }
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
    return false
  }
}
