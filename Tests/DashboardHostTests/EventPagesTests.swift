import Dashboard
import EventPersistence
import EventPersistenceTesting
import Testing

@testable import DashboardHost

@Suite("EventPages") struct EventPagesTests {
  private func positions(_ rows: [EventRow]) -> [Position] { rows.map(\.position) }

  @Test("the tail is the last rows, and says whether they are all")
  func tail() async throws {
    let events = SampleEvents.make(100)
    let pages = EventPages(source: MemorySource(events))
    let some = try await pages.load(.tail(count: 10))
    #expect(positions(some.rows) == events.suffix(10).map(\.position))
    #expect(some.atHead && !some.atFirst)
    let all = try await pages.load(.tail(count: 100))
    #expect(all.rows.count == 100 && all.atFirst)
  }

  @Test("the tail of an empty log is empty")
  func emptyLog() async throws {
    let loaded = try await EventPages(source: MemorySource()).load(.tail(count: 10))
    #expect(loaded.rows.isEmpty && loaded.atHead && loaded.atFirst)
  }

  @Test("older rows end right before the given one, its twin included")
  func older() async throws {
    let events = SampleEvents.make(100, sharedIdEach: 10)
    let pages = EventPages(source: MemorySource(events))
    let index = try #require(
      events.firstIndex { $0.tag == "Checkpoint" && $0.eventId == 50 })
    let loaded = try await pages.load(.older(than: events[index].position, count: 20))
    #expect(positions(loaded.rows) == events[index - 20..<index].map(\.position))
    #expect(!loaded.atFirst)
  }

  @Test("older rows are found across a gap in the ids, however wide")
  func olderBehindGap() async throws {
    let events = SampleEvents.make(30) + SampleEvents.make(10, first: 1_000_000)
    let pages = EventPages(source: MemorySource(events))
    let loaded = try await pages.load(.older(than: events[35].position, count: 20))
    #expect(positions(loaded.rows) == events[15..<35].map(\.position))
  }

  @Test("older rows at the log's beginning are all that exist")
  func olderAtFirst() async throws {
    let events = SampleEvents.make(30, first: 500)
    let pages = EventPages(source: MemorySource(events))
    let loaded = try await pages.load(.older(than: events[5].position, count: 20))
    #expect(positions(loaded.rows) == events[..<5].map(\.position))
    #expect(loaded.atFirst)
  }

  @Test("newer rows begin after the given one")
  func newer() async throws {
    let events = SampleEvents.make(30, sharedIdEach: 5)
    let pages = EventPages(source: MemorySource(events))
    let loaded = try await pages.load(.newer(than: events[5].position, count: 10))
    #expect(positions(loaded.rows) == events[6..<16].map(\.position))
    #expect(!loaded.atHead)
    let rest = try await pages.load(.newer(than: events[25].position, count: 10))
    #expect(positions(rest.rows) == events[26...].map(\.position))
    #expect(rest.atHead)
  }

  @Test("rows around a place have it in the middle, and none twice")
  func around() async throws {
    let events = SampleEvents.make(100)
    let pages = EventPages(source: MemorySource(events))
    let loaded = try await pages.load(.around(.id(40), count: 20))
    #expect(positions(loaded.rows) == events[30..<50].map(\.position))
    #expect(!loaded.atFirst && !loaded.atHead)
  }

  @Test("around a place after the head are the last rows")
  func aroundBeyond() async throws {
    let events = SampleEvents.make(100)
    let loaded = try await EventPages(source: MemorySource(events))
      .load(.around(.id(4000), count: 20))
    #expect(loaded.rows.last?.position == events.last?.position)
    #expect(loaded.atHead)
  }

  @Test("among events that share an id, the right one is found")
  func event() async throws {
    let events = SampleEvents.make(30, sharedIdEach: 5)
    let pages = EventPages(source: MemorySource(events))
    for event in events {
      #expect(try await pages.event(at: event.position) == event)
    }
    #expect(try await pages.event(at: Position(eventId: 10, tag: "HeadOpened")) == nil)
    #expect(try await pages.event(at: Position(eventId: 4000)) == nil)
  }
}
