internal import Foundation
internal import Logging
internal import Synchronization

/// A sink with a checkpoint: the one loop from the source to the sink to the checkpoint, for live
/// delivery, catching up and replay.
///
/// It drives as long as `run` runs, and holds the secondary's lock meanwhile. The state folder
/// shows everything that it does, and passes it its orders (pause, replay, cancel, retry).
///
/// ```swift
/// let secondary = Secondary(configuration, source: source, folder: state.folder("printer"))
/// let end = await secondary.run(until: .head)
/// ```
public actor Secondary {
  public nonisolated let configuration: SecondaryConfiguration
  public nonisolated let folder: SecondaryFolder

  /// The node's log.
  let primary: any EventSource
  /// What is delivered: the log, with its history if there is one.
  var source: any EventSource
  /// What is read from the history at the moment.
  var filling: HistoryFilling?
  /// The sink of the generation that is stored.
  private(set) var sink: any EventSink
  private(set) var generation = 1
  let options: DriveOptions
  let log: Logger
  let executor: BlockingExecutor

  /// The folder's lock, while this drives.
  private(set) var lock: FolderLock?
  var trail: CheckpointTrail
  var landmarks: LandmarkTrail
  var replay: ReplayUnderWay?
  private(set) var progress: (@Sendable (ReplayRecord) -> Void)?

  var reader: (any EventReader)?
  /// The log's change token from right before the last read.
  var token = ChangeToken([])
  var isOpen = false

  var heartbeat: Heartbeat
  let meter: DriveMeter?
  private let observer: (any DriveObserver)?
  private var observedAt: Duration?
  /// The problems with the folder that were logged since the last heartbeat was written.
  var complaints: Set<String> = []
  var orderBoard = OrderBoard()
  private(set) var signal = StopSignal()
  /// Whether the drive under way has an end.
  private(set) var isBounded = false
  var waiting = WaitNotice()

  // Files are written with fsync here: off the cooperative pool.
  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  public init(
    _ configuration: SecondaryConfiguration, source: any EventSource, folder: SecondaryFolder,
    options: DriveOptions = DriveOptions()
  ) {
    self.configuration = configuration
    primary = source
    let joined = configuration.history?.join(source) ?? source
    self.source = joined
    self.folder = folder
    self.options = options
    sink = configuration.makeSink(1)
    executor = BlockingExecutor(label: "secondary.\(configuration.name)")
    var log = options.log
    log[metadataKey: "secondary"] = "\(configuration.name)"
    self.log = log
    trail = CheckpointTrail(nil, at: options.clock.now)
    landmarks = LandmarkTrail(Landmarks(generation: 1), isWritten: true, at: options.clock.now)
    heartbeat = Heartbeat(at: options.clock)
    meter = options.meters?.meter(of: configuration.name)
    observer = options.makeObserver?(configuration, joined, folder)
  }

  /// Drives the sink of `generation` from now on.
  func use(_ generation: Int) async {
    guard generation != self.generation else { return }
    if isOpen { await sink.close() }
    isOpen = false
    reader = nil
    self.generation = generation
    sink = configuration.makeSink(generation)
  }

  /// Lets the observer look, if a look is due.
  func lookIfDue() async {
    guard let observer else { return }
    let now = options.clock.now
    if let observedAt, now - observedAt < type(of: observer).interval { return }
    observedAt = now
    await observer.look(
      DriveLook(
        instant: now, at: options.clock.date, checkpoint: checkpoint, driver: report,
        replay: replay?.record))
  }

  public nonisolated var name: String { configuration.name }

  /// Whether it holds the lock, and delivers.
  public var isDriven: Bool { lock != nil }

  /// The last event that is stored. The checkpoint may trail it by 250 ms of work.
  public var stored: Position? { trail.stored }

  /// What `checkpoint.json` says; nil if there is none.
  var checkpoint: Checkpoint? { trail.checkpoint }

  var report: DriverReport { heartbeat.report }

  /// Drives until `goal` is reached.
  ///
  /// A cancelled task ends it at the end of a batch: it awaits a `put` in hand, up to the sink's
  /// timeout, saves the checkpoint, and releases the lock. One call at a time.
  ///
  /// - Parameters:
  ///   - lock: the folder's lock, if the caller has it already; it is released at the end.
  ///   - progress: called after each batch of a replay.
  public nonisolated func run(
    until goal: DriveGoal = .cancelled, holding lock: FolderLock? = nil,
    progress: (@Sendable (ReplayRecord) -> Void)? = nil
  ) async -> DriveEnd {
    let signal = StopSignal()
    return await withTaskCancellationHandler {
      // A task of its own, awaited here: cancelling must not reach the sink in the middle of a
      // batch.
      await Task { await self.drive(until: goal, holding: lock, signal, progress) }.value
    } onCancel: {
      signal.stop()
    }
  }

  private func drive(
    until goal: DriveGoal, holding given: FolderLock?, _ signal: StopSignal,
    _ progress: (@Sendable (ReplayRecord) -> Void)?
  ) async -> DriveEnd {
    self.signal = signal
    self.progress = progress
    isBounded = goal != .cancelled
    waiting = WaitNotice()
    defer { meter?.rest() }
    let taken: FolderLock
    do throws(Ended) { taken = try await takeLock(given) } catch { return error.end }
    lock = taken
    defer {
      lock = nil
      taken.release()
    }
    heartbeat = Heartbeat(at: options.clock)
    // Only the highest rate is needed, so an unreadable report is no reason to stop.
    heartbeat.report.peakPerSecond = (try? folder.readDriver())??.peakPerSecond
    heartbeat.report.batchingSeconds = sink.batching.heldBackAtMost / .seconds(1)
    heartbeat.report.timeoutSeconds = sink.batching.timeout / .seconds(1)
    let end = await executor.doingAll { await begin(until: goal) }
    if isOpen { await sink.close() }
    isOpen = false
    reader = nil
    return end
  }

  private func begin(until goal: DriveGoal) async -> DriveEnd {
    while true {
      do throws(StateError) {
        try folder.prepare()
        await use(try bind())
        trail = CheckpointTrail(try folder.readCheckpoint(), at: options.clock.now)
        try loadLandmarks()
        beat(force: true)
        note(.driver, "driver \(report.pid) on \(report.host) took the lock")
        let end = try await deliver(until: goal)
        endFilling()
        saveLandmarks(force: true)
        // Once more, so that the journal and the history end as the drive does.
        observedAt = nil
        await lookIfDue()
        heartbeat.end(end, at: options.clock.date)
        enter(.waiting)
        if isOpen { await noteFacts() }
        beat(force: true)
        note(.driver, "driver \(report.pid) on \(report.host) released the lock: \(end.brief)")
        return end
      } catch {
        // A bounded drive ends here, and its caller receives the reason.
        guard goal == .cancelled, error.kind != .bound else { return .state(error) }
        log.error("\(error.message)")
        halted(code: Trouble.Origin.state.rawValue, error.message)
        guard await waitForRetry() else { return .cancelled }
      }
    }
  }

  // MARK: - The lock

  private func takeLock(_ given: FolderLock?) async throws(Ended) -> FolderLock {
    if let given { return given }
    while !signal.isStopped {
      meter?.beat()
      let lock: FolderLock?
      do throws(StateError) { lock = try folder.lock() } catch { throw Ended(.state(error)) }
      if let lock { return lock }
      let holder = (try? folder.readDriver()).flatMap { $0 }
      let sentence =
        "\(name) is driven by another process"
        + (holder.map { ": pid \($0.pid) on \($0.host)" } ?? "")
      guard options.waitsForLock else { throw Ended(.held(sentence)) }
      meter?.settle()
      if waiting.isDue(sentence, at: options.clock.now) {
        log.notice("\(sentence); waiting for its lock")
      }
      await options.clock.sleep(for: options.interval, on: executor)
    }
    throw Ended(.cancelled)
  }

  // MARK: - The journal

  func note(_ kind: JournalEntry.Kind, _ text: String) {
    log.log(level: kind == .error ? .warning : .info, "\(text)")
    do throws(StateError) {
      try lock?.checkPlace()
      try folder.note(JournalEntry(kind, text, at: options.clock.date))
    } catch {
      complain(error)
    }
  }

  /// Journals what the sink reports.
  func noteSink() async {
    for text in await sink.takeNotes() { note(.sink, text) }
  }

  /// A problem with the folder that does not stop the delivery: logged once, until a heartbeat is
  /// written again.
  func complain(_ error: StateError) {
    if complaints.insert(error.message).inserted { log.error("\(error.message)") }
  }
}

/// Whether a drive was asked to end: set once, checked between batches.
final class StopSignal: Sendable {
  private let flag = Atomic(false)

  var isStopped: Bool { flag.load(ordering: .acquiring) }

  func stop() { flag.store(true, ordering: .releasing) }
}
