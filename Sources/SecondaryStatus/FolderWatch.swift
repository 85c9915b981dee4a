internal import EventPersistence

/// What is kept about one secondary's folder between two polls.
struct FolderWatch: Sendable {
  let folder: SecondaryFolder
  var description: SecondaryDescription
  let isConfigured: Bool
  var machine: LagMachine

  private var checkpoint = FileMemo<Checkpoint?>()
  private var binding = FileMemo<Binding?>()
  private var landmarks = FileMemo<Landmarks?>()
  private var driver = FileMemo<DriverReport?>()
  private var replay = FileMemo<ReplayRecord?>()
  private var pause = FileMemo<PauseOrder?>()
  private var verified = FileMemo<VerifiedRecord?>()
  private var replayed = FileMemo<[ReplayRecord]>()
  private var ended = FileMemo<[ReplayRecord]>()
  private var journal = FileMemo<[JournalEntry]>()

  var status = StatusMemo()

  /// The last answer to whether the log is the one that is stored, with what it follows from.
  private var agreement: (key: AgreementKey, isNewLog: Bool)?

  private struct AgreementKey: Equatable {
    var position: Position?
    var first: Position?
    var stamps: [FileStamp?]
  }

  init(folder: SecondaryFolder, description: SecondaryDescription, isConfigured: Bool) {
    self.folder = folder
    self.description = description
    self.isConfigured = isConfigured
    machine = LagMachine(description, isConfigured: isConfigured)
  }

  var checkpointPath: String { description.checkpointPath ?? folder.checkpointPath }

  /// The first thing that a poll reads.
  mutating func readCheckpoint() -> Result<Checkpoint?, StateError> {
    let path = checkpointPath
    return checkpoint.value(of: path) { () throws(StateError) in try Checkpoint.read(from: path) }
  }

  mutating func readBinding() -> Result<Binding?, StateError> {
    let folder = folder
    return binding.value(of: folder.file("secondary.json")) { () throws(StateError) in
      try folder.readBinding()
    }
  }

  private mutating func readLandmarks() -> Result<Landmarks?, StateError> {
    let folder = folder
    return landmarks.value(of: folder.file("landmarks.json")) { () throws(StateError) in
      try folder.readLandmarks()
    }
  }

  /// Whether the log, which begins with `first`, is proven to be another one than the one that is
  /// stored through `position`. Compared again only if one of these or the landmarks changed.
  nonisolated(nonsending) mutating func isNewLog(
    _ status: Result<PositionStatus, SourceError>?, of position: Position?, first: Position?,
    in source: any EventSource
  ) async -> Bool {
    guard case .success(let status)? = status, status.match.isDivergence else {
      agreement = nil
      return false
    }
    let key = AgreementKey(
      position: position, first: first,
      stamps: ["landmarks.json", "secondary.json"].map { FileStamp(folder.file($0)) })
    if let agreement, agreement.key == key { return agreement.isNewLog }
    // What cannot be read is shown elsewhere, and compared again at the next look.
    guard let found = try? await folder.agreement(of: position, with: source) else { return false }
    agreement = (key, found == .none)
    return found == .none
  }

  mutating func observe(
    at moment: Moment, checkpoint read: Result<Checkpoint?, StateError>, survey: Survey,
    status: Result<PositionStatus, SourceError>?, isNewLog: Bool = false, willLoseEvents: Bool?,
    isRotationLossy: Bool = false
  ) -> SecondaryObservation {
    var look = Look(
      moment: moment, checkpoint: read, survey: survey, status: status,
      willLoseEvents: willLoseEvents)
    look.checkpointWrittenAt = checkpoint.writtenAt
    look.lockPath = folder.file("lock")
    var trouble: StateError?
    func fact<Value>(_ result: Result<Value?, StateError>) -> Value? {
      switch result {
      case .success(let value): return value
      case .failure(let error):
        trouble = trouble ?? error
        return nil
      }
    }
    let folder = folder
    let binding = fact(readBinding())
    _ = fact(readLandmarks())
    look.isNewLog = isNewLog
    look.generation = binding?.generation
    look.former = binding?.former
    if description.isOnlyWatched {
      look.isLocked = nil
    } else {
      // The lock before the heartbeat: a driver that ends in between has reported it by then.
      var isLocked = Result(catching: folder.isLocked)
      look.driver = fact(
        driver.value(of: folder.file("driver.json")) { () throws(StateError) in
          try folder.readDriver()
        })?.caughtUp(with: (try? read.get())??.position)
      // And again, to include a driver that began in between.
      if case .success(false) = isLocked, let driver = look.driver, driver.endedAt == nil {
        isLocked = Result(catching: folder.isLocked)
      }
      look.isLocked = fact(isLocked.map { $0 })
      look.replay = fact(
        replay.value(of: folder.file("replay.json")) { () throws(StateError) in
          try folder.readReplay()
        })
      look.pause = fact(
        pause.value(of: folder.file("pause.json")) { () throws(StateError) in
          try folder.readPause()
        })
    }
    look.verified = fact(readVerified())
    let happened = journal.value(of: folder.file("journal.jsonl")) {
      () throws(StateError) in
      try folder.readJournal(last: Observer.journalCount)
    }
    // While it is paused it stores nothing, whatever the rates say.
    if look.pause != nil, isRotationLossy { look.willLoseEvents = true }
    let entries = fact(happened.map { $0 }) ?? []
    let ended = ended.value(of: folder.file("replays.jsonl")) { () throws(StateError) in
      try folder.readReplays(last: Observer.replayCount)
    }
    look.lastStateChange = entries.last { $0.kind == .state }
    look.trouble = trouble ?? mismatch(binding, (try? read.get()) ?? nil)
    let report = machine.observe(look)
    return SecondaryObservation(
      description: description, report: report, stateSeverity: machine.stateSeverity,
      samples: machine.samples, driver: look.driver, binding: binding, journal: entries,
      replays: fact(ended.map { $0 }) ?? [], firstMissing: (try? status?.get())?.next,
      isConfigured: isConfigured, willLoseEvents: look.willLoseEvents)
  }

  /// What the last `verify` found. Only a fault is compared with the replays since.
  private mutating func readVerified() -> Result<Verified?, StateError> {
    let folder = folder
    let read = verified.value(of: folder.file("verified.json")) { () throws(StateError) in
      try folder.readVerified()
    }
    return read.flatMap { record in
      guard let record else { return .success(nil) }
      guard record.isFaulty else { return .success(Verified(record)) }
      let replays = replayed.value(of: folder.file("replays.jsonl")) { () throws(StateError) in
        try folder.readReplaysSinceVerify()
      }
      return replays.map { replays in
        let open = record.open(after: replays)
        return Verified(open.record, replayedAt: open.replayedAt)
      }
    }
  }

  /// The error about a folder that belongs to another secondary than the configuration names.
  private func mismatch(_ binding: Binding?, _ checkpoint: Checkpoint?) -> StateError? {
    guard isConfigured, let binding, checkpoint?.eventId != nil else { return nil }
    return folder.mismatch(
      of: binding, kind: description.kind, target: description.target,
      persistenceDir: description.persistenceDir)
  }
}
