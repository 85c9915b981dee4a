import EventPersistenceTesting
import Foundation
import Testing

@testable import EventPersistence

@Suite("a sink of whole batches", .timeLimit(.minutes(5))) struct WholeBatchTests {
  private static let rule = BatchRule(interval: .seconds(10), maxEvents: 7, maxBytes: 1 << 20)
  private static let batching = Batching(
    limits: BatchLimits(events: 3), rule: rule, grace: .seconds(5), grouping: .whole)

  private func sink(_ bench: Bench) -> @Sendable (Int) -> any EventSink {
    let storage = bench.storage
    return { _ in MemorySink(storage, batching: Self.batching) }
  }

  private func ids(_ bench: Bench) async -> [[UInt64]] {
    await bench.storage.batches.map { $0.entries.map(\.position.eventId) }
  }

  /// Events a second apart whose times follow the bench's clock.
  private func live(_ count: Int, from second: Int64 = 1_800_000_000) -> [StateEvent] {
    SampleEvents.make(count).enumerated().map { index, event in
      var event = event
      event.position.time = EventTime(seconds: second + Int64(index))
      return event
    }
  }

  @Test("receives the rule's batches of a log whose times are long past, the last one too")
  func catchesUp() async throws {
    let events = SampleEvents.make(60, sharedIdEach: 9)
    let bench = Bench(events)
    #expect(await bench.secondary(sink: sink(bench)).run(until: .head) == .reachedHead)
    let batches = await bench.storage.batches
    #expect(
      batches.map { $0.entries.map($0.event) } == Course.batches(events, Self.rule))
    #expect(batches.dropLast().allSatisfy { $0.run?.isComplete == true })
    #expect(batches.last?.run?.isComplete == false)
    #expect(try bench.folder.readCheckpoint()?.position == events.last?.position)
  }

  @Test(
    "an open batch is put once its interval and the grace are over, and comes again if it grows")
  func openBatch() async throws {
    let events = live(8)
    let bench = Bench(Array(events[..<3]))
    let secondary = bench.secondary(sink: sink(bench))
    let run = Task { await secondary.run() }
    await eventually { await bench.storage.batches.count == 1 }
    #expect(bench.clock.now.offset >= .seconds(15))
    #expect(await ids(bench) == [[0, 1, 2]])
    await bench.source.append(Array(events[3..<5]))
    await eventually { await bench.storage.batches.count == 2 }
    #expect(await ids(bench).last == [0, 1, 2, 3, 4])
    // Seven events fill the batch.
    await bench.source.append(Array(events[5...]))
    await eventually { await bench.storage.batches.count >= 4 }
    run.cancel()
    #expect(await run.value == .cancelled)
    #expect(await ids(bench)[2...] == [[0, 1, 2, 3, 4, 5, 6], [7]])
    #expect(try bench.folder.readDriver()?.phase == .waiting)
    #expect(try bench.folder.readDriver()?.batchingSeconds == 15)
    #expect(try bench.folder.readCheckpoint()?.eventId == 7)
  }

  @Test("a drive with its checkpoint inside a batch delivers the batch from its first event")
  func midBatch() async throws {
    let events = SampleEvents.make(40, sharedIdEach: 4)
    let batches = Course.batches(events, Self.rule)
    for index in events.indices.dropLast() {
      let bench = Bench(events)
      try bench.folder.prepare()
      try bench.folder.write(
        Checkpoint(position: events[index].position, at: .now, highest: events[index].eventId))
      #expect(await bench.secondary(sink: sink(bench)).run(until: .head) == .reachedHead)
      let expected = batches.drop { !$0.contains(events[index + 1]) }
      #expect(
        await bench.storage.batches.map { $0.entries.map($0.event) } == Array(expected),
        "after \(index)")
    }
  }

  @Test("a drive to the head waits for an open batch, and says so")
  func untilHead() async throws {
    let bench = Bench(live(3))
    #expect(await bench.secondary(sink: sink(bench)).run(until: .head) == .reachedHead)
    #expect(bench.clock.now.offset >= .seconds(15))
    #expect(await ids(bench) == [[0, 1, 2]])
    let journal = try bench.folder.readJournal(last: 20).map(\.text)
    #expect(journal.contains { $0.hasPrefix("waits to store the batch that begins at 0") })
  }

  @Test("a replay that ends in an open batch leaves it to the normal delivery")
  func replay() async throws {
    let events = live(9, from: 1_800_000_000 - 5)
    let bench = Bench(events)
    #expect(await bench.secondary(sink: sink(bench)).run(until: .head) == .reachedHead)
    let before = await bench.storage.batches.count
    // The log has grown since, into a batch that may grow.
    let now = Int64(bench.clock.now.offset / .seconds(1))
    let more = live(12, from: 1_800_000_000 + now / 10 * 10 - 9)[9...]
    await bench.source.append(Array(more))
    let replay = bench.replay(sink: sink(bench))
    let plan = try await replay.plan(ReplayRequest(from: .start))
    #expect(plan.refused == nil)
    let result = try await replay.execute(ReplayRequest(from: .start))
    #expect(result.record.state == .done)
    let again = await ids(bench)[before...].flatMap(\.self)
    #expect(again == Array(0...8))
    #expect(result.checkpoint?.eventId == 8)
  }

  @Test("both ends of a range are widened to whole batches, but not beyond the checkpoint")
  func range() async throws {
    let events = SampleEvents.make(40)
    let bench = Bench(events)
    #expect(await bench.secondary(sink: sink(bench)).run(until: .head) == .reachedHead)
    let before = await bench.storage.batches.count
    let batches = Course.batches(events, Self.rule)
    let replay = bench.replay(sink: sink(bench))
    let request = ReplayRequest(
      from: .id(batches[1][1].eventId), through: .id(batches[2][0].eventId))
    let plan = try await replay.plan(request)
    #expect(plan.from == batches[1].first?.position)
    #expect(plan.through == batches[2].last?.position)
    #expect(plan.notes.count == 2)
    let result = try await replay.execute(request)
    #expect(result.record.state == .done)
    let again = await bench.storage.batches[before...].map { $0.entries.map($0.event) }
    #expect(again == Array(batches[1...2]))
    #expect(result.checkpoint?.eventId == 39)
  }

  @Test("a rate limit spaces the batches and does not split them")
  func maxRate() async throws {
    let events = SampleEvents.make(40)
    let bench = Bench(events)
    _ = await bench.secondary(sink: sink(bench)).run(until: .head)
    let before = await bench.storage.batches.count
    let start = bench.clock.now.offset
    _ = try await bench.replay(sink: sink(bench)).execute(
      ReplayRequest(from: .start, maxRate: 2))
    let again = await bench.storage.batches[before...].map { $0.entries.map($0.event) }
    #expect(again == Course.batches(events, Self.rule))
    #expect(bench.clock.now.offset - start >= .seconds(15))
  }

  @Test("events that were held back and that the node then lost are not put")
  func heldBackAndGivenUp() async throws {
    let events = live(6)
    let bench = Bench(events)
    let storage = bench.storage
    var patient = Self.batching
    patient.grace = .seconds(600)
    let batching = patient
    let secondary = bench.secondary(sink: { _ in MemorySink(storage, batching: batching) })
    let run = Task { await secondary.run() }
    await eventually { (try? bench.folder.readDriver())??.phase == .waiting }
    let anew = events[..<2] + live(6, from: 1_800_000_003)[2...]
    await bench.source.replace(with: Array(anew))
    await eventually { await bench.storage.batches.count == 1 }
    run.cancel()
    _ = await run.value
    #expect(await bench.storage.batches[0].entries.map(\.position) == anew.map(\.position))
  }

  @Test("keeps the laws of a sink with a driver, after any crash")
  func laws() async throws {
    try await SinkLaws { Storage() }.check()
    try await DriveLaws { Storage() }.check()
  }

  /// The storage of a sink that receives whole batches.
  private struct Storage: SinkLaws.Storage {
    let memory = MemoryStorage()
    func makeSink(for log: any EventSource, selecting selection: Selection) -> any EventSink {
      MemorySink(
        memory,
        batching: Batching(
          limits: BatchLimits(events: 3),
          rule: BatchRule(interval: .seconds(10), maxEvents: 4), grouping: .whole))
    }
    func traces() async -> [[UInt8]] { await memory.traces() }
  }
}
