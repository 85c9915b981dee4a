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
    #expect(report.stopped && report.endedAt != nil)
  }

  @Test("a driver that is ended while it waits for an operator leaves that it waits, and why")
  func endedWhileStopped() async throws {
    actor ClosedSink: EventSink {
      nonisolated let description = SinkDescription(kind: "scripted", target: "closed")
      func open() async throws(SinkError) -> Holdings {
        throw SinkError(.stop, code: "ExpiredToken", "the credentials have expired")
      }
      func put(_ batch: EventBatch) async throws(SinkError) {}
    }
    let bench = Bench(SampleEvents.make(3))
    let closed = ClosedSink()
    let secondary = bench.secondary(sink: { _ in closed })
    let run = Task { await secondary.run() }
    try await eventually { try bench.folder.readDriver()?.stopped == true }
    run.cancel()
    #expect(await run.value == .cancelled)
    let report = try #require(try bench.folder.readDriver())
    #expect(report.stopped && report.endedAt != nil)
    #expect(report.lastError == "the credentials have expired")
    // The next driver begins without it.
    #expect(await bench.secondary().run(until: .head) == .reachedHead)
    #expect(try bench.folder.readDriver()?.stopped == false)
  }

  @Test("a start before the first event that is left is journaled with the event that it begins at")
  func startBeforeLog() async throws {
    let bench = Bench(SampleEvents.make(30, first: 10))
    #expect(await bench.secondary(start: .id(3)).run(until: .head) == .reachedHead)
    let begun = try bench.folder.readJournal(last: 100).map(\.text)
      .filter { $0.hasPrefix("no log of the node has the event 3 ") }
    #expect(begun.count == 1 && begun[0].contains("delivery begins at 10 "))
  }
}
