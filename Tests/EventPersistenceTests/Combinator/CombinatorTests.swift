import EventPersistenceTesting
import Foundation
import Testing

@testable import EventPersistence

@Suite(.timeLimit(.minutes(5))) struct CombinatorTests {
  @Test("a failing, a slow and a locked secondary delay no other")
  func independence() async throws {
    let bench = Bench(SampleEvents.make(40))
    let gate = Gate()
    let slow = ScriptedSink(
      [.after { await gate.arriveAndWait() }], storage: MemoryStorage(),
      batching: Batching(timeout: .seconds(1_000_000)))
    let failing = ScriptedSink(
      Array(repeating: .fail(SinkError(.retry, code: "down", "down")), count: 1_000_000),
      storage: MemoryStorage())
    let lock = try #require(try bench.state.folder("locked").lock())
    let combinator = Combinator(secondaries: [
      bench.secondary("slow", sink: { _ in slow }),
      bench.secondary("failing", sink: { _ in failing }),
      bench.secondary("locked", sink: { _ in MemorySink(MemoryStorage()) }),
      bench.secondary("good"),
    ])
    let drive = Task { await combinator.drive() }
    await eventually { await bench.storage.events.count == 40 }
    await eventually { try! bench.state.folder("good").readCheckpoint()?.eventId == 39 }
    drive.cancel()
    await gate.open()
    lock.release()
    let ends = await drive.value
    #expect(
      ends == ["slow": .cancelled, "failing": .cancelled, "locked": .cancelled, "good": .cancelled])
  }

  @Test("each secondary ends on its own: when one stops, the others finish")
  func ends() async throws {
    let bench = Bench(SampleEvents.make(40))
    let error = SinkError(.stop, code: "EACCES", "may not write")
    let stopping = ScriptedSink([.fail(error)])
    let ends = await Combinator(secondaries: [
      bench.secondary("stopping", sink: { _ in stopping }), bench.secondary("good"),
    ]).drive(until: .head)
    #expect(ends == ["stopping": .stopped(error), "good": .reachedHead])
    #expect(await bench.storage.events.count == 40)
  }

  @Test("with no secondaries the primary has the same bytes as without the combinator")
  func bytes() async throws {
    let root = FileManager.default.temporaryDirectory.path + "/combinator-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: root) }
    for name in ["with", "without"] {
      try FileManager.default.createDirectory(
        atPath: "\(root)/\(name)", withIntermediateDirectories: true)
    }
    let combinator = Combinator(
      secondaries: [], primary: AppendableLog(directory: "\(root)/with"))
    let log = AppendableLog(directory: "\(root)/without")
    var expected: [UInt8] = []
    for event in SampleEvents.make(20, sharedIdEach: 6) {
      try await combinator.append(event, waitingFor: .secondaries)
      try await log.append(event)
      expected += event.json + [0x0A]
    }
    let with = FileManager.default.contents(atPath: "\(root)/with/state")
    #expect(with == FileManager.default.contents(atPath: "\(root)/without/state"))
    #expect(with.map { [UInt8]($0) } == expected)
  }

  @Test("an event is written as a node writes it")
  func form() {
    let event = StateEvent(
      eventId: 7, tag: "TickObserved", stateChanged: Array("{\"tag\":\"TickObserved\"}".utf8),
      time: EventTime("2026-07-15T10:00:00.5Z")!)
    #expect(
      String(decoding: event.json, as: UTF8.self)
        == "{\"eventId\":7,\"stateChanged\":{\"tag\":\"TickObserved\"},\"time\":\"2026-07-15T10:00:00.5Z\"}"
    )
  }

  @Test("an append that waits for the secondaries returns once each has stored the event")
  func waits() async throws {
    let bench = Bench(SampleEvents.make(5))
    let combinator = Combinator(
      secondaries: [bench.secondary()], primary: bench.source, clock: bench.clock.driverClock)
    #expect(await combinator.start() == ["cold": .reachedHead])
    #expect(await bench.storage.events.count == 5)
    let drive = Task { await combinator.drive() }
    await eventually { await combinator.secondaries[0].isDriven }
    for event in SampleEvents.make(3, first: 5) {
      try await combinator.append(event, waitingFor: .secondaries)
      #expect(await bench.storage.events.last == event)
    }
    drive.cancel()
    _ = await drive.value
    await #expect(throws: AppendError.notDriven("cold")) {
      try await combinator.append(SampleEvents.make(1, first: 8)[0], waitingFor: .secondaries)
    }
  }
}
