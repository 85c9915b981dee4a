internal import EventPersistence
internal import Foundation

/// A log, a storage, and a state folder for staging a crash.
final class Stage: Sendable {
  static let replayId = "rewind-to-the-start"

  private let source: MemorySource
  private let storage: any SinkLaws.Storage
  private let root: String
  private let folder: SecondaryFolder

  init(_ events: [StateEvent], storage: any SinkLaws.Storage) throws {
    self.storage = storage
    source = MemorySource(events)
    root = FileManager.default.temporaryDirectory.path + "/drive-laws-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    folder = StateDirectory(path: root + "/state").folder("secondary")
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }

  /// The node writes more.
  func append(_ events: [StateEvent]) async { await source.append(events) }

  /// Drives until the fault, and leaves the folder as it was on disk at that point; false if the
  /// drive ended before it.
  func crash(
    _ fault: CrashingSink.FaultPoint, goal: DriveGoal, limits: BatchLimits = BatchLimits(events: 4)
  ) async throws -> Bool {
    let (folder, root) = (folder, root)
    let events = await source.events
    let seen = Seen()
    let sink = CrashingSink(
      try await storage.makeSink(for: source, selecting: .all), at: fault, limits: limits
    ) { stored in
      let law = "the checkpoint is never ahead of the sink"
      do {
        try FileManager.default.copyItem(atPath: folder.path, toPath: root + "/crashed")
        let checkpoint = try folder.readCheckpoint()?.position
        // This sink does not know what drivers before it stored.
        guard let stored else { return }
        let (said, held) = (index(of: checkpoint, events), index(of: stored, events))
        try require(
          said <= held, law,
          "the checkpoint is \(checkpoint.map(\.description) ?? "none"), stored is \(stored)")
      } catch {
        await seen.set(error)
      }
    }
    _ = await drive(sink, goal)
    if let error = await seen.error { throw error }
    guard FileManager.default.fileExists(atPath: root + "/crashed") else { return false }
    try FileManager.default.removeItem(atPath: folder.path)
    try FileManager.default.moveItem(atPath: root + "/crashed", toPath: folder.path)
    return true
  }

  /// Drives to the head with a sink of its own, and checks the result.
  func complete(_ what: String) async throws {
    let end = await drive(try await storage.makeSink(for: source, selecting: .all), .head)
    try require(end == .reachedHead, "the next driver completes the content", "\(what): \(end)")
    let events = await source.events
    try requireSame(
      try await storage.traces(), storage.traces(of: events),
      "at least once over every crash, and twice is once (after \(what))")
    let checkpoint = try folder.readCheckpoint()?.position
    try require(
      checkpoint == events.last?.position, "the checkpoint is what is stored",
      "after \(what) it is \(checkpoint.map(\.description) ?? "none")")
    try require(
      try folder.readReplay() == nil, "a replay survives its driver and ends",
      "after \(what) it is still under way")
  }

  /// Requests a rewind to the event of this index or, if that is not stored, to one that is; not if
  /// a rewind is under way or nothing is stored.
  func askForRewind(to index: Int) async throws {
    guard try folder.readReplay() == nil, let checkpoint = try folder.readCheckpoint() else {
      return
    }
    let events = await source.events
    let stored = EventPersistenceTesting.index(of: checkpoint.position, events)
    guard stored > 0 else { return }
    try folder.createReplay(
      ReplayRecord(
        id: Self.replayId, kind: .rewind, from: events[min(index, stored - 1)].position,
        through: events.last?.position, requestedBy: "laws", reason: nil, at: .now, maxRate: nil,
        previousCheckpoint: checkpoint))
  }

  private func drive(_ sink: any EventSink, _ goal: DriveGoal) async -> DriveEnd {
    await Secondary(
      SecondaryConfiguration(
        name: "secondary", persistenceDir: "/laws", sink: sink.description, makeSink: { _ in sink }),
      source: source, folder: folder
    ).run(until: goal)
  }
}

/// What went wrong at the point of a crash.
private actor Seen {
  private(set) var error: (any Error)?
  func set(_ error: any Error) { self.error = error }
}

/// How many of `events` there are through `position`.
private func index(of position: Position?, _ events: [StateEvent]) -> Int {
  position.flatMap { position in
    events.lastIndex { $0.position.agrees(with: position) }.map { $0 + 1 }
  } ?? 0
}
