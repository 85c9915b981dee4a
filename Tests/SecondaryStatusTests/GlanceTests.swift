import EventPersistenceTesting
import Foundation
import Synchronization
import Testing

@testable import EventPersistence
@testable import SecondaryStatus

@Suite("whether a look would show something new")
struct GlanceTests {
  private let state = TemporaryState()
  private let source = GlancedSource()
  private var folder: SecondaryFolder { state.directory.folder("cold") }

  init() throws {
    try folder.prepare()
    try write(checkpoint: 10)
    try folder.writeDriver(DriverReport(pid: 1, host: "h", startedAt: .now))
    try folder.note(JournalEntry(.driver, "took the lock", at: .now))
    // Unlocked, but with a file for it.
    try folder.lock()?.release()
    // Nobody has written here for a while.
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    for name in names + ["."] {
      var times = [timespec](
        repeating: timespec(tv_sec: Int(Date.now.timeIntervalSince1970) - 60, tv_nsec: 0), count: 2)
      #expect(utimensat(AT_FDCWD, "\(folder.path)/\(name)", &times, 0) == 0)
    }
  }

  private func write(checkpoint id: Int) throws {
    let position = SampleEvents.make(id + 1).last!.position
    try folder.write(Checkpoint(position: position, at: .now, highest: UInt64(id)))
  }

  private func makeGlance() -> Glance? {
    let description = SecondaryDescription(
      name: "cold", kind: "file", target: "/srv/cold", persistenceDir: "/hydra")
    return Glance(
      of: [FolderWatch(folder: folder, description: description, isConfigured: true)],
      source: source, joined: [:], at: .now)
  }

  @Test("nothing new while nothing changes")
  func nothing() throws {
    let glance = try #require(makeGlance())
    #expect(!glance.hasChanged(at: .now))
    #expect(!glance.hasChanged(at: .now))
  }

  @Test("what a driver, an operator or a node does is new", arguments: Change.allCases)
  func changes(_ change: Change) throws {
    let glance = try #require(makeGlance())
    var lock: FolderLock?
    switch change {
    case .log: source.grow()
    case .checkpoint: try write(checkpoint: 11)
    case .driver: try folder.writeDriver(DriverReport(pid: 2, host: "h", startedAt: .now))
    case .journal: try folder.note(JournalEntry(.driver, "another entry", at: .now))
    // The first one: there was no file for it.
    case .replay:
      try folder.appendReplays(
        ReplayRecord(
          id: "r1", kind: .range, from: nil, through: nil, requestedBy: "me", reason: nil,
          at: .now, maxRate: nil, previousCheckpoint: nil))
    case .pause:
      try folder.writePause(
        PauseOrder(by: "me", at: .now, reason: nil, until: nil))
    case .lock: lock = try folder.lock()
    case .removal: try FileManager.default.removeItem(atPath: folder.path)
    }
    let now = ContinuousClock.now
    // Locks are queried once a second.
    #expect(glance.hasChanged(at: now) == (change != .lock))
    #expect(glance.hasChanged(at: now.advanced(by: .seconds(1))))
    lock?.release()
  }

  enum Change: CaseIterable {
    case log, checkpoint, driver, journal, replay, pause, lock, removal
  }

  @Test("a checkpoint in place of the folder's own is new, also the first one")
  func foreignCheckpoint() throws {
    let path = "\(state.directory.path)/published.json"
    let description = SecondaryDescription(
      name: "cold", kind: .checkpoint, target: path, persistenceDir: "/hydra",
      checkpointPath: path)
    let watch = FolderWatch(folder: folder, description: description, isConfigured: true)
    let glance = try #require(Glance(of: [watch], source: source, joined: [:], at: .now))
    #expect(!glance.hasChanged(at: .now))
    #expect(FileManager.default.createFile(atPath: path, contents: Data("{}".utf8)))
    #expect(glance.hasChanged(at: .now))
  }

  @Test("a file that has just changed may change again without showing it")
  func unsettled() throws {
    try write(checkpoint: 11)
    #expect(try #require(makeGlance()).hasChanged(at: .now))
  }

  @Test("a log whose changes cannot be seen by a glance is looked at each time")
  func slow() {
    let description = SecondaryDescription(
      name: "cold", kind: "file", target: "/srv/cold", persistenceDir: "/hydra")
    let watch = FolderWatch(folder: folder, description: description, isConfigured: true)
    #expect(
      Glance(of: [watch], source: source, joined: ["cold": MemorySource([])], at: .now) == nil)
  }
}

/// A log whose change token takes no actor.
private final class GlancedSource: EventSource {
  private let base = MemorySource(SampleEvents.make(20))
  private let version = Atomic<UInt64>(0)

  func grow() { version.add(1, ordering: .relaxed) }

  func changeToken(at instant: ContinuousClock.Instant) -> ChangeToken? {
    ChangeToken([version.load(ordering: .relaxed)])
  }

  nonisolated(nonsending) func changeToken() async -> ChangeToken { changeToken(at: .now)! }
  func survey() async -> Survey { await base.survey() }
  func status(of position: Position?) async throws(SourceError) -> PositionStatus {
    try await base.status(of: position)
  }
  func locate(_ start: Start) async throws(SourceError) -> Position? {
    try await base.locate(start)
  }
  func extent(
    from first: Position, through last: Position
  ) async throws(SourceError) -> Extent { try await base.extent(from: first, through: last) }
  func reader(from start: Start) -> any EventReader { base.reader(from: start) }
}
