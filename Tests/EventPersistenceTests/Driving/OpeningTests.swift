import EventPersistenceTesting
import Foundation
import Testing

@testable import EventPersistence

@Suite struct OpeningTests {
  @Test("a sink that cannot be opened is journaled once, and shown until it can")
  func held() async throws {
    actor HeldSink: EventSink {
      nonisolated let description = SinkDescription(kind: "scripted", target: "held")
      private(set) var opened = 0
      func open() async throws(SinkError) -> Holdings {
        opened += 1
        if opened <= 5 { throw SinkError(.held, code: "held", "another driver has it") }
        return .unknown
      }
      func put(_ batch: EventBatch) async throws(SinkError) {}
    }
    let bench = Bench(SampleEvents.make(3))
    let sink = HeldSink()
    let secondary = bench.secondary(sink: { _ in sink })
    let run = Task { await secondary.run() }
    await eventually { try! bench.folder.readCheckpoint()?.eventId == 2 }
    run.cancel()
    _ = await run.value
    let errors = try bench.folder.readJournal(last: 100).filter { $0.kind == .error }
    #expect(errors.map(\.text) == ["held: another driver has it"] && errors.first?.count == 1)
    let bounded = HeldSink()
    let end = await bench.secondary(waitsForLock: false, sink: { _ in bounded }).run(until: .head)
    #expect(end == .held("another driver has it"))
    let report = try #require(try bench.folder.readDriver())
    #expect(report.lastError == "another driver has it" && report.errorCode == "held")
  }
}
