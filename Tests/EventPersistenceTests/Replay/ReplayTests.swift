import EventPersistenceTesting
import Foundation
import Synchronization
import Testing

@testable import EventPersistence

@Suite(.timeLimit(.minutes(5))) struct ReplayTests {
  @Test("events that share an id are taken together at both ends")
  func sharedIds() async throws {
    let events = SampleEvents.make(30, sharedIdEach: 4)
    let bench = try await Bench.behind(events)
    let plan = try await bench.replay().plan(ReplayRequest(from: .id(4), through: .id(8)))
    #expect(plan.from == events.first { $0.eventId == 4 }?.position)
    #expect(plan.through == events.last { $0.eventId == 8 }?.position)
    let result = try await bench.replay().execute(ReplayRequest(from: .id(4), through: .id(8)))
    #expect(result.record.delivered == 7)
  }

  @Test("a re-drive without a driver delivers what is missing, and is journaled")
  func redrive() async throws {
    let bench = try await Bench.behind()
    let seen = Mutex<[UInt64]>([])
    let handovers = Mutex(0)
    let result = try await bench.replay().execute(ReplayRequest(reason: "it lagged")) {
      progress in
      #expect(progress.isDrivenHere)
      if progress.isHandover { handovers.withLock { $0 += 1 } }
      seen.withLock { $0.append(progress.record.delivered) }
    }
    #expect(result.record.state == .done)
    #expect(result.record.delivered == 10)
    #expect(result.checkpoint?.eventId == 29)
    #expect(await bench.storage.events == SampleEvents.make(30))
    #expect(seen.withLock { $0 }.contains(5))
    #expect(handovers.withLock { $0 } == 1)
    let journal = try #require(try bench.folder.readReplays(last: 1).last)
    #expect(journal.requestedBy == "op@here")
    #expect(journal.reason == "it lagged")
    #expect(journal.endedAt != nil)
    #expect(try bench.folder.readReplay() == nil)
  }

  @Test("nothing to deliver is a success")
  func nothing() async throws {
    let bench = Bench(SampleEvents.make(4))
    _ = await bench.secondary().run(until: .head)
    let result = try await bench.replay().execute(ReplayRequest())
    #expect(result.record.state == .done)
    #expect(result.record.delivered == 0)
    #expect(result.plan.events == 0)
  }

  @Test("a rewind moves the checkpoint and its highest id back, and delivers through the head")
  func rewind() async throws {
    let bench = try await Bench.behind()
    let result = try await bench.replay().execute(ReplayRequest(from: .id(5)))
    #expect(result.record.delivered == 25)
    #expect(result.record.previousCheckpoint?.eventId == 19)
    #expect(result.checkpoint?.eventId == 29)
    #expect(result.checkpoint?.highest == 29)
    #expect(await bench.storage.events == SampleEvents.make(30))
    #expect(await bench.storage.deliveredCount == 45)
  }

  @Test("a range delivers both ends and leaves the checkpoint")
  func range() async throws {
    let bench = try await Bench.behind()
    let before = try bench.folder.readCheckpoint()
    let result = try await bench.replay().execute(ReplayRequest(from: .id(3), through: .id(9)))
    #expect(result.record.delivered == 7)
    #expect(result.checkpoint == before)
    #expect(await bench.storage.deliveredCount == 27)
  }

  @Test("an agreed plan is executed while the checkpoint only advances")
  func expectedMovesOn() async throws {
    let bench = try await Bench.behind()
    let plan = try await bench.replay().plan(ReplayRequest())
    await bench.source.append(SampleEvents.make(3, first: 30))
    let result = try await bench.replay().execute(ReplayRequest(), expecting: plan.id)
    #expect(result.record.delivered == 13)
  }

  @Test("an agreed plan needs a new agreement once the checkpoint went back or a replay ended")
  func expectedChanged() async throws {
    let bench = try await Bench.behind()
    let plan = try await bench.replay().plan(ReplayRequest(from: .id(8)))
    _ = try await bench.replay().execute(ReplayRequest(from: .id(3), through: .id(4)))
    await #expect {
      try await bench.replay().execute(ReplayRequest(from: .id(8)), expecting: plan.id)
    } throws: { error in
      guard case ReplayError.changed(let new) = error else { return false }
      return new.id != plan.id
    }
    let other = try await bench.replay().plan(ReplayRequest())
    try bench.folder.write(
      Checkpoint(position: SampleEvents.make(30)[10].position, at: nil, highest: 19))
    await #expect {
      try await bench.replay().execute(ReplayRequest(), expecting: other.id)
    } throws: { if case ReplayError.changed = $0 { true } else { false } }
  }

  @Test("a second replay is refused for the moment")
  func second() async throws {
    let bench = try await Bench.behind()
    try bench.folder.createReplay(
      ReplayRecord(
        id: "first", kind: .redrive, from: nil, through: nil, requestedBy: "someone@else",
        reason: nil, at: .now, maxRate: nil, previousCheckpoint: nil))
    await #expect {
      try await bench.replay().execute(ReplayRequest())
    } throws: { error in
      guard case ReplayError.busy(let sentence) = error else { return false }
      return sentence.contains("someone@else")
    }
    #expect(try await bench.replay().plan(ReplayRequest()).refused != nil)
  }

  @Test("the driver that holds the lock executes a replay, and the caller receives its outcome")
  func askedOfADriver() async throws {
    let bench = try await Bench.behind()
    let driver = bench.secondary()
    let run = Task { await driver.run() }
    await eventually { try! bench.folder.readCheckpoint()?.eventId == 29 }
    let result = try await bench.replay().execute(ReplayRequest(from: .id(10)))
    #expect(result.record.state == .done)
    #expect(result.record.delivered == 20)
    #expect(try bench.folder.isLocked())
    await bench.source.append(SampleEvents.make(1, first: 30))
    await eventually { try! bench.folder.readCheckpoint()?.eventId == 30 }
    run.cancel()
    _ = await run.value
  }

  @Test(
    "cancelling a rewind restores the checkpoint; with stay it does not", arguments: [false, true])
  func cancel(stay: Bool) async throws {
    let bench = try await Bench.behind()
    let gate = Gate()
    let storage = bench.storage
    let sink = ScriptedSink(
      [.store, .after { await gate.arriveAndWait() }], storage: storage,
      batching: Batching(limits: BatchLimits(events: 5)))
    let replay = bench.replay(sink: { _ in RenamedSink(sink) })
    let execution = Task { try await replay.execute(ReplayRequest(from: .id(2))) }
    await gate.arrival()
    let cancel = Task { try await replay.cancel(stay: stay) }
    await eventually { try! bench.folder.readCancel() != nil }
    await gate.open()
    let record = try await cancel.value
    #expect(record.state == .cancelled)
    #expect(record.cancelledBy == "op@here")
    #expect(try await execution.value.record.state == .cancelled)
    let checkpoint = try #require(try bench.folder.readCheckpoint())
    #expect(checkpoint.eventId == (stay ? 11 : 19))
    #expect(checkpoint.highest == (stay ? 11 : 19))
    #expect(try bench.folder.readCancel() == nil)
  }

  @Test(
    "a replay survives its driver, and the next driver continues it",
    arguments: [false, true])
  func survives(isRange: Bool) async throws {
    let bench = try await Bench.behind()
    let gate = Gate()
    let storage = bench.storage
    let sink = ScriptedSink(
      [.store, .after { await gate.arriveAndWait() }], storage: storage,
      batching: Batching(limits: BatchLimits(events: 5), timeout: .seconds(1_000_000)))
    let replay = bench.replay(sink: { _ in RenamedSink(sink) })
    let request = ReplayRequest(from: .id(2), through: isRange ? .id(18) : nil)
    let execution = Task { try await replay.execute(request) }
    await gate.arrival()
    execution.cancel()
    await gate.open()
    #expect(try await execution.value.record.state == .running)
    let left = try #require(try bench.folder.readReplay())
    #expect(left.delivered == 10)
    let result = try await bench.replay().resume()
    #expect(result.record.state == .done)
    #expect(result.record.delivered == (isRange ? 17 : 28))
    #expect(result.checkpoint?.eventId == (isRange ? 19 : 29))
    #expect(await bench.storage.deliveredCount == 20 + (isRange ? 17 : 28))
  }

  @Test("a replay that continues after its driver's death counts all that it delivered")
  func countsAll() async throws {
    let bench = try await Bench.behind()
    let died = "\(bench.folder.path)-died"
    let work = ScriptedSink.Step.after { bench.clock.advance(by: .milliseconds(300)) }
    let die = ScriptedSink.Step.after {
      try? FileManager.default.copyItem(atPath: bench.folder.path, toPath: died)
    }
    let sink = ScriptedSink(
      [work, work, die], storage: bench.storage,
      batching: Batching(limits: BatchLimits(events: 5)))
    _ = try await bench.replay(sink: { _ in RenamedSink(sink) }).execute(
      ReplayRequest(from: .id(5)))
    // The next driver finds the folder as it was before the third batch was stored.
    try FileManager.default.removeItem(atPath: bench.folder.path)
    try FileManager.default.moveItem(atPath: died, toPath: bench.folder.path)
    #expect(try bench.folder.readCheckpoint()?.eventId == 14)
    #expect(try await bench.replay().resume().record.delivered == 25)
  }

  @Test("a rewind whose driver died between record and checkpoint begins again")
  func diedAtItsBeginning() async throws {
    let bench = try await Bench.behind()
    var record = ReplayRecord(
      id: "r", kind: .rewind, from: SampleEvents.make(30)[5].position, through: nil,
      requestedBy: "op@here", reason: nil, at: .now, maxRate: nil,
      previousCheckpoint: try bench.folder.readCheckpoint())
    record.through = SampleEvents.make(30)[29].position
    record.state = .running
    try bench.folder.createReplay(record)
    let result = try await bench.replay().resume()
    #expect(result.record.delivered == 25)
  }

  @Test("a replay that ended is journaled once, whenever its driver died")
  func diedAtItsEnd() async throws {
    let bench = try await Bench.behind()
    var record = ReplayRecord(
      id: "r", kind: .redrive, from: nil, through: nil, requestedBy: "op@here", reason: nil,
      at: .now, maxRate: nil, previousCheckpoint: nil)
    record.state = .done
    try bench.folder.createReplay(record)
    try bench.folder.appendReplays(record)
    _ = await bench.secondary().run(until: .head)
    #expect(try bench.folder.readReplays(last: 10).count == 1)
    #expect(try bench.folder.readReplay() == nil)
  }

  @Test(
    "a stopped sink fails a replay that is driven here, and the checkpoint shows how far it came"
  )
  func fails() async throws {
    let bench = try await Bench.behind()
    let sink = ScriptedSink(
      [.store, .fail(SinkError(.stop, code: "EACCES", "may not write"))], storage: bench.storage,
      batching: Batching(limits: BatchLimits(events: 5)))
    let result = try await bench.replay(sink: { _ in RenamedSink(sink) }).execute(ReplayRequest())
    #expect(result.record.state == .failed)
    #expect(result.record.error == "may not write")
    #expect(result.checkpoint?.eventId == 24)
    #expect(try bench.folder.readReplays(last: 1).last?.state == .failed)
  }

  @Test(
    "a rewind out of a divergence sets aside the sink's later events, and delivers the new ones"
  )
  func divergence() async throws {
    let events = SampleEvents.make(20)
    let bench = Bench(events)
    _ = await bench.secondary().run(until: .head)
    let new = SampleEvents.make(8, first: 15, tags: ["HeadClosed"])
    await bench.source.replace(with: Array(events[..<15]) + new)
    guard case .diverged = await bench.secondary().run(until: .head) else {
      Issue.record("the drive did not stop")
      return
    }
    let plan = try await bench.replay().plan(ReplayRequest())
    #expect(plan.kind == .rewind)
    #expect(plan.from?.eventId == 15)
    #expect(plan.notes.first?.contains("on which both agree: the sink cannot tell") == true)
    await bench.storage.tellHoldings()
    let result = try await bench.replay().execute(ReplayRequest())
    #expect(result.plan.from?.eventId == 15)
    #expect(result.record.state == .done)
    #expect(await bench.storage.events == bench.source.events)
    #expect(result.checkpoint?.eventId == 22)
    let journal = try bench.folder.readJournal(last: 50)
    #expect(!journal.contains { $0.text.contains("set aside") }, "only an archive sets aside")
  }

  @Test("a replay keeps to its rate limit")
  func maxRate() async throws {
    let bench = try await Bench.behind()
    let before = bench.clock.now
    _ = try await bench.replay().execute(ReplayRequest(maxRate: 2))
    // Ten events at two a second; the last batch needs no wait.
    #expect(before.duration(to: bench.clock.now) >= .seconds(4))
  }
}

extension Bench {
  /// 30 events, everything through 19 stored.
  static func behind(_ events: [StateEvent] = SampleEvents.make(30)) async throws -> Bench {
    let bench = Bench(Array(events[..<20]))
    _ = await bench.secondary().run(until: .head)
    await bench.source.append(Array(events[20...]))
    return bench
  }
}
