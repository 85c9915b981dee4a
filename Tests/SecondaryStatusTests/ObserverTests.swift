import EventPersistenceTesting
import Foundation
import Logging
import Synchronization
import Testing

@testable import EventPersistence
@testable import SecondaryStatus

@Suite struct ObserverTests {
  let state = TemporaryState()
  let source = CountingSource(MemorySource(SampleEvents.make(100)))
  let clock = TestMoment()

  func description(_ name: String, kind: SinkKind = "file", checkpointPath: String? = nil)
    -> SecondaryDescription
  {
    SecondaryDescription(
      name: name, kind: kind, target: "/srv/\(name)", persistenceDir: "/hydra",
      checkpointPath: checkpointPath)
  }

  func observer(_ secondaries: [SecondaryDescription], silentAfter: SilentLimits = SilentLimits())
    -> Observer
  {
    let clock = clock
    return Observer(
      source: source, persistenceDir: "/hydra", state: state.directory, secondaries: secondaries,
      silentAfter: silentAfter, now: { clock.now })
  }

  func checkpoint(_ eventId: Int, in name: String = "cold") throws {
    let events = SampleEvents.make(eventId + 1)
    try state.directory.folder(name).write(
      Checkpoint(position: events.last!.position, at: .now, highest: UInt64(eventId)))
  }

  @Test("the lag counts events, and the seconds since the first event not stored")
  func lag() async throws {
    try checkpoint(89)
    let observation = await observer([description("cold")]).look()
    let report = observation.secondaries[0].report
    #expect(report.lagEvents == 10)
    let next = SampleEvents.make(91).last!.position
    #expect(observation.secondaries[0].firstMissing == next)
    #expect(report.lagSeconds == clock.now.at.seconds(since: next.time!))
    #expect(report.state == .stalled || report.state == .idle)
    #expect(observation.survey.head?.eventId == 99)
  }

