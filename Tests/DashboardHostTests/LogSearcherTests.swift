import EventPersistence
import EventPersistenceTesting
import Testing

@testable import Dashboard
@testable import DashboardHost

@Suite("LogSearcher") struct LogSearcherTests {
  /// Everything that a search answers, until it is over.
  private func answers(
    _ text: String, _ direction: LogSearch.Direction = .backward, from: UInt64, count: Int = 200,
    _ source: MemorySource
  ) async throws -> [SearchAnswer] {
    let inbox = Inbox()
    let filter = try #require(try Filter.read(text, now: nil))
    let search = LogSearch(
      id: 1, direction, from: Position(eventId: from), count: count, filter: filter)
    let searcher = LogSearcher(source: source, inbox: inbox)
    async let run: Void = searcher.run(search)
    var answers: [SearchAnswer] = []
    for await message in inbox.messages {
      guard case .found(let answer) = message else { continue }
      answers.append(answer)
      if answer.isOver { break }
    }
    await run
    return answers
  }

  @Test("the whole log is searched backwards, in stretches, each match once and in log order")
  func back() async throws {
    let source = MemorySource(SampleEvents.make(30_000))
    let found = try await answers("id:0-25000", from: 29_000, count: 100_000, source)
    let ids = found.reversed().flatMap { $0.rows.map(\.position.eventId) }
    #expect(ids == Array(0...25_000))
    #expect(found.last?.isAtEnd == true)
    #expect(found.count > 2)
  }

  @Test("a search with enough matches stops and says how far it got")
  func enough() async throws {
    let source = MemorySource(SampleEvents.make(30_000))
    let found = try await answers("size:>0", from: 29_000, count: 10, source)
    #expect(found.count == 1)
    #expect(found.last?.isAtEnd == false)
    let rows = try #require(found.last?.rows)
    #expect(rows.last?.position.eventId == 28_999)
  }

  @Test("a search forwards finds the first match after a place")
  func forward() async throws {
    let source = MemorySource(SampleEvents.make(30_000))
    let found = try await answers("id:20000-", .forward, from: 5, count: 1, source)
    #expect(found.last?.rows.map(\.position.eventId) == [20_000])
    let none = try await answers("tag:nothing", .forward, from: 5, count: 1, source)
    #expect(none.last?.rows == [] && none.last?.isAtEnd == true)
  }

  @Test("damage is passed over in both directions, and named in the answer")
  func damage() async throws {
    for ids: ClosedRange<UInt64> in [0...99, 12_000...12_999] {
      let source = MemorySource(SampleEvents.make(30_000))
      await source.damage(ids, "byte 99 is damaged.")
      let found = try await answers("id:0-25000", from: 29_000, count: 100_000, source)
      let all = found.reversed().flatMap { $0.rows.map(\.position.eventId) }
      #expect(all == (0...25_000).filter { !ids.contains($0) })
      #expect(found.last?.error == nil && found.last?.isAtEnd == true)
      #expect(found.last?.unread?.contains("byte 99 is damaged.") == true)
    }
    let source = MemorySource(SampleEvents.make(30_000))
    await source.damage(12_000...12_999, "byte 99 is damaged.")
    let next = try await answers("id:20000-", .forward, from: 5, count: 1, source)
    #expect(next.last?.rows.map(\.position.eventId) == [20_000])
    #expect(next.last?.unread == "byte 99 is damaged.")
  }
}
