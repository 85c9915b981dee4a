import EventPersistenceTesting
import Foundation
import Synchronization
import Testing

@testable import EventPersistence

/// What a replay would do, before it is begun.
@Suite struct ReplayPlanTests {
  @Test("a re-drive is planned from the event after the checkpoint to the head")
  func redrivePlan() async throws {
    let plan = try await Bench.behind().replay().plan(ReplayRequest())
    #expect(plan.kind == .redrive)
    #expect(plan.from?.eventId == 20)
    #expect(plan.through?.eventId == 29)
    #expect(plan.events == 10)
    #expect(plan.alreadyStored == 0)
    #expect(plan.refused == nil)
  }

  @Test("a plan's document has each key of the contract, and unknown values are null")
  func document() async throws {
    let bench = Bench(SampleEvents.make(3))
    let plan = try await bench.replay().plan(ReplayRequest())
    let json = try JSONSerialization.jsonObject(with: JSONEncoder().encode(plan))
    let keys = try #require(json as? [String: Any])
    for key in [
      "plan", "secondary", "kind", "checkpoint", "from", "through", "events", "alreadyStored",
      "bytes", "firstTime", "lastTime", "clockSteps", "estimatedSeconds", "refused",
    ] { #expect(keys[key] != nil, "\(key) is missing") }
    #expect(keys["checkpoint"] is NSNull)
    #expect(keys["from"] as? Int == 0)
  }

  @Test("a rewind's plan says what the sink already has")
  func rewindPlan() async throws {
    let plan = try await Bench.behind().replay().plan(ReplayRequest(from: .id(5)))
    #expect(plan.kind == .rewind)
    #expect(plan.from?.eventId == 5)
    #expect(plan.through?.eventId == 29)
    #expect(plan.events == 25)
    #expect(plan.alreadyStored == 15)
  }

  @Test("a start time means the first event then or later, and an end time the last one before")
  func times() async throws {
    let events = SampleEvents.make(30)
    let bench = try await Bench.behind(events)
    let request = ReplayRequest(from: .time(events[4].time!), through: .time(events[8].time!))
    let plan = try await bench.replay().plan(request)
    #expect(plan.kind == .range)
    #expect(plan.from == events[4].position)
    #expect(plan.through == events[8].position)
  }

  @Test("the plan of a time says where the node's clock was set back; the plan of an id does not")
  func clockSteps() async throws {
    let events = SampleEvents.make(60, clockSetBackAt: 30)
    let replay = try await Bench.behind(events).replay()
    let plan = try await replay.plan(ReplayRequest(from: .time(events[15].time!)))
    #expect(plan.from == events[15].position)
    #expect(
      plan.clockSteps == [
        ClockStep(eventId: 30, from: events[29].time!, to: events[30].time!)
      ])
    #expect(plan.notes.contains { $0.contains("clock was set back at event 30") })
    #expect(try await replay.plan(ReplayRequest(from: .id(15))).clockSteps == [])
  }

  @Test(
    "a replay that would skip events or begin before the log is refused",
    arguments: [
      (ReplayRequest(from: .id(25)), "skip"),
      (ReplayRequest(from: .id(99)), "no event"),
      (ReplayRequest(from: .id(2), through: .id(25)), "cannot end at"),
      (ReplayRequest(from: .id(9), through: .id(3)), "before it begins"),
    ])
  func refusals(_ request: ReplayRequest, _ word: String) async throws {
    let bench = try await Bench.behind()
    let plan = try await bench.replay().plan(request)
    #expect(plan.refused?.contains(word) == true, "\(plan.refused ?? "not refused")")
    await #expect(throws: ReplayError.self) { try await bench.replay().execute(request) }
    #expect(try bench.folder.readReplay() == nil)
  }

  @Test("a target before the first event that is left is refused, or taken from there with clamp")
  func clamp() async throws {
    let events = SampleEvents.make(30)
    let bench = try await Bench.behind(events)
    await bench.source.replace(with: Array(events[10...]))
    let refused = try await bench.replay().plan(ReplayRequest(from: .id(2)))
    #expect(refused.refused?.contains("10 ") == true)
    let clamped = try await bench.replay().plan(ReplayRequest(from: .id(2), clamp: true))
    #expect(clamped.refused == nil)
    #expect(clamped.from?.eventId == 10)
    #expect(clamped.notes.count == 1)
  }

  /// A sink whose batches all begin at the log's first event.
  private struct WholeLogSink: EventSink {
    let description = SinkDescription(kind: "memory", target: "memory")
    func open() -> Holdings { .unknown }
    func put(_ batch: EventBatch) {}
    func batchStart(of position: Position) -> Position? { Position(eventId: 0) }
  }

  @Test("a replay begins where the log still has the sink's batch, and names no earlier place")
  func clampedBatch() async throws {
    let events = SampleEvents.make(30)
    let bench = try await Bench.behind(events)
    let replay = bench.replay(sink: { _ in WholeLogSink() })
    let whole = try await replay.plan(ReplayRequest(from: .id(12)))
    #expect(whole.from?.eventId == 0 && whole.notes.joined().contains("begins at 0 "))
    let inverted = try await replay.plan(ReplayRequest(from: .id(12), through: .id(5)))
    #expect(inverted.refused?.contains("before it begins at 12 ") == true)
    await bench.source.replace(with: Array(events[10...]))
    let clamped = try await replay.plan(ReplayRequest(from: .id(2), clamp: true))
    #expect(clamped.from?.eventId == 10)
    #expect(
      clamped.notes == [
        "begins at \(events[10].position), the first event that still exists, instead of 2"
      ])
    let inner = try await replay.plan(ReplayRequest(from: .id(12)))
    #expect(inner.from?.eventId == 10)
    #expect(
      inner.notes.joined().contains(
        "begins at \(events[10].position), the first event that still exists"))
  }
}
