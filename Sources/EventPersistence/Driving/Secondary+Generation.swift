/// The log of the node that is stored, and its successor.
extension Secondary {
  /// Of a secondary without a checkpoint, the newest generation that its target holds counts: it may
  /// have been stored by a driver with another state directory.
  /// Returns whether that is another one, whose sink is to be opened.
  func settlesOnNewerGeneration() async throws(SinkError) -> Bool {
    guard trail.isNew, let newest = try await sink.newestGeneration(), newest > generation else {
      return false
    }
    do throws(StateError) {
      guard var binding = try folder.readBinding() else { return false }
      binding.generation = newest
      try folder.writeBinding(binding)
      await use(newest)
      try loadLandmarks()
    } catch {
      throw SinkError(.retry, code: "state", error.message)
    }
    return true
  }

  /// Whether the primary is the log that is stored.
  func compare(_ position: Position?) async throws(SourceError) -> LogAgreement {
    var stored = landmarks.landmarks.positions
    do throws(StateError) { stored = try folder.storedPositions(with: position) } catch {
      complain(error)
    }
    return try await LogComparison(stored).agreement(with: source)
  }

  /// Orders the next generation, as the configuration says; false if an operator has to.
  func beginNewLog() async throws(StateError) -> Bool {
    guard configuration.beginsNewLogs, try folder.readReplay() == nil else { return false }
    let survey = await source.nodeLog.survey()
    guard let first = survey.first else { return false }
    var record = ReplayRecord(
      id: Replay.newId(), kind: .newLog, from: first, through: survey.head,
      requestedBy: "on-new-log: begin", reason: nil, at: options.clock.date, maxRate: nil,
      previousCheckpoint: checkpoint)
    record.generation = generation + 1
    try folder.createReplay(record)
    return true
  }

  /// Makes the log that `record` names the one that is stored.
  func begin(_ record: ReplayRecord) async throws(StateError) {
    let checkpoint = try folder.beginGeneration(
      of: record, holding: lock!, at: options.clock.date)
    if checkpoint != self.checkpoint { trail.moved(to: checkpoint, at: options.clock.now) }
    if isOpen { await sink.willDeliverAgain(after: nil) }
    await use(try folder.readBinding()?.generation ?? 1)
    try loadLandmarks()
  }

  // MARK: - Landmarks

  func loadLandmarks() throws(StateError) {
    let found = try folder.readLandmarks().flatMap { $0.generation == generation ? $0 : nil }
    let first = try folder.readBinding()?.first
    landmarks = LandmarkTrail(
      found ?? Landmarks(generation: generation, [first].compactMap(\.self)),
      isWritten: found != nil, at: options.clock.now)
    landmarks.note(trail.checkpoint?.position)
  }

  /// Writes the landmarks if they are due. Without them nothing is lost, and less is known of a log
  /// that begins anew.
  func saveLandmarks(force: Bool = false) {
    let now = options.clock.now
    guard let due = landmarks.due(at: now, force: force) else { return }
    do throws(StateError) {
      try lock?.checkPlace()
      try folder.write(due)
      landmarks.wrote(due, at: now)
    } catch {
      complain(error)
    }
  }
}
