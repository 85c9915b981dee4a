import EventPersistence
import EventPersistenceTesting
import Testing

@testable import EventArchive

@Suite("Driving out of a history", .timeLimit(.minutes(5)))
struct HistoryDriveTests {
  /// A log that begins with the rotation at 40, an archive of everything, and a secondary.
  private struct Stage {
    let events = SampleEvents.make(80, sharedIdEach: 10)
    let archive: MemoryArchive
    let log = MemorySource()
    let storage = MemoryStorage(tellsHoldings: false)
    let state = TemporaryState()

    init(archived: (StateEvent) -> Bool = { _ in true }) {
      archive = MemoryArchive(events.filter(archived))
    }

    var folder: SecondaryFolder { state.folder }
    var border: Int { events.firstIndex { $0.eventId == 40 && $0.tag == "Checkpoint" }! }

    /// The node deletes what is before the rotation at 40.
    func rotate() async {
      await log.replace(with: Array(events[border...]), losing: 0...40)
    }

    func configuration(hasHistory: Bool = true) -> SecondaryConfiguration {
      let (archive, storage) = (archive, storage)
      var configuration = SecondaryConfiguration(
        name: "cold", persistenceDir: "/var/lib/hydra",
        sink: MemorySink(storage, batching: Batching(limits: BatchLimits(events: 5))))
      let history = History(name: "archive") {
        HistorySource(name: "archive", archive, before: $0)
      }
      if hasHistory { configuration.history = history }
      configuration.historyNamed = { name throws(SourceError) in
        guard name == "archive" else { throw SourceError(.unsupported, "no \(name)") }
        return history
      }
      return configuration
    }

    func drive(hasHistory: Bool = true) async -> DriveEnd {
      await Secondary(configuration(hasHistory: hasHistory), source: log, folder: folder)
        .run(until: .head)
    }

    func replay(hasHistory: Bool = true) -> Replay {
      Replay(
        of: configuration(hasHistory: hasHistory), source: log, folder: folder,
        requester: "op@here")
    }

    func journal() throws -> [String] { try folder.readJournal(last: 100).map(\.text) }
  }

  @Test("a new secondary begins at the archive's first event")
  func addedLate() async throws {
    let stage = Stage()
    await stage.rotate()
    #expect(await stage.drive() == .reachedHead)
    #expect(await stage.storage.events == stage.events)
    #expect(try stage.folder.readBinding()?.first == stage.events[0].position)
  }

  @Test("a gap heals, and the journal has the ids that were filled in and from where")
  func heals() async throws {
    let stage = Stage()
    await stage.log.replace(with: Array(stage.events[..<20]))
    #expect(await stage.drive(hasHistory: false) == .reachedHead)
    await stage.rotate()
    guard case .gap(let ids, _) = await stage.drive(hasHistory: false) else {
      Issue.record("no gap without a history")
      return
    }
    #expect(await stage.drive() == .reachedHead)
    #expect(await stage.storage.events == stage.events)
    let filled = try #require(try stage.journal().first { $0.hasPrefix("filled in") })
    #expect(
      filled.contains("the events \(ids.lowerBound) to 40") && filled.contains("memory:/archive"),
      "\(filled)")
  }

  @Test("what the history does not have either is a gap that says so, and --clamp passes it")
  func staysGap() async throws {
    let stage = Stage { $0.eventId <= 33 }
    await stage.log.replace(with: Array(stage.events[..<20]))
    _ = await stage.drive(hasHistory: false)
    await stage.rotate()
    let end = await stage.drive()
    guard case .gap(34...40, let sentence) = end else {
      Issue.record("\(end)")
      return
    }
    #expect(sentence.contains("its history archive has the events 34 to 40"), "\(sentence)")
    #expect(try stage.folder.readCheckpoint()?.eventId == 33)
    let plan = try await stage.replay().plan(ReplayRequest(clamp: true))
    #expect(plan.refused == nil && plan.from == stage.events[stage.border].position)
    let result = try await stage.replay().execute(ReplayRequest(clamp: true))
    #expect(result.record.state == .done)
    #expect(
      await stage.storage.events
        == stage.events.filter { $0.eventId <= 33 || $0.eventId > 40 || $0.isBorder })
  }

  @Test("a replay goes back as far as the archive, and its plan says what comes from where")
  func rewinds() async throws {
    let stage = Stage()
    await stage.rotate()
    _ = await stage.drive()
    let plan = try await stage.replay().plan(ReplayRequest(from: .id(12)))
    #expect(plan.refused == nil && plan.from?.eventId == 12)
    #expect(plan.parts.map(\.archive) == ["archive", nil])
    #expect(plan.parts.map(\.from) == [12, 40] && plan.parts.map(\.through) == [40, 72])
    #expect(plan.parts.reduce(0) { $0 + $1.events } == plan.events)
    let result = try await stage.replay().execute(ReplayRequest(from: .id(12)))
    #expect(result.record.state == .done)
    #expect(await stage.storage.events == stage.events)
    let range = try await stage.replay().execute(
      ReplayRequest(from: .start, through: .id(20)))
    #expect(range.record.state == .done && range.record.from?.eventId == 0)
  }

  @Test("an order can name the history for once, and a driver without one carries it out")
  func once() async throws {
    let stage = Stage()
    await stage.rotate()
    #expect(await stage.drive(hasHistory: false) == .reachedHead)
    let bare = try await stage.replay(hasHistory: false).plan(ReplayRequest(from: .id(12)))
    #expect(bare.refused != nil && bare.parts.isEmpty)
    let request = ReplayRequest(from: .id(12), history: "archive")
    let plan = try await stage.replay(hasHistory: false).plan(request)
    #expect(plan.refused == nil && plan.id != bare.id)
    let driver = Secondary(
      stage.configuration(hasHistory: false), source: stage.log, folder: stage.folder)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { _ = await driver.run() }
      let result = try await stage.replay(hasHistory: false).execute(request)
      #expect(result.record.state == .done && result.record.history == "archive")
      group.cancelAll()
    }
    // It keeps each event where it came first.
    let border = stage.border
    #expect(
      await stage.storage.events
        == stage.events[border...] + stage.events[..<border].filter { $0.eventId >= 12 })
    await #expect(throws: ReplayError.self) {
      try await stage.replay().plan(ReplayRequest(from: .id(12), history: "other"))
    }
  }

  @Test("an archive that cannot be read holds up only what needs it", .timeLimit(.minutes(1)))
  func unreadable() async throws {
    let stage = Stage()
    await stage.rotate()
    _ = await stage.drive()
    stage.archive.fail(SourceError(.unreadable, "no network"))
    #expect(await stage.drive() == .reachedHead)
    await #expect(throws: ReplayError.self) {
      try await stage.replay().plan(ReplayRequest(from: .start))
    }
    let near = try await stage.replay().plan(ReplayRequest())
    #expect(near.refused == nil)
  }
}

extension StateEvent {
  fileprivate var isBorder: Bool { eventId == 40 && tag == "Checkpoint" }
}
