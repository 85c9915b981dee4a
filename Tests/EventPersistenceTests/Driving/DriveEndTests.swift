import EventPersistenceTesting
import Testing

@testable import EventPersistence

@Suite(.timeLimit(.minutes(5))) struct DriveEndTests {
  @Test("a bounded drive that gives up journals the reason and leaves it in its report")
  func givesUp() async throws {
    let bench = Bench(SampleEvents.make(3))
    let expired = SinkError(.stop, code: "ExpiredToken", "The credentials expired.")
    for isOpening in [true, false] {
      let sink = HaltingSink(expired, isOpening: isOpening)
      #expect(await bench.secondary(sink: { _ in sink }).run(until: .head) == .stopped(expired))
      let report = try #require(try bench.folder.readDriver())
      #expect(report.stopped && report.lastError == expired.message && report.endedAt != nil)
      let errors = try bench.folder.readJournal(last: 9).filter { $0.kind == .error }
      #expect(errors.last?.text == "ExpiredToken: The credentials expired.")
    }
  }

  private struct HaltingSink: EventSink {
    let description = SinkDescription(kind: "halting", target: "memory")
    let error: SinkError
    let isOpening: Bool

    init(_ error: SinkError, isOpening: Bool) {
      self.error = error
      self.isOpening = isOpening
    }

    func open() async throws(SinkError) -> Holdings {
      if isOpening { throw error }
      return .unknown
    }
    func put(_ batch: EventBatch) async throws(SinkError) { throw error }
  }

  @Test("a damaged log ends a bounded drive; a live one continues once the log is replaced")
  func damaged() async throws {
    let bench = Bench(SampleEvents.make(3))
    let damaged = SourceError(.damaged(next: nil), "hydra.db is damaged")
    await bench.source.fail(damaged)
    #expect(await bench.secondary().run(until: .head) == .source(damaged))
    #expect(try bench.folder.readDriver()?.stopped == true)
    #expect(try bench.folder.readJournal(last: 9).contains { $0.text == "primary: \(damaged)" })
    let secondary = bench.secondary()
    let run = Task { await secondary.run() }
    try await eventually { try bench.folder.readDriver()?.retryAt != nil }
    await bench.source.fail(nil)
    try await eventually { try bench.folder.readCheckpoint()?.eventId == 2 }
    run.cancel()
    _ = await run.value
  }

  @Test("an order does not wait for the rest of a batch that is stored in parts")
  func parts() async throws {
    let events = SampleEvents.make(12)
    let bench = Bench(events)
    let (folder, order) = (bench.folder, PauseOrder(by: "op", at: .now, reason: nil, until: nil))
    let part = ScriptedSink.Step.fail(
      SinkError(.again, code: "under way", "…", stored: events[2].position))
    let sink = ScriptedSink(
      [.after({ try? folder.writePause(order) }, then: part)], storage: bench.storage)
    #expect(await bench.secondary(sink: { _ in sink }).run(until: .head) == .paused(order))
    #expect(try folder.readCheckpoint()?.eventId == 2)
    #expect(try folder.removePause())
    #expect(await bench.secondary(sink: { _ in sink }).run(until: .head) == .reachedHead)
    #expect(await bench.storage.batches.map(\.first.eventId) == [3])
  }
}
