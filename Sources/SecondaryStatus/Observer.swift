package import EventPersistence

/// Watches a primary and its secondaries by polling files: it holds nothing, and changes nothing.
///
/// A poll in which nothing changed costs some `stat` calls and one query of each lock. A file is
/// read again only if its metadata changed, the log only if its change token did.
package actor Observer {
  /// How many journal entries of a secondary an observation holds at most.
  package static let journalCount = 100

  /// How many replays that ended an observation holds at most.
  package static let replayCount = 20

  /// How often to search the state directory for folders that no configuration names.
  static let folderInterval = Duration.seconds(2)

  private let source: any EventSource
  /// For each secondary that has a history, the log together with it.
  private let joined: [String: any EventSource]
  private let persistenceDir: String
  private let state: StateDirectory
  private let silentAfter: SilentLimits
  private let rotateAfter: Int?
  private let freeBytes: @Sendable (_ path: String) -> UInt64?
  private let now: @Sendable () -> Moment
  private let executor = BlockingExecutor(label: "observer")

  private var watches: [FolderWatch]
  private var foldersAt: Duration?
  private var stateTrouble: StateError?
  private var surveyed: (token: ChangeToken, survey: Survey)?
  private var headWindow = LagWindow()
  /// The rate of each secondary at the last look.
  private var rates: [String: Double] = [:]
  /// What the last look saw; nil if a change might not show, or has.
  private var glance: Glance?

  package nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  /// - Parameters:
  ///   - joined: for each secondary that has a history, the log together with it.
  ///   - persistenceDir: as it is shown, and as folders are bound to it.
  ///   - secondaries: those of the configuration. Folders that are bound to `persistenceDir` and
  ///     have another name are also shown.
  ///   - rotateAfter: after how many events the node rotates its log, if that is known.
  ///   - freeBytes: the free space on the disk of a path.
  package init(
    source: any EventSource, joined: [String: any EventSource] = [:], persistenceDir: String,
    state: StateDirectory,
    secondaries: [SecondaryDescription], silentAfter: SilentLimits = SilentLimits(),
    rotateAfter: Int? = nil,
    freeBytes: @escaping @Sendable (_ path: String) -> UInt64? = FreeSpace.bytes,
    now: @escaping @Sendable () -> Moment = { .now }
  ) {
    self.source = source
    self.joined = joined
    self.persistenceDir = persistenceDir
    self.state = state
    self.silentAfter = silentAfter
    self.rotateAfter = rotateAfter
    self.freeBytes = freeBytes
    self.now = now
    watches = secondaries.map {
      FolderWatch(folder: state.folder($0.name), description: $0, isConfigured: true)
    }
  }

  /// Waits until something that `look` reads has changed since the last one, but at most for
  /// `duration`: what else a look says changes only as time passes. Returns within `interval` of a
  /// change; sooner where the kernel tells of changes in the folders of the log and of the state.
  package func waitForNews(for duration: Duration, each interval: Duration) async {
    let glance = glance
    let hasNews = await executor.wait(
      for: glance == nil ? min(duration, interval) : duration, each: interval,
      hearing: source.changeFolders + watches.map(\.folder.path)
    ) { glance?.hasChanged(at: $0) ?? true }
    if hasNews { self.glance = nil }
  }

  /// One poll. The first one is a look without history: what the files do not say is nil.
  package func look() async -> Observation {
    findFolders(at: now().instant)
    // Before anything is read, so that a change meanwhile is news. Not while the log is written to:
    // the next look comes soon then.
    let instant = ContinuousClock.now
    let glance =
      glance
      ?? (surveyed.map { source.changeToken(at: instant) == $0.token } ?? false
        ? Glance(of: watches, source: source, joined: joined, at: instant) : nil)
    // The checkpoints first, then the head, so that a lag is never negative.
    let checkpoints = watches.indices.map { watches[$0].readCheckpoint() }
    // The token before the survey: the next poll then sees a change in between.
    let token = await source.changeToken()
    let survey = await survey(token)
    let rotation =
      survey.state == .live ? RotationForecast(survey, rotateAfter: rotateAfter) : nil
    var secondaries: [SecondaryObservation] = []
    for (index, checkpoint) in checkpoints.enumerated() {
      var watch = watches[index]
      let name = watch.description.name
      let own = joined[name]
      var status: Result<PositionStatus, SourceError>?
      var isNewLog = false
      if case .success(let read) = checkpoint, survey.state == .live {
        status = await watch.status.value(
          of: read?.position, in: own ?? source, token: await own?.changeToken() ?? token)
        isNewLog = await watch.isNewLog(
          status, of: read?.position, first: survey.first, in: source)
      }
      // What a rotation deletes, a history keeps.
      let willLose = (own == nil ? rotation : nil).flatMap {
        // While a secondary is paused, its lag grows.
        $0.takes(
          lag: (try? checkpoint.get()).flatMap { survey.lag(behind: $0?.position) },
          rateIn: headWindow.rateIn, rateOut: rates[name])
      }
      let observation = watch.observe(
        at: now(), checkpoint: checkpoint, survey: await own?.survey() ?? survey, status: status,
        isNewLog: isNewLog, willLoseEvents: willLose,
        isRotationLossy: own == nil && rotation?.losesEvents == true)
      rates[name] = observation.report.ratePerSecond
      secondaries.append(observation)
      watches[index] = watch
    }
    let moment = now()
    if survey.state == .live {
      headWindow.append(
        LagSample(
          instant: moment.instant, checkpointId: nil, headId: survey.head?.eventId, lagEvents: 0))
    } else {
      headWindow.removeAll()
    }
    let judged = survey.judged(by: silentAfter, at: moment.at)
    // What cannot be read may become readable without a sign in its metadata.
    self.glance = survey.state == .live && stateTrouble == nil ? glance : nil
    let free = freeBytes(persistenceDir)
    let warnings = PrimaryWarning.all(of: survey, freeBytes: free)
    return Observation(
      at: moment.at, instant: moment.instant, persistenceDir: persistenceDir,
      stateDir: state.path, survey: judged.survey,
      primarySeverity: max(judged.severity, warnings.isEmpty ? .ok : .warning),
      warnings: warnings, freeBytes: free, secondaries: secondaries, stateTrouble: stateTrouble,
      rotation: rotation)
  }

  private func survey(_ token: ChangeToken) async -> Survey {
    // A log that cannot be read may become readable without a sign in its metadata.
    if let surveyed, surveyed.token == token, surveyed.survey.state == .live {
      return surveyed.survey
    }
    let survey = await source.survey()
    surveyed = (token, survey)
    return survey
  }

  // MARK: - Folders that no configuration names

  private func findFolders(at instant: Duration) {
    if let foldersAt, instant - foldersAt < Self.folderInterval { return }
    foldersAt = instant
    let names: [String]
    do throws(StateError) {
      names = try state.folderNames()
      stateTrouble = nil
    } catch {
      stateTrouble = error
      return
    }
    watches.removeAll { !$0.isConfigured && !names.contains($0.folder.name) }
    let known = Set(watches.map(\.folder.name))
    for name in names where !known.contains(name) {
      let folder = state.folder(name)
      do throws(StateError) {
        guard let binding = try folder.readBinding(), isHere(binding.persistenceDir) else {
          continue
        }
        let description = SecondaryDescription(
          name: name, node: state.node, kind: binding.kind, target: binding.target,
          persistenceDir: binding.persistenceDir)
        watches.append(FolderWatch(folder: folder, description: description, isConfigured: false))
        glance = nil
      } catch {
        // Its owner is not known, so it may be ours: show it, rather than leave it out.
        stateTrouble = error
      }
    }
  }

  private func isHere(_ directory: String) -> Bool {
    directory == persistenceDir
      || StateDirectory.resolvedPath(directory) == StateDirectory.resolvedPath(persistenceDir)
  }
}
