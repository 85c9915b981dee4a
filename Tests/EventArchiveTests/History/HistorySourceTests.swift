import EventPersistence
import EventPersistenceTesting
import Testing

@testable import EventArchive

@Suite("A log with a history from an archive")
struct HistorySourceTests {
  /// Logs as the laws have them, and one whose rotations are those of 0.22.0 to 0.22.3.
  static let logs: [[StateEvent]] = [
    SampleEvents.make(1), SampleEvents.make(30, first: 5), SampleEvents.make(30, sharedIdEach: 7),
    SampleEvents.make(40, payload: 300, clockSetBackAt: 20), early,
  ]

  /// With each `Checkpoint` before the event of the same id.
  private static var early: [StateEvent] {
    var events = SampleEvents.make(30, sharedIdEach: 7)
    for index in events.indices.dropFirst() where events[index].tag == "Checkpoint" {
      events.swapAt(index - 1, index)
    }
    return events
  }

  /// A log that has the events from the index `border` on. Where they begin with a rotation's
  /// `Checkpoint`, it knows what it has lost.
  private func log(_ events: [StateEvent], from border: Int) async -> MemorySource {
    let rest = Array(events[border...])
    let log = MemorySource(rest)
    if border > 0, rest.first?.tag == "Checkpoint" {
      await log.replace(with: rest, losing: 0...events[border - 1].eventId)
    }
    return log
  }

  @Test("keeps the laws of a source, wherever the log begins", arguments: logs.indices)
  func laws(index: Int) async throws {
    let events = Self.logs[index]
    let rotations = events.indices.filter { events[$0].tag == "Checkpoint" }
    let borders = rotations.isEmpty ? [0, 1, 11, events.count - 1] : rotations
    for border in borders where border < events.count {
      let log = await log(events, from: border)
      try await SourceLaws.check(
        HistorySource(name: "archive", MemoryArchive(events), before: log), holding: events)
      // One that has stored no more than what the log lacks.
      try await SourceLaws.check(
        HistorySource(name: "archive", MemoryArchive(Array(events[..<border])), before: log),
        holding: events)
    }
  }

  @Test("an archive that holds nothing yet, or is not begun, leaves the log as it is")
  func nothing() async throws {
    let events = SampleEvents.make(20, first: 5)
    for archive in [MemoryArchive([]), MemoryArchive([])] {
      try await SourceLaws.check(
        HistorySource(name: "archive", archive, before: MemorySource(events)), holding: events)
      archive.set(nil as ArchiveManifest?)
    }
  }

  @Test("does not ask the archive while the log has everything")
  func untouched() async throws {
    let archive = MemoryArchive([])
    archive.fail(SourceError(.unreadable, "no network"))
    let events = SampleEvents.make(30, sharedIdEach: 7)
    try await SourceLaws.check(
      HistorySource(name: "archive", archive, before: MemorySource(events)), holding: events)
  }

