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

  @Test("damage is passed over, and named where it is", arguments: [0...29, 40...49, 90...99])
  func damage(_ ids: ClosedRange<UInt64>) async throws {
    let events = SampleEvents.make(100)
    let source = MemorySource(events)
    await source.damage(ids, "byte 99 is damaged.")
    let pages = EventPages(source: source)
    let left = events.filter { !ids.contains($0.eventId) }
    let after = left.first { $0.eventId > ids.upperBound }
    func check(_ loaded: LoadedRows, _ expected: [StateEvent], _ what: String) {
      #expect(positions(loaded.rows) == expected.map(\.position), "\(what)")
      for row in loaded.rows {
        let isAfter = row.position == after?.position
        #expect(row.lossBefore == (isAfter ? "byte 99 is damaged." : nil), "\(what)")
      }
      let isAtEnd = loaded.atHead && after == nil
      #expect((loaded.lossAfter != nil) == (isAtEnd || what == "older, up to it"), "\(what)")
    }
    check(try await pages.load(.around(.first, count: 200)), left, "all")
    check(try await pages.load(.tail(count: 200)), left, "tail")
    if ids.upperBound == 99 {
      check(try await pages.load(.tail(count: 7)), left.suffix(7), "the end of the tail")
      check(try await pages.load(.around(.id(95), count: 10)), left.suffix(6), "around the end")
    } else {
      let last = left.last!.position
      check(try await pages.load(.older(than: last, count: 200)), left.dropLast(), "older")
      check(
        try await pages.load(.older(than: after!.position, count: 200)),
        left.filter { $0.eventId < ids.lowerBound }, "older, up to it")
      check(
        try await pages.load(.around(.id(ids.lowerBound), count: 2)),
        left.filter { [ids.lowerBound &- 1, ids.upperBound + 1].contains($0.eventId) }, "around")
    }
    let first = left[0]
    check(
      try await pages.load(.newer(than: first.position, count: 200)), Array(left.dropFirst()),
      "newer")
    #expect(try await pages.event(at: left[5].position) == left[5])
    #expect(try await pages.event(at: events[Int(ids.lowerBound)].position) == nil)
  }

  @Test("what is no event in the log is named where it is")
  func torn() async throws {
    let source = MemorySource(SampleEvents.make(100))
    await source.tear(40...49, "bytes 7 to 9 are no event")
    let loaded = try await EventPages(source: source).load(.around(.id(45), count: 10))
    let row = loaded.rows.first { $0.position.eventId == 50 }
    #expect(row?.lossBefore == "bytes 7 to 9 are no event")
    #expect(loaded.rows.count { $0.lossBefore != nil } == 1)
  }
}
