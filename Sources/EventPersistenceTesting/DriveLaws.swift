internal import EventPersistence
internal import Foundation

/// The laws of a sink together with the driver: whatever dies when, nothing is lost, nothing stands twice,
/// and the checkpoint is never ahead of the sink.
///
/// Each runs a real driver on a real state folder, in a temporary directory that is removed again.
///
/// ```swift
/// try await DriveLaws { try Folder() }.check()
/// ```
public struct DriveLaws: Sendable {
  private let makeStorage: @Sendable () async throws -> any SinkLaws.Storage

  /// Laws over sinks whose storage `makeStorage` makes, a new and empty one at each call.
  public init(_ makeStorage: @escaping @Sendable () async throws -> any SinkLaws.Storage) {
    self.makeStorage = makeStorage
  }

  /// - Throws: `LawViolation` for the first law that is broken, or what the sink threw.
  public func check() async throws {
    try await survivesEachCrash()
    try await survivesEachCrashOfARewind()
  }

  private static let events = SampleEvents.make(24, twinEach: 7)
  private static let putsAtLeast = 3

  /// A driver that dies before or behind any `put`, with the checkpoint as it is on disk then.
  public func survivesEachCrash() async throws {
    try await eachFault { fault in
      let stage = try Stage(Self.events, storage: try await makeStorage())
      guard try await stage.crash(fault, goal: .head) else { return false }
      try await stage.complete("a driver that died \(fault)")
      return true
    }
  }

  /// The same while a rewind to the start is under way, on a sink that holds everything already.
  public func survivesEachCrashOfARewind() async throws {
    try await eachFault { fault in
      let stage = try Stage(Self.events, storage: try await makeStorage())
      try await stage.complete("before the rewind")
      try stage.askForRewind()
      guard try await stage.crash(fault, goal: .replay(Stage.replayId)) else { return false }
      try await stage.complete("a driver that died \(fault) of a rewind")
      return true
    }
  }

  /// Runs `crashes` with each put as the one that the driver dies at, until it says that there are no more.
  private func eachFault(
    _ crashes: (CrashingSink.FaultPoint) async throws -> Bool
  ) async throws {
    for put in 0..<Self.events.count {
      guard try await crashes(.before(put: put)) else {
        return try require(
          put >= Self.putsAtLeast, "a driver delivers every batch", "there were \(put) puts")
      }
      _ = try await crashes(.behind(put: put))
    }
  }
}

/// A log, a storage, and a state folder of which a crash can be staged.
private final class Stage: Sendable {
  static let replayId = "rewind-to-the-start"

  private let events: [StateEvent]
  private let source: MemorySource
  private let storage: any SinkLaws.Storage
  private let root: String
  private let folder: SecondaryFolder

  init(_ events: [StateEvent], storage: any SinkLaws.Storage) throws {
    self.events = events
    self.storage = storage
    source = MemorySource(events)
    root = FileManager.default.temporaryDirectory.path + "/drive-laws-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    folder = StateDirectory(path: root + "/state").folder("secondary")
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }

  /// Drives until the fault, and leaves the folder as it was on disk at that point; false where it ended
  /// before it came there.
  func crash(_ fault: CrashingSink.FaultPoint, goal: DriveGoal) async throws -> Bool {
    let (folder, root) = (folder, root)
    let events = events
    let seen = Seen()
    let sink = CrashingSink(try await storage.makeSink(), at: fault) { stored in
      let law = "the checkpoint is never ahead of the sink"
      do {
        try FileManager.default.copyItem(atPath: folder.path, toPath: root + "/crashed")
        let checkpoint = try folder.readCheckpoint()?.position
        let isRewind = if case .replay = goal { true } else { false }
        let (said, held) = (index(of: checkpoint, events), index(of: stored, events))
        try require(
          said <= held || isRewind, law,
          "the checkpoint is \(checkpoint.map(\.description) ?? "none"), stored is "
            + (stored.map(\.description) ?? "nothing"))
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

  /// Drives to the head with a sink of its own, and looks at what is there then.
  func complete(_ what: String) async throws {
    let end = await drive(try await storage.makeSink(), .head)
    try require(end == .reachedHead, "the next driver completes the content", "\(what): \(end)")
    let contents = try await storage.contents()
    try require(
      contents.map(\.json) == events.map(\.json),
      "at least once over every crash, and twice is once",
      "behind \(what) there are \(contents.count) events, not the \(events.count) in order")
    let checkpoint = try folder.readCheckpoint()?.position
    try require(
      checkpoint == events.last?.position, "the checkpoint is what is stored",
      "behind \(what) it is \(checkpoint.map(\.description) ?? "none")")
    try require(
      try folder.readReplay() == nil, "a replay survives its driver and ends",
      "behind \(what) it is still under way")
  }

  func askForRewind() throws {
    try folder.createReplay(
      ReplayRecord(
        id: Self.replayId, kind: .rewind, from: events.first?.position,
        through: events.last?.position, requestedBy: "laws", reason: nil, at: .now, maxRate: nil,
        previousCheckpoint: try folder.readCheckpoint()))
  }

  private func drive(_ sink: any EventSink, _ goal: DriveGoal) async -> DriveEnd {
    await Secondary(
      SecondaryConfiguration(
        name: "secondary", persistenceDir: "/laws", makeSink: { sink }),
      source: source, folder: folder
    ).run(until: goal)
  }
}

/// What went wrong at the point of a crash.
private actor Seen {
  private(set) var error: (any Error)?
  func set(_ error: any Error) { self.error = error }
}

/// How many of `events` stand through `position`.
private func index(of position: Position?, _ events: [StateEvent]) -> Int {
  position.flatMap { position in
    events.lastIndex { $0.position.agrees(with: position) }.map { $0 + 1 }
  } ?? 0
}