  @Test("fills a hole between two files of the log")
  func middle() async throws {
    let events = SampleEvents.make(40, sharedIdEach: 10)
    // A file from the `Checkpoint` 10 through the event 20 is gone.
    let log = MemorySource(events)
    await log.lose(11...20)
    let source = HistorySource(name: "archive", MemoryArchive(events), before: log)
    #expect(try await read(source).map(\.position) == events.map(\.position))
    for (index, event) in events.enumerated() {
      let next = index + 1 < events.count ? events[index + 1].position : nil
      #expect(
        try await source.status(of: event.position) == PositionStatus(match: .found, next: next))
    }
    #expect(await source.survey().missing.isEmpty)
    let extent = try await source.extent(from: events[5].position, through: events.last!.position)
    #expect(extent.parts.map(\.archive) == [nil, "archive", nil])
    #expect(extent.parts.map(\.from) == [5, 11, 20] && extent.parts[1].through == 20)
    let time = try #require(events[15].time)
    #expect(try await source.locate(.time(time)) == events[15].position)
  }

  @Test("says which events neither has: before the archive, within it, after it")
  func holes() async throws {
    let events = SampleEvents.make(60, sharedIdEach: 10)
    func source(_ archived: (StateEvent) -> Bool) async -> HistorySource {
      let border = events.firstIndex { $0.eventId == 40 && $0.tag == "Checkpoint" }!
      return HistorySource(
        name: "archive", MemoryArchive(events.filter(archived)),
        before: await log(events, from: border))
    }
    func lost(after id: UInt64, in source: HistorySource) async throws -> ClosedRange<UInt64>? {
      let position = try #require(events.last { $0.eventId == id }?.position)
      guard case .gap(let ids) = try await source.status(of: position).match else { return nil }
      let reader = source.reader(from: .after(position))
      let error = await #expect(throws: SourceError.self) {
        _ = try await reader.next(BatchLimits(), through: nil)
      }
      #expect(error?.kind == .gap(ids) && error?.message.contains("memory:/archive") == true)
      return ids
    }
    let late = await source { $0.eventId > 20 || $0.eventId == 20 && $0.tag == "Checkpoint" }
    #expect(try await lost(after: 12, in: late) == 13...20)
    #expect(try await lost(after: 21, in: late) == nil)
    #expect(await late.survey().missing == [Survey.Missing(from: 0, through: 20)])
    #expect(await late.survey().first?.eventId == 20)

    let holed = await source {
      !(11...20).contains($0.eventId) || $0.position == events[22].position
    }
    #expect(events[22].tag == "Checkpoint" && events[22].eventId == 20)
    #expect(try await lost(after: 10, in: holed) == 11...20)
    #expect(try await lost(after: 9, in: holed) == nil)

    let short = await source { $0.eventId <= 35 }
    #expect(try await lost(after: 35, in: short) == 36...40)
    #expect(await short.survey().missing == [Survey.Missing(from: 36, through: 40)])
    #expect(
      try await short.status(of: events.first { $0.eventId == 35 }!.position).next?.eventId == 40)
  }

  @Test("goes on where the border moves while it reads: the node rotates, an archive comes back")
  func moving() async throws {
    let events = SampleEvents.make(200, sharedIdEach: 10)
    let borders = events.indices.filter { events[$0].tag == "Checkpoint" }
    var random = SeededRandom(7)
    for _ in 0..<20 {
      let log = await log(events, from: borders[3])
      let source = HistorySource(name: "archive", MemoryArchive(events), before: log)
      let reader = source.reader(from: .first)
      var read: [Position] = []
      while let batch = try await reader.next(
        BatchLimits(events: .random(in: 1...30, using: &random)), through: nil)
      {
        read += batch.entries.map(\.position)
        let border = borders[.random(in: borders.indices, using: &random)]
        await log.replace(
          with: Array(events[border...]), losing: 0...events[border - 1].eventId)
      }
      #expect(read == events.map(\.position))
    }
  }

  @Test("an archive that grows closes its gap, and a change shows that")
  func growing() async throws {
    let events = SampleEvents.make(60, sharedIdEach: 10)
    let border = events.firstIndex { $0.eventId == 40 && $0.tag == "Checkpoint" }!
    let archive = MemoryArchive(events.filter { $0.eventId <= 35 })
    let clock = SettableClock()
    let source = HistorySource(
      name: "archive", archive, before: await log(events, from: border), clock: clock.driver)
    let position = try #require(events.last { $0.eventId == 35 }?.position)
    #expect(try await source.status(of: position).match == .gap(36...40))
    let token = await source.changeToken()
    archive.set(Array(events[..<border]))
    clock.advance(by: .seconds(6))
    #expect(await source.changeToken() != token)
    #expect(try await source.status(of: position).match == .found)
    #expect(try await read(source).map(\.position) == events.map(\.position))
  }

  @Test("reads the archive from the object that has the event")
  func fromTheRightObject() async throws {
    let events = SampleEvents.make(1000)
    let archive = MemoryArchive(events, by: 10)
    let source = HistorySource(
      name: "archive", archive, before: await log(events, from: 900))
    let reader = source.reader(from: .after(events[500].position))
    let batch = try #require(try await reader.next(BatchLimits(events: 3), through: nil))
    #expect(batch.first == events[501].position)
    #expect(Set(archive.takeReads()) == ["490-499.0", "500-509.0"])
    #expect(try await source.locate(near: events[500].time!) == nil)
  }

  @Test("refuses an archive of a part, of one event of each id, and of another log")
  func refused() async throws {
    let events = SampleEvents.make(60, sharedIdEach: 10)
    let border = events.firstIndex { $0.eventId == 40 && $0.tag == "Checkpoint" }!
    let archive = MemoryArchive(events)
    let source = {
      HistorySource(name: "archive", archive, before: await log(events, from: border))
    }
    func kind(_ manifest: ArchiveManifest) async throws -> SourceError.Kind? {
      archive.set(manifest)
      do throws(SourceError) {
        _ = try await source().status(of: events[3].position)
        return nil
      } catch {
        return error.kind
      }
    }
    #expect(try await kind(ArchiveManifest(schema: 1, part: "the tags A")) == .unsupported)
    #expect(try await kind(ArchiveManifest(schema: 1, content: .transactions)) == .unsupported)
    var perEvent = ArchiveManifest(schema: 1)
    perEvent.keepsLastOfId = true
    #expect(try await kind(perEvent) == .unsupported)
    #expect(try await kind(ArchiveManifest(schema: 1)) == nil)
    // Of the border's event, it has only one with the same id.
    archive.set(events.filter { $0.eventId != 40 || $0.tag != "Checkpoint" })
    let position = try #require(events.first { $0.eventId == 40 }?.position)
    let other = await source()
    let error = await #expect(throws: SourceError.self) { try await other.status(of: position) }
    #expect(error?.kind == .ambiguous)
    let stranger = Position(eventId: 12, tag: "Other", time: events[12].time)
    let match = try await source().status(of: stranger).match
    #expect(match == .differs(events.first { $0.eventId == 12 }!.position))
  }

  private func read(_ source: HistorySource) async throws -> [StateEvent] {
    let reader = source.reader(from: .first)
    var events: [StateEvent] = []
    while let batch = try await reader.next(BatchLimits(events: 6), through: nil) {
      events += batch.entries.map(batch.event)
    }
    return events
  }
}
