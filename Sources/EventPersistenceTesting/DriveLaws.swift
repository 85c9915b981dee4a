internal import EventPersistence

/// The laws of a sink together with the driver: after any crash, nothing is lost, nothing is stored
/// twice, and the checkpoint is never ahead of the sink.
///
/// Each runs a real driver on a real state folder, in a temporary directory that is removed again.
///
/// ```swift
/// try await DriveLaws { try Folder() }.check()
/// ```
public struct DriveLaws: Sendable {
  private let makeStorage: @Sendable () async throws -> any SinkLaws.Storage

  /// Laws over sinks whose storage `makeStorage` makes, a new and empty one on each call.
  public init(_ makeStorage: @escaping @Sendable () async throws -> any SinkLaws.Storage) {
    self.makeStorage = makeStorage
  }

  /// - Throws: `LawViolation` for the first law that is broken, or what the sink threw.
  public func check() async throws {
    try await survivesEachCrash()
    try await survivesEachCrashOfARewind()
    try await leavesTheSameObjects()
    for seed in SeededRandom.seeds(1...3) { try await survivesKillsAtRandom(seed: seed) }
  }

  private static let events = SampleEvents.make(24, sharedIdEach: 7)
  private static let putsAtLeast = 3

  /// A driver that dies before or after any `put`, with the checkpoint that is on disk then.
  public func survivesEachCrash() async throws {
    try await eachFault { fault in
      let stage = try Stage(Self.events, storage: try await makeStorage())
      guard try await stage.crash(fault, goal: .head) else { return false }
      try await stage.complete("a driver that died \(fault)")
      return true
    }
  }

  /// The same during a rewind to the start, on a sink that already holds everything.
  public func survivesEachCrashOfARewind() async throws {
    try await eachFault { fault in
      let stage = try Stage(Self.events, storage: try await makeStorage())
      try await stage.complete("before the rewind")
      try await stage.askForRewind(to: 0)
      guard try await stage.crash(fault, goal: .replay(Stage.replayId)) else { return false }
      try await stage.complete("a driver that died \(fault) of a rewind")
      return true
    }
  }

  /// A rewind to the start leaves the same names with the same bytes.
  public func leavesTheSameObjects() async throws {
    let storage = try await makeStorage()
    let stage = try Stage(Self.events, storage: storage)
    try await stage.complete("before the rewind")
    let before = try await storage.objects()
    try await stage.askForRewind(to: 0)
    try await stage.complete("a rewind")
    let after = try await storage.objects()
    let changed = Set(before.keys).union(after.keys).filter { before[$0] != after[$0] }
    try require(
      changed.isEmpty, "a rewind to the start leaves the same objects, byte for byte",
      "these differ: \(changed.sorted().joined(separator: ", "))")
  }

  /// Several drivers in turn that die at random, while the log grows and rewinds to random places
  /// are requested. Each reads and stores in batches of other sizes.
  ///
  /// - Parameter seed: decides all of it: the same seed repeats the course.
  public func survivesKillsAtRandom(seed: UInt64) async throws {
    var random = SeededRandom(seed)
    let events = SampleEvents.make(80, sharedIdEach: 7)
    var count = Int.random(in: 1...12, using: &random)
    let stage = try Stage(Array(events[..<count]), storage: try await makeStorage())
    for _ in 0..<12 {
      if Int.random(in: 0..<3, using: &random) == 0 {
        try await stage.askForRewind(to: .random(in: 0..<count, using: &random))
      }
      let put = Int.random(in: 0..<4, using: &random)
      _ = try await stage.crash(
        Bool.random(using: &random) ? .before(put: put) : .behind(put: put), goal: .head,
        limits: BatchLimits(events: .random(in: 1...6, using: &random)))
      let grown = min(count + .random(in: 0...9, using: &random), events.count)
      await stage.append(Array(events[count..<grown]))
      count = grown
    }
    await stage.append(Array(events[count...]))
    try await stage.complete("drivers that died at random (seed \(seed))")
  }

  /// Runs `crashes` with each put as the one at which the driver dies, until it returns that there
  /// are no more.
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
