internal import Foundation
internal import Logging

/// A sink with a checkpoint: the one loop from the source to the sink to the checkpoint, for live delivery,
/// catching up and replay.
///
/// It drives for as long as `run` runs, and holds the secondary's lock meanwhile. Everything that it does
/// is to be seen in the state folder; it is told through the folder as well (pause, replay, cancel, retry).
///
/// ```swift
/// let secondary = Secondary(configuration, source: source, folder: state.folder("printer"))
/// let end = await secondary.run(until: .head)
/// ```
public actor Secondary {
  public nonisolated let configuration: SecondaryConfiguration
  public nonisolated let folder: SecondaryFolder

  let source: any EventSource
  let sink: any EventSink
  let options: DriveOptions
  let log: Logger
  private let executor: BlockingExecutor

  /// What `checkpoint.json` says; nil where there is none.
  var checkpoint: Checkpoint?
  /// The position of a batch that is stored, while its checkpoint is not written yet.
  var unsaved: Position??
  /// The replay under way.
  var replay: ReplayRecord?
  var replaySavedAt: Duration = .zero
  var onProgress: (@Sendable (ReplayRecord) -> Void)?

  var reader: (any EventReader)?
  /// How the log looked right before the last read.
  var token = ChangeToken([])
  var isOpen = false

  var report: DriverReport
  var heartbeat: Heartbeat
  var rate: RateMeter
  var observation: SelfObservation
  var signal = StopSignal()
  /// Whether it holds the lock, and delivers.
  public internal(set) var isDriven = false

  // Files are written with fsync here: off the cooperative pool.
  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  public init(
    _ configuration: SecondaryConfiguration, source: any EventSource, folder: SecondaryFolder,
    options: DriveOptions = DriveOptions()
  ) {
    self.configuration = configuration
    self.source = source
    self.folder = folder
    self.options = options
    sink = configuration.makeSink()
    executor = BlockingExecutor(label: "secondary.\(configuration.name)")
    var log = options.log
    log[metadataKey: "secondary"] = "\(configuration.name)"
    self.log = log
    report = DriverReport(pid: getpid(), host: Requester.host, startedAt: options.clock.date)
    heartbeat = Heartbeat()
    rate = RateMeter(at: options.clock.now)
    observation = SelfObservation(
      machine: LagMachine(
        SecondaryDescription(
          name: configuration.name, kind: sink.kind, target: sink.target,
          persistenceDir: configuration.persistenceDir, selection: configuration.selection,
          batching: sink.batching)))
  }

  public nonisolated var name: String { configuration.name }

  /// The last event that is stored, of which the checkpoint may know 250 ms of work later.
  public var stored: Position? { unsaved ?? checkpoint?.position }

  /// Drives until `goal` is reached.
  ///
  /// A cancelled task ends it at a batch's end: a `put` in hand is awaited, up to the sink's timeout, the
  /// checkpoint is saved, and the lock is given up. One call at a time.
  ///
  /// - Parameters:
  ///   - lock: the folder's lock, where the caller has it already; it is released at the end.
  ///   - progress: told after each batch of a replay.
  public nonisolated func run(
    until goal: DriveGoal = .cancelled, holding lock: FolderLock? = nil,
    progress: (@Sendable (ReplayRecord) -> Void)? = nil
  ) async -> DriveEnd {
    let signal = StopSignal()
    return await withTaskCancellationHandler {
      // A task of its own, awaited in place: cancelling must not reach the sink in the middle of a batch.
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
    onProgress = progress
    let lock: FolderLock
    switch await takeLock(given) {
    case .success(let taken): lock = taken
    case .failure(let end): return end.end
    }
    isDriven = true
    defer {
      isDriven = false
      lock.release()
    }
    report = DriverReport(pid: getpid(), host: Requester.host, startedAt: options.clock.date)
    // What the last driver left is read for this alone: whoever needs it finds what is wrong with it.
    report.peakPerSecond = (try? folder.readDriver())??.peakPerSecond
    report.batchingSeconds = sink.batching.heldBackAtMost / .seconds(1)
    report.timeoutSeconds = sink.batching.timeout / .seconds(1)
    rate = RateMeter(at: options.clock.now)
    let end = await begin(until: goal)
    if isOpen { await sink.close() }
    isOpen = false
    reader = nil
    return end
  }

  private func begin(until goal: DriveGoal) async -> DriveEnd {
    while true {
      do throws(StateError) {
        try folder.prepare()
        try bind()
        checkpoint = try folder.readCheckpoint()
        beat(force: true)
        note(.driver, "driver \(report.pid) on \(report.host) took the lock")
        let end = try await deliver(until: goal)
        report.endedAt = options.clock.date
        enter(.waiting)
        if isOpen { report.sink = await sink.facts() }
        beat(force: true)
        note(.driver, "driver \(report.pid) on \(report.host) gave up the lock: \(end.brief)")
        return end
      } catch {
        // Whoever asked for the drive is told why it ended.
        guard goal == .cancelled, error.kind != .bound else { return .state(error) }
        log.error("\(error.message)")
        halted(code: "state", error.message)
        guard await waitForRetry() else { return .cancelled }
      }
    }
  }

  // MARK: - The lock and the binding

  private struct NoLock: Error { var end: DriveEnd }

  private func takeLock(_ given: FolderLock?) async -> Result<FolderLock, NoLock> {
    if let given { return .success(given) }
    var hasSaid = false
    while !signal.isStopped {
      do throws(StateError) {
        if let lock = try folder.lock() { return .success(lock) }
        let holder = (try? folder.readDriver()).flatMap { $0 }
        let sentence =
          "\(name) is driven by somebody else"
          + (holder.map { ": pid \($0.pid) on \($0.host)" } ?? "")
        guard options.waitsForLock else { return .failure(NoLock(end: .held(sentence))) }
        if !hasSaid { log.notice("\(sentence); waiting for its lock") }
        hasSaid = true
      } catch {
        return .failure(NoLock(end: .state(error)))
      }
      await options.clock.sleep(for: options.interval)
    }
    return .failure(NoLock(end: .cancelled))
  }

  /// Whether the folder belongs to this log, kind and target.
  ///
  /// - Throws: `.bound`, which names both, where it does not.
  public nonisolated static func checkBinding(
    of configuration: SecondaryConfiguration, in folder: SecondaryFolder
  ) throws(StateError) -> Binding? {
    let sink = configuration.makeSink()
    return try folder.checkBinding(
      kind: sink.kind, target: sink.target, persistenceDir: configuration.persistenceDir)
  }

  private func bind() throws(StateError) {
    let selection = configuration.selection.description
    if var binding = try Self.checkBinding(of: configuration, in: folder) {
      guard binding.selection != selection else { return }
      if let old = binding.selection {
        note(.order, "selects \(selection) from the checkpoint on, where it selected \(old)")
      }
      binding.selection = selection
      try folder.writeBinding(binding)
      return
    }
    try folder.writeBinding(
      Binding(
        kind: sink.kind, target: sink.target, persistenceDir: configuration.persistenceDir,
        first: nil, createdAt: options.clock.date, selection: selection))
  }

  /// Writes the first event into the binding, once it is known.
  func bind(first: Position) throws(StateError) {
    guard var binding = try folder.readBinding(), binding.first == nil else { return }
    binding.first = first
    try folder.writeBinding(binding)
  }
}