  @Test("the history of a minute has its largest lag, whenever in the minute that was")
  func peak() async throws {
    let folder = state.directory.folder("cold")
    try checkpoint(99)
    let observer = SelfObserver(
      of: description("cold"), source: source, folder: folder,
      log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let begin = EventTime(seconds: 1_800_000_000)
    let events = SampleEvents.make(100)
    for (second, stored) in [(0.0, 99), (10, 20), (20, 60), (50, 99), (60, 98)] {
      let at = begin.advanced(bySeconds: second)
      await observer.look(
        DriveLook(
          instant: .seconds(second), at: at,
          checkpoint: Checkpoint(position: events[stored].position, at: at, highest: nil),
          driver: DriverReport(pid: 1, host: "h", startedAt: begin)))
    }
    let minute = HistoryRing.Sample.minute(of: begin)
    #expect(try folder.history.read(minute...(minute + 1)).map(\.lagEvents) == [79, 1])
  }

  @Test("a state that is journaled has its end journaled, too; everyday changes are not")
  func ends() async throws {
    let folder = state.directory.folder("cold")
    try checkpoint(99)
    let observer = SelfObserver(
      of: description("cold"), source: source, folder: folder,
      log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let begin = EventTime(seconds: 1_800_000_000)
    let events = SampleEvents.make(100)
    for (second, stored) in [(0.0, 20), (10, 60), (20, 80), (30, 99), (40, 80), (50, 99)] {
      let at = begin.advanced(bySeconds: second)
      var driver = DriverReport(pid: 1, host: "h", startedAt: begin)
      driver.at = at
      await observer.look(
        DriveLook(
          instant: .seconds(second), at: at,
          checkpoint: Checkpoint(position: events[stored].position, at: at, highest: nil),
          driver: driver))
    }
    let states = try folder.readJournal(last: 10).filter { $0.kind == .state }.map(\.text)
    #expect(states == ["lagging", "ok"])
  }

  @Test("if nothing changed, neither the log nor a file is read again")
  func cheap() async throws {
    try checkpoint(89)
    let observer = observer([description("cold")])
    _ = await observer.look()
    let before = source.counts
    clock.advance(.seconds(1))
    _ = await observer.look()
    #expect(source.counts.surveys == before.surveys)
    #expect(source.counts.statuses == before.statuses)
    #expect(source.counts.tokens == before.tokens + 1)
  }

  @Test("the next look sees a moved checkpoint, a grown log and a replaced file")
  func changes() async throws {
    try checkpoint(89)
    let observer = observer([description("cold")])
    #expect(await observer.look().secondaries[0].report.lagEvents == 10)
    try checkpoint(94)
    #expect(await observer.look().secondaries[0].report.lagEvents == 5)
    await source.base.append(SampleEvents.make(3, first: 100))
    #expect(await observer.look().secondaries[0].report.lagEvents == 8)
    try state.directory.pause("cold", by: "a@h", reason: nil, until: nil)
    #expect(await observer.look().secondaries[0].report.state == .paused)
    try state.directory.resume("cold", by: "a@h")
    #expect(await observer.look().secondaries[0].report.paused == nil)
  }

  @Test("two writes within one tick of the file system are both seen")
  func sameTick() async throws {
    let observer = observer([description("cold")])
    for eventId in 80..<99 {
      try checkpoint(eventId)
      #expect(
        await observer.look().secondaries[0].report.checkpoint?.eventId == UInt64(eventId))
    }
  }

  @Test("a held lock shows its driver, and a free one shows none")
  func driver() async throws {
    try checkpoint(99)
    let observer = observer([description("cold")])
    let lock = try #require(try state.folder.lock())
    try state.folder.writeDriver(
      DriverReport(pid: 4711, host: "h", startedAt: clock.now.at))
    let driven = await observer.look().secondaries[0]
    #expect(driven.report.driver?.pid == 4711)
    #expect(driven.report.state == .ok)
    lock.release()
    let lost = await observer.look().secondaries[0].report
    #expect(lost.driver == nil)
    #expect(lost.state == .driverLost)
  }

  @Test("what is not well and not configured names how to forget it, and no driver to start")
  func forget() async throws {
    try checkpoint(50)
    try state.folder.writeBinding(
      Binding(
        kind: "file", target: "/srv/cold", persistenceDir: "/hydra", first: nil, createdAt: .now))
    var report = DriverReport(pid: 4711, host: "h", startedAt: clock.now.at)
    for step in 0..<3 {
      if step == 1 { report.endedAt = clock.now.at }
      if step == 2 {
        report.stopped = true
        report.lastError = "no such bucket"
      }
      try state.folder.writeDriver(report)
      let gone = await observer([]).look().secondaries[0].report
      #expect(gone.severity >= .warning)
      #expect(gone.explanation?.contains("hydra-sinks forget cold") == true)
      #expect(gone.explanation?.contains("hydra-sinks run") == false, "\(gone)")
      let here = await observer([description("cold")]).look().secondaries[0].report
      #expect(here.explanation?.contains("forget") == false)
      #expect(here.explanation?.contains("hydra-sinks run") == true)
    }
    // Another configuration's driver drives it.
    let lock = try #require(try state.folder.lock())
    defer { lock.release() }
    let driven = await observer([]).look().secondaries[0].report
    #expect(driven.explanation?.contains("forget") != true)
  }

  @Test("folders outside the configuration are shown if they are bound to this log")
  func unconfigured() async throws {
    func bind(_ name: String, _ log: String) throws {
      try state.directory.folder(name).writeBinding(
        Binding(
          kind: "file", target: "/srv/\(name)", persistenceDir: log, first: nil, createdAt: .now))
    }
    try bind("here", "/hydra")
    try bind("cold", "/hydra")
    try bind("elsewhere", "/other")
    let observation = await observer([description("cold")]).look()
    #expect(observation.secondaries.map(\.description.name) == ["cold", "here"])
    #expect(observation.secondaries.map(\.isConfigured) == [true, false])
    #expect(observation.secondaries[1].report.state == .new)
  }

  @Test("a foreign checkpoint is read in its place, and needs no driver")
  func foreign() async throws {
    let path = state.path + "/explorer.json"
    try FileManager.default.createDirectory(
      atPath: state.path, withIntermediateDirectories: true)
    try Data(#"{"eventId":99}"#.utf8).write(to: URL(filePath: path))
    let description = description("explorer", kind: "checkpoint", checkpointPath: path)
    let report = await observer([description]).look().secondaries[0].report
    #expect(report.state == .ok)
    #expect(report.lagSeconds == 0)
    #expect(!state.directory.folder("explorer").exists, "a look creates nothing")
  }

  @Test(
    "an invalid checkpoint and a foreign folder are unknown, by name, and affect no other")
  func trouble() async throws {
    try state.plant("{", in: "checkpoint.json")
    for name in ["warm", "hot"] {
      try state.directory.folder(name).writeBinding(
        Binding(
          kind: "s3", target: "/srv/warm", persistenceDir: "/hydra", first: nil, createdAt: .now))
    }
    try checkpoint(5, in: "warm")
    let observation = await observer([
      description("cold"), description("warm"), description("hot"),
    ]).look()
    let reports = observation.secondaries.map(\.report)
    #expect(reports.map(\.state) == [.unknown, .unknown, .new])
    #expect(reports[0].explanation?.contains("cold/checkpoint.json") == true)
    #expect(reports[1].explanation?.contains("adopt warm") == true)
  }

  @Test("a log that cannot be read makes every lag unknown, and the primary's state says why")
  func noPrimary() async throws {
    try checkpoint(99)
    let observer = observer([description("cold")])
    _ = await observer.look()
    await source.base.fail(SourceError(.missing, "There is no log in /hydra."))
    let observation = await observer.look()
    #expect(observation.survey.state == .missing)
    #expect(observation.primarySeverity == .unknown)
    #expect(observation.secondaries[0].report.state == .unknown)
    #expect(observation.secondaries[0].report.lagEvents == nil)
    #expect(observation.secondaries[0].report.explanation == "There is no log in /hydra.")
    await source.base.fail(nil)
    #expect(await observer.look().secondaries[0].report.lagEvents == 0)
  }

  @Test("silence beyond a limit is an alarm, first as a warning")
  func silent() async throws {
    let last = SampleEvents.make(100).last!.time!
    for (limits, severity) in [
      (SilentLimits(), Severity.ok), (SilentLimits(warn: 61), .ok),
      (SilentLimits(warn: 59), .warning), (SilentLimits(warn: 30, error: 59), .error),
      (SilentLimits(warn: 30, error: 61), .warning),
    ] {
      clock.set(last.advanced(bySeconds: 60))
      let observation = await observer([], silentAfter: limits).look()
      #expect(observation.primarySeverity == severity)
      #expect(observation.survey.state == (severity == .ok ? .live : .silent))
    }
  }
}

/// A source that counts the calls that it receives.
final class CountingSource: EventSource {
  struct Counts {
    var surveys = 0
    var tokens = 0
    var statuses = 0
  }

  let base: MemorySource
  private let state = Mutex(Counts())

  init(_ base: MemorySource) { self.base = base }

  var counts: Counts { state.withLock { $0 } }

  func survey() async -> Survey {
    state.withLock { $0.surveys += 1 }
    return await base.survey()
  }

  func changeToken() async -> ChangeToken {
    state.withLock { $0.tokens += 1 }
    return await base.changeToken()
  }

  func status(of position: Position?) async throws(SourceError) -> PositionStatus {
    state.withLock { $0.statuses += 1 }
    return try await base.status(of: position)
  }

  func locate(_ start: Start) async throws(SourceError) -> Position? {
    try await base.locate(start)
  }

  func extent(from first: Position, through last: Position) async throws(SourceError) -> Extent {
    try await base.extent(from: first, through: last)
  }

  func reader(from start: Start) -> any EventReader { base.reader(from: start) }
}

/// A clock that starts now and advances when a test says so.
final class TestMoment: Sendable {
  private let moment = Mutex(Moment.now)

  var now: Moment { moment.withLock { $0 } }

  func advance(_ duration: Duration) {
    moment.withLock {
      $0.instant += duration
      $0.at = $0.at.advanced(bySeconds: Double(duration.components.seconds))
    }
  }

  func set(_ at: EventTime) { moment.withLock { $0.at = at } }
}
