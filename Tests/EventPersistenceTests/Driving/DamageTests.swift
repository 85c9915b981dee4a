import EventPersistenceTesting
import Testing

@testable import EventPersistence

@Suite("a log with events that cannot be read", .timeLimit(.minutes(5))) struct DamageTests {
  private static let rule = BatchRule(interval: .seconds(10), maxEvents: 7, maxBytes: 1 << 20)
  private let bench = Bench(SampleEvents.make(30))
  private let order = "hydra-sinks replay cold --clamp."

  private func sink(_ grouping: Batching.Grouping?) -> @Sendable (Int) -> any EventSink {
    let storage = bench.storage
    let batching = Batching(
      limits: BatchLimits(events: 3), rule: grouping == nil ? nil : Self.rule, grace: .seconds(5),
      grouping: grouping ?? .pieces)
    return { _ in MemorySink(storage, batching: batching) }
  }

  private func ids() async -> [UInt64] { await bench.storage.events.map(\.eventId) }

  @Test(
    "the events before them are stored, and on an operator's order those after them are too",
    arguments: [nil, .pieces, .whole] as [Batching.Grouping?])
  func passedOver(_ grouping: Batching.Grouping?) async throws {
    let sink = sink(grouping)
    await bench.source.damage(12...14, "byte 99 is damaged.")
    guard case .source(let error) = await bench.secondary(sink: sink).run(until: .head) else {
      Issue.record("it did not end with the damage")
      return
    }
    #expect(error.message.hasPrefix("byte 99 is damaged.") && error.message.hasSuffix(order))
    #expect(try bench.folder.readDriver()?.lastError == error.message)
    #expect(await ids() == Array(0..<12))
    #expect(try bench.folder.readCheckpoint()?.eventId == 11)

    let replay = bench.replay(sink: sink)
    #expect(try await replay.plan(ReplayRequest()).refused == error.message)
    let later = try await replay.plan(ReplayRequest(from: .id(20), clamp: true))
    #expect(later.refused?.contains("can begin at 15 ") == true)
    let back = try await replay.plan(ReplayRequest(from: .id(3)))
    #expect(back.refused == "a rewind cannot reach the head. \(error.message)")
    let request = ReplayRequest(from: .id(15), clamp: true)
    let plan = try await replay.plan(request)
    #expect(plan.kind == .redrive && plan.from?.eventId == 15 && plan.refused == nil)
    let lost = try #require(plan.lost)
    #expect(lost == "the events 12 to 14, which cannot be read (byte 99 is damaged.)")
    let result = try await replay.execute(request, expecting: plan.id)
    #expect(result.record.state == .done && result.record.lost == lost)
    #expect(try bench.folder.readReplays(last: 1).first?.lost == lost)
    let journal = try bench.folder.readJournal(last: 99)
    #expect(journal.count { $0.text.hasPrefix("passes over \(lost), and continues at 15") } == 1)

    // The batch of the next event began before the damage.
    await bench.source.append(SampleEvents.make(3, first: 30))
    #expect(await bench.secondary(sink: sink).run(until: .head) == .reachedHead)
    #expect(await ids() == Array(0..<12) + Array(15..<33))
  }

  @Test("an order to pass over one damage passes over no other")
  func another() async throws {
    await bench.source.damage(12...14)
    _ = await bench.secondary().run(until: .head)
    try bench.folder.createReplay(
      ReplayRecord(
        id: "a", kind: .redrive, from: SampleEvents.make(14)[13].position, through: nil,
        lost: "the event 12", requestedBy: "op@here", reason: nil, at: .now, maxRate: nil,
        previousCheckpoint: nil))
    _ = await bench.secondary().run(until: .replay("a"))
    #expect(try bench.folder.readReplays(last: 1).first?.state == .failed)
    #expect(await ids() == Array(0..<12))
  }

  @Test("if no event after them can be read, no order passes over them")
  func atTheEnd() async throws {
    await bench.source.damage(12...99, "The end is cut off.")
    let end = await bench.secondary(sink: sink(.whole)).run(until: .head)
    #expect(end == .source(SourceError(.damaged(next: nil), "The end is cut off.")))
    #expect(await ids() == Array(0..<12))
    await #expect(throws: ReplayError.self) {
      try await bench.replay().plan(ReplayRequest(clamp: true))
    }
    await bench.source.damage(nil)
    #expect(await bench.secondary(sink: sink(.whole)).run(until: .head) == .reachedHead)
    #expect(await ids() == Array(0..<30))
  }
}
