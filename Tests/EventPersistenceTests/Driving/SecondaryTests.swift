import EventPersistenceTesting
import Foundation
import Synchronization
import Testing

@testable import EventPersistence

@Suite(.timeLimit(.minutes(5))) struct SecondaryTests {
  @Test("everything through the head is stored in order, and the checkpoint is the head")
  func reachesHead() async throws {
    let bench = Bench(SampleEvents.make(23, sharedIdEach: 7))
    let end = await bench.secondary().run(until: .head)
    #expect(end == .reachedHead)
    #expect(await bench.storage.events == SampleEvents.make(23, sharedIdEach: 7))
    let checkpoint = try #require(try bench.folder.readCheckpoint())
    let events = await bench.source.events
    #expect(checkpoint.position == events.last?.position)
    #expect(checkpoint.highest == checkpoint.eventId)
    let driver = try #require(try bench.folder.readDriver())
    #expect(driver.endedAt != nil)
    #expect(try !bench.folder.isLocked())
    let binding = try #require(try bench.folder.readBinding())
    #expect(binding.first == events.first?.position)
  }

  @Test("an unknown head is waited for, and not taken for an empty log")
  func headUnknown() async throws {
    let bench = Bench(SampleEvents.make(9))
    await bench.source.hideHead(forSurveys: 5)
    #expect(await bench.secondary().run(until: .head) == .reachedHead)
    #expect(await bench.storage.events == SampleEvents.make(9))
  }

  @Test("a sink's note becomes a journal entry, even if the sink then fails")
  func sinkNotes() async throws {
    let bench = Bench(SampleEvents.make(9))
    let sink = NotingSink(MemorySink(bench.storage))
    _ = await bench.secondary(sink: { _ in sink }).run(until: .head)
    let noted = try bench.folder.readJournal(last: 20).filter { $0.kind == .sink }.map(\.text)
    #expect(noted == ["opened", "could not put", "opened", "put 0 through 8"])
  }

  private actor NotingSink: EventSink {
    nonisolated let description = SinkDescription(kind: "noting", target: "memory")
    private let sink: MemorySink
    private var notes: [String] = []
    private var hasFailed = false

    init(_ sink: MemorySink) { self.sink = sink }

    func open() async throws(SinkError) -> Holdings {
      notes.append("opened")
      return try await sink.open()
    }

    func put(_ batch: EventBatch) async throws(SinkError) {
      guard hasFailed else {
        hasFailed = true
        notes.append("could not put")
        throw SinkError(.retry, code: "once", "once")
      }
      notes.append("put \(batch.first.eventId) through \(batch.last.eventId)")
      try await sink.put(batch)
    }

    func takeNotes() -> [String] {
      defer { notes = [] }
      return notes
    }
  }

  @Test("a sink that goes away while no event comes is noticed at once, and opened again")
  func goesAwayAtRest() async throws {
    let events = SampleEvents.make(12)
    let bench = Bench(Array(events[..<8]))
    let sink = FallingSink(MemorySink(bench.storage))
    let secondary = bench.secondary(sink: { _ in sink })
    let run = Task { await secondary.run() }
    await eventually { await bench.storage.events.count == 8 }
    await sink.fall()
    await eventually { await sink.opens == 2 }
    let told = try bench.folder.readJournal(last: 20).filter { $0.kind == .error }
    #expect(told.map(\.text) == ["exit 9: it ended"])
    await bench.source.append(Array(events[8...]))
    await eventually { await bench.storage.events.count == 12 }
    #expect(await bench.storage.events == events)
    run.cancel()
    #expect(await run.value == .cancelled)
    #expect(try bench.folder.readDriver()?.lastError == nil)
  }

  private actor FallingSink: EventSink {
    nonisolated let description = SinkDescription(kind: "falling", target: "memory")
    private(set) var opens = 0
    private let sink: MemorySink
    private var isGone = false

    init(_ sink: MemorySink) { self.sink = sink }

    func fall() { isGone = true }

    func open() async throws(SinkError) -> Holdings {
      opens += 1
      isGone = false
      return try await sink.open()
    }

    func put(_ batch: EventBatch) async throws(SinkError) { try await sink.put(batch) }

    func rest() throws(SinkError) {
      if isGone { throw SinkError(.retry, code: "exit 9", "it ended") }
    }
  }

  @Test("a second drive continues after the checkpoint")
  func goesOn() async throws {
    let events = SampleEvents.make(20)
    let bench = Bench(Array(events[..<12]))
    _ = await bench.secondary().run(until: .head)
    await bench.source.append(Array(events[12...]))
    #expect(await bench.secondary().run(until: .head) == .reachedHead)
    #expect(await bench.storage.events == events)
    #expect(await bench.storage.deliveredCount == 20)
  }

  @Test("live events are delivered until the task is cancelled")
  func live() async throws {
    let events = SampleEvents.make(20)
    let bench = Bench(Array(events[..<3]))
    let secondary = bench.secondary()
    let run = Task { await secondary.run() }
    await eventually { await bench.storage.events.count == 3 }
    await bench.source.append(Array(events[3...]))
    await eventually { await bench.storage.events.count == 20 }
    run.cancel()
    #expect(await run.value == .cancelled)
    #expect(try bench.folder.readCheckpoint()?.eventId == 19)
    #expect(try bench.folder.readDriver()?.endedAt != nil)
  }

  @Test("events that are not selected also move the checkpoint")
  func selection() async throws {
    let bench = Bench(SampleEvents.make(20))
    let end = await bench.secondary(selection: .tags(["SnapshotConfirmed"])).run(until: .head)
    #expect(end == .reachedHead)
    #expect(await bench.storage.events.allSatisfy { $0.tag == "SnapshotConfirmed" })
    #expect(await bench.storage.events.count == 6)
    #expect(try bench.folder.readCheckpoint()?.eventId == 19)
  }

  @Test("a sink that waits for a consumer shows as stopped, obeys orders, and continues by itself")
  func waitsForSomebody() async throws {
    let bench = Bench(SampleEvents.make(12))
    let nobody = SinkError(.wait, code: "nobody", "nobody is there")
    let gate = Gate()
    let sink = ScriptedSink(
      [.fail(nobody), .after { await gate.arriveAndWait() }], storage: bench.storage,
      batching: Batching(limits: BatchLimits(events: 5)))
    let secondary = bench.secondary(sink: { _ in sink })
    async let end = secondary.run(until: .head)
    await gate.arrival()
    // The heartbeat is written once a second of the clock, which jumps.
    try await eventually { try bench.folder.readDriver()?.stopped == true }
    let driver = try #require(try bench.folder.readDriver())
    #expect(driver.errorCode == "nobody")
    #expect(driver.phase == .storing)
    await gate.open()
    #expect(await end == .reachedHead)
    #expect(await bench.storage.events.count == 12)
    #expect(try bench.folder.readDriver()?.stopped == false)
    #expect(try bench.folder.readDriver()?.lastError == nil)
  }

  @Test("a sink that failed gets the same batch again, until it stores it")
  func retries() async throws {
    let bench = Bench(SampleEvents.make(12))
    let busy = SinkError(.retry, code: "EBUSY", "busy")
    let sink = ScriptedSink(
      [.store, .fail(busy), .fail(busy), .storeAndFail(busy)], storage: bench.storage,
      batching: Batching(limits: BatchLimits(events: 5)))
    let before = bench.clock.now
    #expect(await bench.secondary(sink: { _ in sink }).run(until: .head) == .reachedHead)
    #expect(await bench.storage.events == SampleEvents.make(12))
    let batches = await bench.storage.batches
    #expect(batches.map(\.first.eventId) == [0, 5, 5, 10])
    // 0.25 s, 0.5 s and 1 s, each with a jitter of three quarters.
    #expect(before.duration(to: bench.clock.now) >= .milliseconds(1310))
    #expect(try bench.folder.readDriver()?.lastError == nil)
  }

  @Test(
    "a stopped sink ends a bounded drive, and is tried again on `retry` in a live one")
  func stops() async throws {
    let bench = Bench(SampleEvents.make(12))
    let expired = SinkError(.stop, code: "ExpiredToken", "the token expired")
    let limits = Batching(limits: BatchLimits(events: 5))
    let stopping = ScriptedSink([.store, .fail(expired)], storage: bench.storage, batching: limits)
    #expect(await bench.secondary(sink: { _ in stopping }).run(until: .head) == .stopped(expired))
    #expect(try bench.folder.readCheckpoint()?.eventId == 4)

    let healing = ScriptedSink([.fail(expired)], storage: bench.storage, batching: limits)
    let secondary = bench.secondary(sink: { _ in healing })
    let run = Task { await secondary.run() }
    await eventually { try! bench.folder.readDriver()?.stopped == true }
    let report = try #require(try bench.folder.readDriver())
    #expect(report.lastError == "the token expired")
    #expect(report.errorCode == "ExpiredToken")
    try bench.folder.requestRetry(by: "op@here")
    await eventually { try! bench.folder.readCheckpoint()?.eventId == 11 }
    run.cancel()
    _ = await run.value
    #expect(try bench.folder.readDriver()?.lastError == nil)
  }

  @Test("a paused secondary receives nothing, and continues when it is resumed")
  func pause() async throws {
    let bench = Bench(SampleEvents.make(12))
    let order = PauseOrder(by: "op@here", at: .now, reason: "disk", until: nil)
    try bench.folder.writePause(order)
    #expect(await bench.secondary().run(until: .head) == .paused(order))
    let secondary = bench.secondary()
    let run = Task { await secondary.run() }
    await eventually { try! bench.folder.readDriver()?.phase == .waiting }
    #expect(await bench.storage.events.isEmpty)
    try bench.folder.removePause()
    await eventually { try! bench.folder.readCheckpoint()?.eventId == 11 }
    run.cancel()
    _ = await run.value
  }

  @Test("two drivers exclude one another")
  func lock() async throws {
    let bench = Bench(SampleEvents.make(3))
    let lock = try #require(try bench.folder.lock())
    let end = await bench.secondary(waitsForLock: false).run(until: .head)
    guard case .held(let sentence) = end else {
      Issue.record("the drive ended: \(end)")
      return
    }
    #expect(sentence.contains("driven by another process"))
    let waiting = bench.secondary()
    let run = Task { await waiting.run(until: .head) }
    lock.release()
    #expect(await run.value == .reachedHead)
  }

  @Test("a folder bound to another target is not driven, and the error names both")
  func binding() async throws {
    let bench = Bench(SampleEvents.make(3))
    _ = await bench.secondary().run(until: .head)
    let other = bench.secondary(sink: { _ in MemorySink(MemoryStorage(), target: "elsewhere") })
    guard case .state(let error) = await other.run() else {
      Issue.record("it was driven")
      return
    }
    #expect(error.kind == .bound)
    #expect(error.message.contains("target memory, not elsewhere"))
  }

  @Test("a sink that lost events receives them again, from what it still holds")
  func sinkLostItsDisk() async throws {
    let events = SampleEvents.make(20)
    let bench = Bench(events, tellsHoldings: true)
    try bench.folder.write(Checkpoint(position: events[14].position, at: nil, highest: 14))
    #expect(await bench.secondary().run(until: .head) == .reachedHead)
    #expect(await bench.storage.events == events)
  }

  @Test("without a checkpoint the sink's holdings count, and `start` if it holds nothing")
  func holdings() async throws {
    let events = SampleEvents.make(20)
    let bench = Bench(events, tellsHoldings: true)
    await bench.storage.preload(Array(events[..<8]))
    #expect(await bench.secondary(start: .id(15)).run(until: .head) == .reachedHead)
    #expect(await bench.storage.events == events)

    let fresh = Bench(events, tellsHoldings: true)
    #expect(await fresh.secondary(start: .id(15)).run(until: .head) == .reachedHead)
    #expect(await fresh.storage.events == Array(events[15...]))
    let atHead = Bench(events)
    #expect(await atHead.secondary(start: .head).run(until: .head) == .reachedHead)
    #expect(await atHead.storage.events.isEmpty)
    #expect(try atHead.folder.readCheckpoint()?.eventId == 19)
  }

  @Test(
    "a checkpoint that the primary does not agree with stops the drive, and says what was found")
  func diverged() async throws {
    let events = SampleEvents.make(20)
    let bench = Bench(events)
    let other = Position(eventId: 9, tag: "HeadOpened", time: events[9].time)
    try bench.folder.write(Checkpoint(position: other, at: nil, highest: 9))
    guard case .diverged(let sentence) = await bench.secondary().run(until: .head) else {
      Issue.record("the drive did not stop")
      return
    }
    #expect(sentence.contains("9 HeadOpened"))
    #expect(await bench.storage.events.isEmpty)
    let ahead = Bench(events)
    try ahead.folder.write(Checkpoint(position: Position(eventId: 99), at: nil, highest: 99))
    guard case .diverged = await ahead.secondary().run(until: .head) else {
      Issue.record("the drive did not stop")
      return
    }
    #expect(ahead.clock.now.offset >= .seconds(5))
  }

  @Test("an invalid checkpoint is an error that names it, and stays unchanged")
  func nonsense() async throws {
    let bench = Bench(SampleEvents.make(3))
    _ = await bench.secondary().run(until: .head)
    let path = bench.folder.path + "/checkpoint.json"
    try "{nonsense".write(toFile: path, atomically: true, encoding: .utf8)
    guard case .state(let error) = await bench.secondary().run(until: .head) else {
      Issue.record("the drive did not stop")
      return
    }
    #expect(error.kind == .nonsense)
    #expect(error.message.contains(path))
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "{nonsense")
  }

  @Test("without a log there is no head to reach; an unreadable log is waited for")
  func missing() async throws {
    let bench = Bench(SampleEvents.make(3))
    let missing = SourceError(.missing, "no log in /var/lib/hydra")
    await bench.source.fail(missing)
    #expect(await bench.secondary().run(until: .head) == .noLog(missing))
    let secondary = bench.secondary()
    let run = Task { await secondary.run() }
    await eventually { try! bench.folder.readDriver()?.lastError == missing.message }
    await bench.source.fail(nil)
    await eventually { try! bench.folder.readCheckpoint()?.eventId == 2 }
    run.cancel()
    _ = await run.value
  }

  @Test("a drive that ends awaits the put in hand, and the checkpoint includes it")
  func endsAtABatchsEnd() async throws {
    let bench = Bench(SampleEvents.make(12))
    let gate = Gate()
    let sink = ScriptedSink(
      [.after { await gate.arriveAndWait() }], storage: bench.storage,
      batching: Batching(limits: BatchLimits(events: 5), timeout: .seconds(1_000_000)))
    let secondary = bench.secondary(sink: { _ in sink })
    let run = Task { await secondary.run() }
    await gate.arrival()
    run.cancel()
    await gate.open()
    #expect(await run.value == .cancelled)
    #expect(try bench.folder.readCheckpoint()?.eventId == 4)
    #expect(await bench.storage.events.count == 5)
  }
}

/// A place where a sink waits until a test releases it.
actor Gate {
  private var hasArrived: [CheckedContinuation<Void, Never>] = []
  private var waiting: CheckedContinuation<Void, Never>?
  private var isOpen = false
  private var arrived = false

  func arriveAndWait() async {
    arrived = true
    for continuation in hasArrived { continuation.resume() }
    hasArrived = []
    guard !isOpen else { return }
    await withCheckedContinuation { waiting = $0 }
  }

  func arrival() async {
    guard !arrived else { return }
    await withCheckedContinuation { hasArrived.append($0) }
  }

  func open() {
    isOpen = true
    waiting?.resume()
    waiting = nil
  }
}

extension MemoryStorage {
  /// Holds `events` from the start.
  func preload(_ events: [StateEvent]) async {
    try? await MemorySink(self).put(EventBatch(events))
  }
}
