import EventPersistence
import EventPersistenceTesting
import SecondaryStatus
import Testing

@testable import Dashboard
@testable import DashboardHost

@Suite("the count of the log's tags") struct LogCounterTests {
  private let inbox = Inbox()

  /// What a count tells, until it is over.
  private func counts(_ counter: LogCounter) async -> [TagCount] {
    async let run: Void = counter.run()
    var counts: [TagCount] = []
    for await message in inbox.messages {
      guard case .counted(let count) = message else { continue }
      counts.append(count)
      if count.isOver { break }
    }
    await run
    return counts
  }

  @Test("the whole log is counted, with its progress")
  func whole() async throws {
    let events = SampleEvents.make(30_000)
    let counts = await counts(LogCounter(source: MemorySource(events), inbox: inbox))
    let last = try #require(counts.last)
    #expect(last.statistics.events == 30_000 && last.share == 1 && last.unread == nil)
    #expect(last.statistics.tags.count == 3)
    #expect(last.statistics.bytes == events.reduce(0) { $0 + UInt64($1.json.count) })
    let first = try #require(counts.first)
    #expect(!first.isOver && first.share.map { $0 > 0 && $0 < 1 } ?? false)
  }

  @Test("a count goes on where the last one ended, and begins anew in another log")
  func goesOn() async throws {
    let source = MemorySource(SampleEvents.make(300))
    let counter = LogCounter(source: source, inbox: inbox)
    #expect(await counts(counter).last?.statistics.events == 300)
    await source.append(SampleEvents.make(50, first: 300))
    #expect(await counts(counter).last?.statistics.events == 350)
    await source.replace(with: SampleEvents.make(20, secondsLater: 9999))
    #expect(await counts(counter).last?.statistics.events == 20)
  }

  @Test("a log that cannot be read is said")
  func fails() async {
    let source = MemorySource()
    await source.fail(SourceError(.unreadable, "no access"))
    let count = await counts(LogCounter(source: source, inbox: inbox)).last
    #expect(count?.unread == "no access" && count?.statistics.events == 0)
  }
}
