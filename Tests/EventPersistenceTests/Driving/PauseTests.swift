import EventPersistenceTesting
import Testing

@testable import EventPersistence

@Suite(.timeLimit(.minutes(5))) struct PauseTests {
  private func order(on bench: Bench, for seconds: Double) -> PauseOrder {
    PauseOrder(
      by: "op@here", at: bench.options.clock.date, reason: "disk", until: nil,
      resumeAt: bench.options.clock.date.advanced(bySeconds: seconds))
  }

  @Test("a driver resumes a pause whose time is over, and journals that")
  func resumes() async throws {
    let bench = Bench(SampleEvents.make(12))
    let order = order(on: bench, for: 120)
    try bench.folder.writePause(order)
    let secondary = bench.secondary()
    let run = Task { await secondary.run() }
    await eventually { try! bench.folder.readCheckpoint()?.eventId == 11 }
    run.cancel()
    _ = await run.value
    #expect(bench.options.clock.date >= order.resumeAt!)
    #expect(try bench.folder.readPause() == nil)
    let orders = try bench.folder.readJournal(last: 9).filter { $0.kind == .order }
    #expect(
      orders.map(\.text) == ["resumed: the pause by op@here was to end at \(order.resumeAt!)"])
  }

  @Test("a bounded drive is refused while the pause lasts, and drives once its time is over")
  func bounded() async throws {
    let bench = Bench(SampleEvents.make(3))
    let order = order(on: bench, for: 7200)
    try bench.folder.writePause(order)
    #expect(await bench.secondary().run(until: .head) == .paused(order))
    bench.clock.advance(by: .seconds(7201))
    #expect(await bench.secondary().run(until: .head) == .reachedHead)
  }

  @Test("a pause.json of an earlier version is a pause with a reminder")
  func earlier() throws {
    let state = TemporaryState()
    try state.plant(
      #"{"at":"2026-07-15T10:00:00Z","by":"a@h","reason":null,"until":"2026-07-15T12:00:00Z"}"#,
      in: "pause.json")
    let pause = try #require(try state.folder.readPause())
    #expect(pause.until == time("2026-07-15T12:00:00Z") && pause.resumeAt == nil)
    #expect(!pause.isOver(at: time("2027-01-01T00:00:00Z")))
  }

  @Test("what a drive waits for is said at once, again each minute, and when it changes")
  func notice() {
    var notice = WaitNotice()
    let said = [("a lock", 5), ("a lock", 64), ("a lock", 65), ("the log", 66)].map {
      notice.isDue($0, at: .seconds($1))
    }
    #expect(said == [true, false, true, true])
  }

  @Test("a log that cannot be read is an entry of the journal, once")
  func unreadable() async throws {
    let bench = Bench(SampleEvents.make(3))
    let closed = SourceError(.unreadable, "the log is closed")
    for goal in [DriveGoal.head, .cancelled] {
      await bench.source.fail(closed)
      let secondary = bench.secondary()
      let run = Task { await secondary.run(until: goal) }
      try await eventually {
        try bench.folder.readJournal(last: 1).last?.text == "primary: \(closed)"
      }
      await bench.source.fail(nil)
      try await eventually { try bench.folder.readCheckpoint()?.eventId == 2 }
      run.cancel()
      _ = await run.value
    }
    let errors = try bench.folder.readJournal(last: 99).filter { $0.kind == .error }
    #expect(errors.map(\.count) == [1, 1], "\(errors)")
  }
}
