/// What is kept of one secondary's folder between two polls.
struct FolderWatch: Sendable {
  let folder: SecondaryFolder
  var description: SecondaryDescription
  let isConfigured: Bool
  var machine: LagMachine

  private var checkpoint = FileMemo<Checkpoint?>()
  private var binding = FileMemo<Binding?>()
  private var driver = FileMemo<DriverReport?>()
  private var replay = FileMemo<ReplayRecord?>()
  private var pause = FileMemo<PauseOrder?>()
  private var happenings = FileMemo<[Happening]>()

  /// The standing that was last asked for, and of what, in which log.
  private var standing:
    (position: Position?, token: ChangeToken, result: Result<Standing, SourceError>)?

  init(folder: SecondaryFolder, description: SecondaryDescription, isConfigured: Bool) {
    self.folder = folder
    self.description = description
    self.isConfigured = isConfigured
    machine = LagMachine(description)
  }

  /// The first thing that a poll reads.
  mutating func readCheckpoint() -> Result<Checkpoint?, StateError> {
    let path = description.checkpointPath ?? folder.checkpointPath
    return checkpoint.value(of: path) { () throws(StateError) in try Checkpoint.read(from: path) }
  }

  mutating func readBinding() -> Result<Binding?, StateError> {
    let folder = folder
    return binding.value(of: folder.file("secondary.json")) { () throws(StateError) in
      try folder.readBinding()
    }
  }

  /// How the checkpoint stands, asked anew only where the checkpoint or the log changed.
  mutating func standing(
    of position: Position?, in source: any EventSource, token: ChangeToken
  ) async -> Result<Standing, SourceError> {
    if let standing, standing.position == position, standing.token == token {
      return standing.result
    }
    var result = await ask(source, position)
    // It changed while it was read: as a rule the second try gets through.
    if case .failure(let error) = result, error.kind == .changed {
      result = await ask(source, position)
      if case .failure(let error) = result, error.kind == .changed {
        if let standing, standing.position == position { return standing.result }
        return result
      }
    }
    // What failed is asked again, changed or not: a mode is no part of the token.
    if case .success = result { standing = (position, token, result) } else { standing = nil }
    return result
  }

  private func ask(_ source: any EventSource, _ position: Position?) async
    -> Result<Standing, SourceError>
  {
    do throws(SourceError) {
      return .success(try await source.standing(of: position))
    } catch {
      return .failure(error)
    }
  }

  mutating func observe(
    at moment: Moment, checkpoint read: Result<Checkpoint?, StateError>, survey: Survey,
    standing: Result<Standing, SourceError>?, willLoseEvents: Bool?
  ) -> SecondaryObservation {
    var look = Look(
      moment: moment, checkpoint: read, survey: survey, standing: standing,
      willLoseEvents: willLoseEvents)
    look.checkpointWrittenAt = checkpoint.writtenAt
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
    // The lock before the heartbeat: a driver that ends in between has then said so.
    if description.isOnlyWatched {
      look.isLocked = nil
    } else {
      do throws(StateError) {
        look.isLocked = try folder.isLocked()
      } catch {
        look.isLocked = nil
        trouble = error
      }
      look.driver = fact(
        driver.value(of: folder.file("driver.json")) { () throws(StateError) in
          try folder.readDriver()
        })
      look.replay = fact(
        replay.value(of: folder.file("replay.json")) { () throws(StateError) in
          try folder.readReplay()
        })
      look.pause = fact(
        pause.value(of: folder.file("pause.json")) { () throws(StateError) in
          try folder.readPause()
        })
    }
    let happened = happenings.value(of: folder.file("happenings.jsonl")) {
      () throws(StateError) in
      try folder.readHappenings(last: Observer.happeningCount)
    }
    look.lastStateChange = (try? happened.get())?.last { $0.kind == .state }
    look.trouble = trouble ?? mismatch(binding)
    let report = machine.observe(look)
    var next: Position?
    if case .success(let standing)? = standing { next = standing.next }
    return SecondaryObservation(
      description: description, report: report, samples: machine.samples, driver: look.driver,
      binding: binding, happenings: (try? happened.get()) ?? [], firstMissing: next,
      isConfigured: isConfigured)
  }

  /// What is wrong with a folder that belongs to another secondary than the configuration says.
  private func mismatch(_ binding: Binding?) -> StateError? {
    guard isConfigured, let binding else { return nil }
    return folder.mismatch(of: binding, with: description)
  }
}

extension SecondaryFolder {
  /// Throws unless the folder is bound to what `description` says, or to nothing yet.
  ///
  /// - Throws: `.bound`, with both named.
  public func checkBinding(_ description: SecondaryDescription) throws(StateError) {
    guard let binding = try readBinding() else { return }
    if let mismatch = mismatch(of: binding, with: description) { throw mismatch }
  }

  func mismatch(of binding: Binding, with description: SecondaryDescription) -> StateError? {
    var differences: [String] = []
    if binding.kind != description.kind {
      differences.append("the kind \(binding.kind), not \(description.kind)")
    }
    if binding.target != description.target {
      differences.append("the target \(binding.target), not \(description.target)")
    }
    if binding.persistenceDir != description.persistenceDir,
      StateDirectory.resolvedPath(binding.persistenceDir)
        != StateDirectory.resolvedPath(description.persistenceDir)
    {
      differences.append(
        "the log in \(binding.persistenceDir), not in \(description.persistenceDir)")
    }
    guard !differences.isEmpty else { return nil }
    return StateError(
      .bound,
      "\(path) belongs to another secondary: to \(differences.joined(separator: "; to ")). Its "
        + "checkpoint says nothing about this one. Give this one another name, or accept the "
        + "folder on purpose: hydra-sinks adopt \(name).")
  }
}
