internal import Synchronization

/// Delivers again on an operator's order: plans first, then executes.
///
/// The command line, the dashboard and the driver all use it.
///
/// ```swift
/// let request = ReplayRequest(from: .id(10))
/// let plan = try await replay.plan(request)
/// let result = try await replay.execute(request, expecting: plan.id)
/// ```
public actor Replay {
  private let configuration: SecondaryConfiguration
  private let source: any EventSource
  private let folder: SecondaryFolder
  private let options: DriveOptions
  private let requester: String
  private let executor: BlockingExecutor

  // Files are read and written with fsync here: off the cooperative pool.
  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  /// - Parameter requester: the user who asks, as `user@host`, for the journal.
  public init(
    of configuration: SecondaryConfiguration, source: any EventSource, folder: SecondaryFolder,
    requester: String, options: DriveOptions = DriveOptions()
  ) {
    self.configuration = configuration
    self.source = source
    self.folder = folder
    self.requester = requester
    self.options = options
    executor = BlockingExecutor(label: "replay.\(configuration.name)")
  }

  /// What `request` would do. Nothing changes; a plan that may not be executed says why in
  /// `refused`.
  public func plan(_ request: ReplayRequest) async throws(ReplayError) -> ReplayPlan {
    let history: History?
    do throws(SourceError) {
      history = try configuration.history(named: request.history)
    } catch {
      throw .source(error)
    }
    return try await ReplayPlanner(
      request: request, configuration: configuration, source: history?.join(source) ?? source,
      history: history?.name, folder: folder
    ).plan()
  }

  /// Executes `request` and returns once it has ended, in whichever process.
  ///
  /// If a driver holds the lock, this requests the replay from it and follows it. If none does, or
  /// it ends, this process takes the lock and drives. A cancelled task stops following; if it
  /// drives, it stops at the end of a batch and leaves the replay to be resumed. The result's state
  /// is then `running`, and `cancel(stay:)` ends the replay. Nothing to deliver is a success.
  ///
  /// - Parameter expected: the id of the plan that was agreed to; nil: any plan.
  /// - Throws: `changed` with the new plan if it is not `expected`; `refused`; `busy` if another
  ///   replay is under way.
  public func execute(
    _ request: ReplayRequest, expecting expected: String? = nil,
    progress: @escaping @Sendable (ReplayProgress) -> Void = { _ in }
  ) async throws(ReplayError) -> ReplayResult {
    let plan = try await plan(request)
    if plan.isBusy, let sentence = plan.refused { throw .busy(sentence) }
    if let expected, !plan.isStill(expected) { throw .changed(plan) }
    if plan.refused != nil { throw .refused(plan) }
    let checkpoint = try underState(folder.readCheckpoint)
    var record = ReplayRecord(
      id: Self.newId(), kind: plan.kind, from: plan.from, through: plan.through, lost: plan.lost,
      requestedBy: requester, reason: request.reason, at: options.clock.date,
      maxRate: request.maxRate, previousCheckpoint: checkpoint)
    record.history = request.history
    record.generation = plan.generation
    if request.beginsNewLog { record.isOrdered = true }
    guard plan.from != nil else {
      record.state = .done
      record.endedAt = record.at
      return ReplayResult(plan: plan, record: record, checkpoint: checkpoint)
    }
    try underState { () throws(StateError) in
      try folder.checkReplaysAreWritable()
      try folder.createReplay(record)
    }
    return try await follow(record, plan, progress)
  }

  /// Continues the replay in the folder: takes the lock if it is free, and follows if it is not.
  public func resume(
    progress: @escaping @Sendable (ReplayProgress) -> Void = { _ in }
  ) async throws(ReplayError) -> ReplayResult {
    let record = try underWay()
    var plan = ReplayPlan(
      id: record.id, secondary: folder.name, kind: record.kind,
      checkpoint: record.previousCheckpoint?.position)
    plan.from = record.from
    plan.through = record.through
    plan.generation = record.generation
    return try await follow(record, plan, progress)
  }

  /// Stops the replay under way after the current batch, and returns once it has ended: cancelled,
  /// or done if it was faster.
  ///
  /// The checkpoint of a rewind returns to its earlier position, unless `stay`, or unless the node
  /// lost the event there.
  public func cancel(stay: Bool = false) async throws(ReplayError) -> ReplayRecord {
    let record = try underWay()
    do throws(StateError) {
      try folder.checkReplaysAreWritable()
      try folder.writeCancel(id: record.id, stay: stay, by: requester)
      while !Task.isCancelled {
        if let lock = try folder.lock() {
          defer { lock.release() }
          // Its driver may have ended it between the two looks.
          if let current = try folder.readReplay(), current.id == record.id {
            _ = try ReplayJournal.cancel(
              current, stay: stay, by: requester, checkpoint: try folder.readCheckpoint(),
              in: folder, holding: lock, at: options.clock.date)
          }
          try folder.removeCancel()
        }
        if try folder.readReplay()?.id != record.id { return try ended(record) }
        await options.clock.sleep(for: options.interval)
      }
      return try folder.readReplay() ?? record
    } catch {
      throw .state(error)
    }
  }

  // MARK: - Following

  private func follow(
    _ asked: ReplayRecord, _ plan: ReplayPlan,
    _ progress: @escaping @Sendable (ReplayProgress) -> Void
  ) async throws(ReplayError) -> ReplayResult {
    let events = plan.events > 0 ? plan.events : nil
    let wasDrivenHere = Mutex<Bool?>(nil)
    let tell = { @Sendable (record: ReplayRecord, isDrivenHere: Bool, driver: DriverReport?) in
      let was = wasDrivenHere.withLock { was in
        defer { was = isDrivenHere }
        return was
      }
      progress(
        ReplayProgress(
          record: record, events: events, isDrivenHere: isDrivenHere,
          isHandover: was != isDrivenHere, driver: driver))
    }
    do throws(StateError) {
      while true {
        guard let record = try folder.readReplay(), record.id == asked.id else {
          return ReplayResult(
            plan: plan, record: try ended(asked), checkpoint: try folder.readCheckpoint())
        }
        if Task.isCancelled {
          return ReplayResult(plan: plan, record: record, checkpoint: try folder.readCheckpoint())
        }
        // One that is over is for whoever drives to end.
        let isPaused = try folder.readPause().map { !$0.isOver(at: options.clock.date) } ?? false
        if !isPaused, let lock = try folder.lock() {
          try await drive(record, lock) { tell($0, true, nil) }
          continue
        }
        tell(record, false, try folder.readDriver())
        await options.clock.sleep(for: options.interval)
      }
    } catch {
      throw .state(error)
    }
  }

  private func drive(
    _ record: ReplayRecord, _ lock: FolderLock,
    _ progress: @escaping @Sendable (ReplayRecord) -> Void
  ) async throws(StateError) {
    let secondary = Secondary(configuration, source: source, folder: folder, options: options)
    let end = await secondary.run(until: .replay(record.id), holding: lock, progress: progress)
    if case .state(let error) = end { throw error }
  }

  /// How `record` ended, read from the journal.
  private func ended(_ record: ReplayRecord) throws(StateError) -> ReplayRecord {
    guard let ended = try folder.readReplays(last: 100).last(where: { $0.id == record.id }) else {
      throw StateError(
        .nonsense,
        "the replay \(record.id) of \(folder.name) is gone, and \(folder.path)/replays.jsonl does "
          + "not record how it ended. Look at the checkpoint, and plan again.")
    }
    return ended
  }

  private func underWay() throws(ReplayError) -> ReplayRecord {
    if let record = try underState(folder.readReplay) { return record }
    throw .none("no replay of \(folder.name) is requested or under way")
  }

  private func underState<Value>(
    _ body: () throws(StateError) -> Value
  ) throws(ReplayError) -> Value {
    do throws(StateError) { return try body() } catch {
      throw error.kind == .busy ? .busy(error.message) : .state(error)
    }
  }

  static func newId() -> String {
    String(UInt64.random(in: 0...UInt64.max), radix: 16)
  }
}
