import EventPersistenceTesting
import Testing

@testable import EventPersistence

@Suite("replays across events that the log has lost or cannot read", .timeLimit(.minutes(5)))
struct ReplayHoleTests {
  private let events = SampleEvents.make(34, sharedIdEach: 7)

  /// Everything through the first 25 stored, and then an archive is lost, which had the events 8 to
  /// 14.
  private func bench(losing ids: ClosedRange<UInt64>? = 8...14) async throws -> Bench {
    let bench = Bench(Array(events[..<25]))
    _ = await bench.secondary().run(until: .head)
    await bench.source.append(Array(events[25...]))
    if let ids { await bench.source.lose(ids) }
    return bench
  }

  @Test("a rewind or a range across lost events is refused before anything moves, and names them")
  func refused() async throws {
    let bench = try await bench()
    let before = try bench.folder.readCheckpoint()
    for request in [ReplayRequest(from: .id(3)), ReplayRequest(from: .id(3), through: .id(17))] {
      let plan = try await bench.replay().plan(request)
      let refused = try #require(plan.refused)
      #expect(refused.contains("the events 8 to 14") && refused.contains("--from 14"), "\(refused)")
      await #expect(throws: ReplayError.self) { try await bench.replay().execute(request) }
    }
    #expect(try bench.folder.readCheckpoint() == before)
    #expect(try bench.folder.readReplay() == nil)
    let before8 = try await bench.replay().plan(ReplayRequest(from: .id(3), through: .id(6)))
    #expect(before8.refused == nil && before8.through?.eventId == 6)
  }

  @Test("with clamp it begins after them, and delivers the rest; nothing is reported as lost")
  func clamped() async throws {
    let bench = try await bench()
    let checkpoint = try #require(events.firstIndex { $0.eventId == 14 && $0.tag == "Checkpoint" })
    let request = ReplayRequest(from: .id(3), clamp: true)
    let plan = try await bench.replay().plan(request)
    #expect(plan.kind == .rewind && plan.from == events[checkpoint].position && plan.refused == nil)
    #expect(plan.notes.contains { $0.contains("the events 8 to 14") }, "\(plan.notes)")
    let result = try await bench.replay().execute(request)
    #expect(result.record.state == .done && result.record.lost == nil)
    #expect(result.checkpoint?.eventId == events.last?.eventId)
    #expect(await bench.storage.events == events)
  }

  @Test("a rewind that stops before what is stored leaves the checkpoint where it was")
  func returns() async throws {
    let bench = try await bench(losing: nil)
    let before = try #require(try bench.folder.readCheckpoint())
    await bench.source.damage(10...11, "byte 99 is damaged.")
    let result = try await bench.replay().execute(ReplayRequest(from: .id(3)))
    #expect(result.record.state == .failed && result.record.delivered == 8)
    let error = try #require(result.record.error)
    #expect(error.contains("--from 12") && !error.contains("--clamp"), "\(error)")
    #expect(error.hasSuffix("The checkpoint is back at \(before.eventId!)."), "\(error)")
    let after = try #require(try bench.folder.readCheckpoint())
    #expect(after.position == before.position && after.highest == before.highest)
    #expect(await bench.secondary().run(until: .head) == .reachedHead)
    #expect(await bench.storage.events == events)
  }

  @Test("lost events after the checkpoint are named by the plan, and stop it there")
  func later() async throws {
    let bench = Bench(Array(events[..<5]))
    _ = await bench.secondary().run(until: .head)
    await bench.source.append(Array(events[5...]))
    await bench.source.lose(8...14)
    let plan = try await bench.replay().plan(ReplayRequest(from: .id(2)))
    #expect(plan.refused == nil)
    #expect(plan.notes.contains { $0.contains("stops before the events 8 to 14") }, "\(plan.notes)")
    let result = try await bench.replay().execute(ReplayRequest(from: .id(2)))
    #expect(result.record.state == .failed && result.checkpoint?.eventId == 7)
    #expect(result.record.error?.contains("--clamp") == true)
  }

  @Test("out of a divergence, only events that the sink and the log agree on count as stored")
  func alreadyStored() async throws {
    let bench = try await bench(losing: nil)
    let new = SampleEvents.make(8, first: 16, tags: ["HeadClosed"])
    await bench.source.replace(with: events.filter { $0.eventId < 16 } + new)
    let unknown = try await bench.replay().plan(ReplayRequest())
    #expect(unknown.kind == .rewind && unknown.alreadyStored == nil)
    await bench.storage.tellHoldings()
    let plan = try await bench.replay().plan(ReplayRequest())
    #expect(plan.from?.eventId == 16 && plan.alreadyStored == 0)
    let earlier = try await bench.replay().plan(ReplayRequest(from: .id(12)))
    // 12 to 15, and the Checkpoint that has the id 14, too.
    #expect(earlier.alreadyStored == 5)
  }

  @Test("a beginning beyond the head is refused with the latest one, and clamp does not move it")
  func beyondTheHead() async throws {
    let bench = try await bench(losing: nil)
    let next = events[25].position
    for id: UInt64 in [99, next.eventId + 2] {
      for clamp in [false, true] {
        let plan = try await bench.replay().plan(ReplayRequest(from: .id(id), clamp: clamp))
        let refused = try #require(plan.refused)
        #expect(refused.contains("can begin at \(next) at the latest"), "\(refused)")
        #expect(refused.contains("--clamp moves") == clamp, "\(refused)")
      }
    }
  }
}
