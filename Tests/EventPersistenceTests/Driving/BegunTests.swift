import EventPersistenceTesting
import Foundation
import Testing

@testable import EventPersistence

/// What a driver does with a sink that begins to store a batch before it has stored the one before.
@Suite("a sink with several batches on their way", .timeLimit(.minutes(5))) struct BegunTests {
  private static let rule = BatchRule(interval: .seconds(10), maxEvents: 7, maxBytes: 1 << 20)

  /// Stores a batch once two more have come, or when it is asked to.
  private actor SlowSink: EventSink {
    nonisolated let description = SinkDescription(
      kind: "slow", target: "memory",
      batching: Batching(
        limits: BatchLimits(events: 3), rule: BegunTests.rule, grace: .seconds(5), grouping: .whole)
    )
    private let bench: Bench
    private var begun: [EventBatch] = []
    /// What to do with the batches that are stored, in order; after its end they are stored.
    private var script: [SinkError?]
    private(set) var calls: [String] = []
    /// Called with each call's name.
    private let whenCalled: @Sendable (String) -> Void

    init(
      _ bench: Bench, _ script: [SinkError?] = [],
      whenCalled: @escaping @Sendable (String) -> Void = { _ in }
    ) {
      self.bench = bench
      self.script = script
      self.whenCalled = whenCalled
    }

    func open() async throws(SinkError) -> Holdings {
      #expect(begun.isEmpty, "it is opened while something is on its way")
      return await bench.storage.holdings
    }

    func put(_ batch: EventBatch) async throws(SinkError) {
      await called("put", batch)
      #expect(begun.isEmpty, "a batch is put while something is on its way")
      begun = [batch]
      try await store(leaving: 0)
    }

    func begin(_ batch: EventBatch) async throws(SinkError) -> Int {
      await called("begin", batch)
      #expect(batch.run?.isComplete == true)
      begun.append(batch)
      try await store(leaving: 2)
      return begun.count
    }

    func settle() async throws(SinkError) {
      await called("settle")
      try await store(leaving: 0)
    }

    private func store(leaving count: Int) async throws(SinkError) {
      while begun.count > count {
        if let error = script.isEmpty ? nil : script.removeFirst() {
          begun = []
          throw error
        }
        await bench.storage.put(begun.removeFirst())
      }
    }

    private func called(_ name: String, _ batch: EventBatch? = nil) async {
      let name = batch.map { "\(name) \($0.first.eventId)" } ?? name
      calls.append(name)
      let claimed = (try? bench.folder.readCheckpoint())??.eventId
      let stored = await bench.storage.events.last?.eventId
      if let claimed {
        #expect(claimed <= stored ?? 0, "the checkpoint claims more than is stored")
      }
      whenCalled(name)
    }
  }

  /// Of five batches, without two of one id.
  private let events = SampleEvents.make(24)

  private func expectWhole(_ bench: Bench) async throws {
    #expect(await bench.storage.events == events)
    #expect(try bench.folder.readCheckpoint()?.position == events.last?.position)
  }

  @Test("whole batches are begun, the last one waits, and the checkpoint follows what is stored")
  func order() async throws {
    let bench = Bench(events, tellsHoldings: true)
    let sink = SlowSink(bench)
    #expect(await bench.secondary { _ in sink }.run(until: .head) == .reachedHead)
    let first = Course.batches(events, Self.rule).map { $0[0].eventId }
    let begun = first.dropLast().map { "begin \($0)" }
    #expect(await sink.calls == begun + ["settle", "put \(first.last!)"])
    #expect(await bench.storage.deliveredCount == events.count)
    try await expectWhole(bench)
  }

  @Test(
    "if one of them is not stored, it and the ones after it come again",
    arguments: [SinkError.Remedy.retry, .stop], 0..<4)
  func failure(remedy: SinkError.Remedy, index: Int) async throws {
    let bench = Bench(events, tellsHoldings: true)
    var script = [SinkError?](repeating: nil, count: index)
    script.append(SinkError(remedy, code: "E", "as the test says"))
    let sink = SlowSink(bench, script)
    let secondary = bench.secondary { _ in sink }
    let run = Task { await secondary.run() }
    await eventually { (try? bench.folder.readCheckpoint())??.position == events.last?.position }
    run.cancel()
    #expect(await run.value == .cancelled)
    try await expectWhole(bench)
    #expect(try bench.folder.readJournal(last: 20).map(\.text).contains { $0.hasPrefix("E: ") })
  }

  @Test(
    "a driver that must end, or is paused, waits for what is on its way", arguments: [true, false])
  func interrupted(isPaused: Bool) async throws {
    let bench = Bench(events, tellsHoldings: true)
    let second = "begin \(Course.batches(events, Self.rule)[1][0].eventId)"
    let (ends, end) = AsyncStream.makeStream(of: Void.self)
    let sink = SlowSink(bench) { name in
      if name == second {
        if isPaused {
          try? bench.folder.writePause(PauseOrder(by: "op@here", at: .now, reason: nil, until: nil))
        }
        end.yield()
      }
    }
    let secondary = bench.secondary { _ in sink }
    let run = Task { await secondary.run() }
    for await _ in ends { break }
    if isPaused {
      await eventually {
        let phase = try? bench.folder.readDriver()?.phase
        return await sink.calls.contains("settle") && phase == .waiting
      }
    }
    run.cancel()
    #expect(await run.value == .cancelled)
    let calls = await sink.calls
    #expect(calls.last?.hasPrefix("begin") == false)
    let stored = await bench.storage.events
    #expect(stored.count >= 10)
    #expect(try bench.folder.readCheckpoint()?.position == stored.last?.position)
    #expect(stored == Array(events.prefix(stored.count)))
  }

  @Test("a replay with a rate waits for each batch")
  func paced() async throws {
    let bench = Bench(events, tellsHoldings: true)
    let sink = SlowSink(bench)
    #expect(await bench.secondary { _ in sink }.run(until: .head) == .reachedHead)
    let before = await sink.calls.count
    let request = ReplayRequest(from: .start, maxRate: 1000)
    let result = try await bench.replay { _ in sink }.execute(request)
    #expect(result.record.state == .done)
    #expect(await sink.calls[before...].allSatisfy { $0.hasPrefix("put") })
  }
}
