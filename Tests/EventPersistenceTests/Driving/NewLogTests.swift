import EventPersistenceTesting
import Foundation
import Testing

@testable import EventPersistence

/// A driver whose log begins anew.
@Suite(.timeLimit(.minutes(5))) struct NewLogTests {
  private func renewed(_ count: Int) -> [StateEvent] {
    SampleEvents.make(count, secondsLater: 1_000_000, tags: ["HeadOpened"])
  }

  @Test(
    "a driver at the head of a log that is replaced notices it, also if the new one is shorter",
    arguments: [3, 20, 50])
  func whileAtRest(count: Int) async throws {
    let bench = Bench(SampleEvents.make(20))
    let secondary = bench.secondary()
    let drive = Task { await secondary.run() }
    try await eventually { try bench.folder.readCheckpoint()?.eventId == 19 }
    await bench.source.replace(with: renewed(count))
    try await eventually { try bench.folder.readDriver()?.errorCode == "new log" }
    drive.cancel()
    #expect(await drive.value == .cancelled)
    #expect(await bench.storage.events.count == 20)
    #expect(try bench.folder.readCheckpoint()?.eventId == 19)
  }

  @Test("with on-new-log: begin, it begins the next generation by itself, and journals it")
  func begins() async throws {
    let bench = Bench(SampleEvents.make(20), tellsHoldings: true)
    var configuration = bench.configuration()
    configuration.beginsNewLogs = true
    let secondary = Secondary(
      configuration, source: bench.source, folder: bench.folder, options: bench.options)
    let drive = Task { await secondary.run() }
    try await eventually { try bench.folder.readCheckpoint()?.eventId == 19 }
    await bench.source.replace(with: renewed(7))
    try await eventually {
      try bench.folder.readCheckpoint()?.eventId == 6
        && bench.folder.readReplays(last: 1).last?.state == .done
    }
    drive.cancel()
    _ = await drive.value
    #expect(await bench.storage.former.map { $0.map(\.eventId) } == [Array(0..<20)])
    #expect(await bench.storage.events == renewed(7))
    let binding = try #require(try bench.folder.readBinding())
    #expect(binding.generation == 2 && binding.first == renewed(7).first?.position)
    #expect(binding.former.map(\.last?.eventId) == [19])
    let record = try #require(try bench.folder.readReplays(last: 1).last)
    #expect(record.kind == .newLog && record.requestedBy == "on-new-log: begin")
    let journal = try bench.folder.readJournal(last: 50).map(\.text)
    #expect(journal.contains { $0.contains("new log \(record.id) starts") })
    #expect(try bench.folder.readLandmarks()?.generation == 2)
  }

  @Test("a plan made for another log is not executed once the log is the old one again")
  func comesBack() async throws {
    let events = SampleEvents.make(20)
    let bench = Bench(events)
    _ = await bench.secondary().run(until: .head)
    await bench.source.replace(with: renewed(30))
    let plan = try await bench.replay().plan(ReplayRequest())
    #expect(plan.kind == .newLog && plan.generation == 2 && plan.alreadyStored == 0)
    await bench.source.replace(with: events)
    await #expect(throws: ReplayError.self) {
      try await bench.replay().execute(ReplayRequest(), expecting: plan.id)
    }
    #expect(try bench.folder.readBinding()?.generation == 1)
  }

  @Test("whatever a crash has left of the change, the next driver completes it")
  func interrupted() async throws {
    for step in 0...2 {
      let bench = Bench(SampleEvents.make(20), tellsHoldings: true)
      _ = await bench.secondary().run(until: .head)
      await bench.source.replace(with: renewed(30))
      // What the driver does, up to one of its steps.
      let previous = try bench.folder.readCheckpoint()
      var record = ReplayRecord(
        id: "abc", kind: .newLog, from: renewed(1)[0].position, through: nil,
        requestedBy: "op@here", reason: nil, at: .now, maxRate: nil, previousCheckpoint: previous)
      record.generation = 2
      record.state = step == 0 ? .requested : .running
      record.isDiverged = step == 0 ? nil : true
      try bench.folder.createReplay(record)
      if step > 1, let binding = try bench.folder.readBinding() {
        try bench.folder.writeBinding(
          binding.beginning(2, after: previous?.position, at: .now))
      }
      #expect(await bench.secondary().run(until: .head) == .reachedHead)
      #expect(await bench.storage.former.count == 1, "step \(step)")
      #expect(await bench.storage.events == renewed(30), "step \(step)")
      #expect(try bench.folder.readBinding()?.former.count == 1)
      #expect(try bench.folder.readCheckpoint()?.eventId == 29)
    }
  }

  @Test("a program without a checkpoint of its own is rewound after the last landmark that agrees")
  func lostTail() async throws {
    let events = SampleEvents.make(6000)
    let bench = Bench(Array(events.prefix(5900)))
    _ = await bench.secondary().run(until: .head)
    let left = Array(events.prefix(5890))
    await bench.source.replace(
      with: left
        + SampleEvents.make(30, first: 5890, secondsLater: 60, tags: ["HeadClosed"]))
    let plan = try await bench.replay().plan(ReplayRequest())
    #expect(plan.kind == .rewind && plan.alreadyStored == nil)
    let from = try #require(plan.from?.eventId)
    #expect((5860...5890).contains(from), "\(from)")
    #expect(plan.notes.contains { $0.contains("the last known event on which both agree") })
  }
}
