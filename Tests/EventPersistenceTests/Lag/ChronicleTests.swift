import EventPersistence
import EventPersistenceTesting
import Foundation
import Testing

@Suite struct ChronicleTests {
  let state = TemporaryState()
  let clock = TestMoment()
  let source = MemorySource(SampleEvents.make(100))

  func observer() -> Observer {
    let clock = clock
    let description = SecondaryDescription(
      name: "cold", kind: "file", target: "/srv", persistenceDir: "/hydra")
    return Observer(
      source: source, persistenceDir: "/hydra", state: state.directory,
      secondaries: [description], now: { clock.now })
  }

  func texts() throws -> [String] { try state.folder.readHappenings(last: 99).map(\.text) }

  @Test("a change of state is noted once it lasts for two looks, everyday ones not at all")
  func changes() async throws {
    try state.folder.write(
      Checkpoint(position: SampleEvents.make(100).last!.position, at: .now, highest: 99))
    let observer = observer()
    var chronicle = Chronicle(state: state.directory, names: ["cold"])
    func look() async {
      clock.advance(.seconds(5))
      #expect(chronicle.note(await observer.look()).isEmpty)
    }
    await look()
    await look()
    #expect(try texts().isEmpty, "in step is nothing to write home about")
    try state.folder.writePause(PauseOrder(by: "a@h", at: clock.now.at, reason: nil, until: nil))
    await look()
    #expect(try texts().isEmpty)
    await look()
    await look()
    #expect(try texts() == ["paused"])
    try state.folder.removePause()
    await look()
    await look()
    #expect(try texts() == ["paused", "ok"])
    var next = Chronicle(state: state.directory, names: ["cold"])
    for _ in 0..<2 { #expect(next.note(await observer.look()).isEmpty) }
    #expect(try texts() == ["paused", "ok"], "whoever keeps it next repeats nothing")
  }

  @Test("each minute has one sample, of its first look")
  func history() async throws {
    try state.folder.write(
      Checkpoint(position: SampleEvents.make(90).last!.position, at: .now, highest: 89))
    clock.set(EventTime("2026-07-15T10:00:01Z")!)
    let first = HistoryRing.Sample.minute(of: clock.now.at)
    let observer = observer()
    var chronicle = Chronicle(state: state.directory, names: ["cold"])
    for _ in 0..<36 {
      #expect(chronicle.note(await observer.look()).isEmpty)
      clock.advance(.seconds(5))
    }
    let samples = try state.folder.history.read(first - 9...first + 9)
    #expect(samples.map(\.minute) == [first, first + 1, first + 2])
    #expect(samples.allSatisfy { $0.lagEvents == 10 && $0.headId == 99 && $0.checkpointId == 89 })
  }

  @Test("what is not driven here, or has no folder yet, is left alone; what fails is told")
  func others() async throws {
    var stranger = Chronicle(state: state.directory, names: ["warm"])
    var own = Chronicle(state: state.directory, names: ["cold"])
    #expect(stranger.note(await observer().look()).isEmpty)
    #expect(own.note(await observer().look()).isEmpty)
    #expect(!state.folder.exists)
    try state.plant(String(repeating: "x", count: 64), in: "history")
    #expect(own.note(await observer().look()).count == 1)
  }
}
