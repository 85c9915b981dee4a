import Dashboard
import EventPersistence
import EventPersistenceTesting
import Synchronization
import Testing

@testable import DashboardHost

@Suite("EventTail") struct EventTailTests {
  private func arrival(
    _ tail: EventTail, _ source: MemorySource
  ) async throws -> EventTail.Arrival? {
    try await tail.arrival(through: try #require(await source.survey().head))
  }

  @Test("nothing is returned before it is followed, and nothing twice")
  func onlyNew() async throws {
    let source = MemorySource(SampleEvents.make(20))
    let tail = EventTail(source: source)
    #expect(try await arrival(tail, source) == nil)
    await tail.follow(after: await source.events[9].position)
    let first = try #require(try await arrival(tail, source))
    #expect(first.rows.map(\.position.eventId) == Array(10..<20) && first.left == 0)
    #expect(try await arrival(tail, source) == nil)
    await source.append(SampleEvents.make(1, first: 20))
    #expect(try await arrival(tail, source)?.rows.map(\.position.eventId) == [20])
  }

  @Test("from a flood the newest are returned, and the others are counted")
  func flood() async throws {
    let source = MemorySource(SampleEvents.make(10))
    let clock = HandClock()
    let tail = EventTail(source: source, now: { clock.now })
    await tail.follow(after: await source.events[9].position)
    await source.append(SampleEvents.make(50_000, first: 10))
    let flood = try #require(try await arrival(tail, source))
    #expect(flood.rows.count == EventTail.sampleMax)
    #expect(flood.rows.last?.position.eventId == 50_009)
    #expect(flood.left + UInt64(flood.rows.count) == 50_000)
    await source.append(SampleEvents.make(3, first: 50_010))
    // A sample stays for a moment.
    #expect(try await arrival(tail, source) == nil)
    clock.advance(EventTail.sampleInterval)
    #expect(
      try await arrival(tail, source)?.rows.map(\.position.eventId) == [50_010, 50_011, 50_012])
  }

  @Test("a twin at the head is new, though its id is not")
  func ordinal() async throws {
    let events = SampleEvents.make(12, sharedIdEach: 10)
    let source = MemorySource(Array(events[..<11]))
    let tail = EventTail(source: source)
    await tail.follow(after: events[10].position)
    await source.append([events[11]])
    #expect(try await arrival(tail, source)?.rows.map(\.position) == [events[11].position])
  }

  @Test("a log that was empty is returned from its first event on")
  func fromNothing() async throws {
    let source = MemorySource()
    let tail = EventTail(source: source)
    await tail.follow(after: nil)
    await source.append(SampleEvents.make(2))
    #expect(try await arrival(tail, source)?.rows.map(\.position.eventId) == [0, 1])
  }
}

/// A clock that a test moves.
final class HandClock: Sendable {
  private let instant = Mutex(ContinuousClock.now)

  var now: ContinuousClock.Instant { instant.withLock { $0 } }
  func advance(_ duration: Duration) { instant.withLock { $0 = $0 + duration } }
}
