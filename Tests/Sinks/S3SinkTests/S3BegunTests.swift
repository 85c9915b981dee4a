import Compression
import EventArchive
import EventPersistence
import EventPersistenceTesting
import Foundation
import Synchronization
import Testing

@testable import S3Sink

/// Several objects on their way at the same time.
@Suite("S3 with several objects on their way", .timeLimit(.minutes(5))) struct S3BegunTests {
  private let events = SampleEvents.make(40, sharedIdEach: 9)

  /// Answers the first PUT of a batch, and the others when a test lets it.
  private final class Gate: Sendable {
    private let isOpen = Mutex(false)
    private let semaphore = DispatchSemaphore(value: 0)

    /// The objects whose whole bodies the server has had, in that order.
    let arrivals = Arrivals<String>()
    var arrived: [String] { arrivals.all }

    func open() {
      isOpen.withLock { $0 = true }
      semaphore.signal()
    }

    /// Blocks the server's thread.
    func pass(_ request: ScriptedServer.Request) {
      guard Stage.puts(request) else { return }
      let count = arrivals.append(request.path)
      if count == 1 || isOpen.withLock(\.self) { return }
      semaphore.wait()
      semaphore.signal()
    }
  }

  private struct Stage {
    let bucket: TestBucket
    let gate: Gate
    let sink: S3Sink
    let batches: [EventBatch]

    static func puts(_ request: ScriptedServer.Request) -> Bool {
      request.method == "PUT" && request.path.hasPrefix("/bucket/head/1/2")
    }

    /// The PUTs of batches that the server has seen the heads of.
    var begun: [String] { bucket.server.seen.filter(Self.puts).map(\.path) }

    func path(of index: Int, suffix: String = ".zst") -> String {
      let batch = batches[index]
      let name = BatchName(batch.run!, last: batch.last, suffix: suffix)
      return "/bucket/" + S3Place(prefix: "head/1").key(day: S3Place.day(of: batch.first), name)
    }

    /// Whether the server has had the whole of no other object than the first two.
    var hasAtMostTwo: Bool { Set(gate.arrived).isSubset(of: [path(of: 0), path(of: 1)]) }

    func waitForHeads(_ count: Int) async {
      await bucket.server.requests.wait { $0.count(where: Self.puts) >= count }
    }
  }

  private func stage(
    compression: Compression = .zstd, configure: (inout S3Sink.Options) -> Void = { _ in }
  ) async throws -> Stage {
    let gate = Gate()
    let memory = MemoryBucket()
    let bucket = try TestBucket(memory) {
      gate.pass($0)
      return memory.handle($0)
    }
    var options = bucket.options()
    options.compression = compression
    configure(&options)
    let sink = S3Sink(options)
    _ = try await sink.open()
    return Stage(
      bucket: bucket, gate: gate, sink: sink, batches: try cut(events, by: options.rule))
  }

  @Test("one goes first, then four at once, and each is stored after the one before it")
  func order() async throws {
    let stage = try await stage()
    let (sink, batches) = (stage.sink, stage.batches)
    for index in 0...4 { #expect(try await sink.begin(batches[index]) == max(index, 1)) }
    await stage.waitForHeads(5)
    let next = Task { try await sink.begin(batches[5]) }
    await stage.gate.arrivals.wait { $0.count >= 2 }
    // The second is not answered, and so the server has the whole of no other.
    #expect(stage.begun.count == 5 && stage.bucket.names.count == 1)
    #expect(stage.gate.arrived == [stage.path(of: 0), stage.path(of: 1)])
    stage.gate.open()
    // None, if the server was done with all of them before the answer.
    #expect(try await (0...4).contains(next.value))
    for batch in batches[6...].dropLast() { _ = try await sink.begin(batch) }
    try await sink.settle()
    try await sink.put(batches.last!)
    #expect(stage.gate.arrived == batches.indices.map { stage.path(of: $0) })
    #expect(try await stage.bucket.contents() == events)
    #expect(await sink.facts()["objects put"] == "\(batches.count)")
  }

  @Test("if one fails, none after it is stored, and the next drive stores them all")
  func failure() async throws {
    let stage = try await stage()
    stage.gate.open()
    let failing = stage.path(of: 1)
    let areUnderWay = DispatchSemaphore(value: 0)
    stage.bucket.server.setScript { request in
      guard request.method == "PUT", request.path == failing else { return nil }
      areUnderWay.wait()
      areUnderWay.signal()
      return .error(503, "SlowDown")
    }
    for batch in stage.batches[..<5] { _ = try await stage.sink.begin(batch) }
    await stage.waitForHeads(5)
    areUnderWay.signal()
    let error = try await #require(throws: SinkError.self) {
      for batch in stage.batches[5...] { _ = try await stage.sink.begin(batch) }
    }
    #expect(error.code == "SlowDown" && error.remedy == .retry)
    #expect(stage.bucket.names.count == 1 && stage.gate.arrived == [stage.path(of: 0)])
    await #expect(throws: SinkError.self) { try await stage.sink.begin(stage.batches[1]) }
    stage.bucket.server.setScript(nil)
    #expect(try await stage.sink.open() == .through(stage.batches[0].last))
    try await drive(stage)
    #expect(try await stage.bucket.contents() == events)
  }

  @Test("a sink that is closed, or cancelled, stores nothing more of what was begun")
  func abandoned() async throws {
    for isClosed in [true, false] {
      let stage = try await stage()
      for batch in stage.batches[..<4] { _ = try await stage.sink.begin(batch) }
      await stage.waitForHeads(4)
      if isClosed {
        await stage.sink.close()
      } else {
        let settling = Task { try await stage.sink.settle() }
        settling.cancel()
        await #expect(throws: SinkError.self) { try await settling.value }
      }
      stage.gate.open()
      // The second was whole at the server, or not: that is for the next driver to find out.
      #expect(stage.hasAtMostTwo)
      _ = try await stage.sink.open()
      try await drive(stage)
      #expect(try await stage.bucket.contents() == events)
    }
  }

  @Test("a driver that lost its prefix begins nothing more, and what it had begun is abandoned")
  func owner() async throws {
    let wall = Mutex(EventTime(seconds: 1_800_000_000))
    let stage = try await stage {
      $0.wall = { wall.withLock(\.self) }
    }
    for batch in stage.batches[..<3] { _ = try await stage.sink.begin(batch) }
    await stage.waitForHeads(3)
    stage.bucket.memory.set(
      "head/1/hydra-sinks-owner.json",
      MemoryBucket.Object(bytes: S3Owner(id: "other", name: "elsewhere").bytes, metadata: [:]))
    wall.withLock { $0 = $0.advanced(bySeconds: 61) }
    let error = try await #require(throws: SinkError.self) {
      _ = try await stage.sink.begin(stage.batches[3])
    }
    #expect(error.remedy == .held)
    stage.gate.open()
    #expect(stage.hasAtMostTwo)
  }

  @Test("what is held is compared a few at a time, and rewritten in order where it differs")
  func replay() async throws {
    let stage = try await stage()
    stage.gate.open()
    try await drive(stage)
    let whole = stage.bucket.memory.objects
    let (changed, missing) = (stage.path(of: 2), stage.path(of: 4))
    func key(_ path: String) -> String { String(path.dropFirst("/bucket/".count)) }
    stage.bucket.memory.set(
      key(changed), MemoryBucket.Object(bytes: Array("damaged".utf8), metadata: [:]))
    stage.bucket.memory.remove(key(missing))
    stage.bucket.server.forgetSeen()
    _ = try await stage.sink.open()
    await stage.sink.willDeliverAgain(after: nil)
    try await drive(stage)
    #expect(stage.gate.arrived.dropFirst(stage.batches.count) == [changed, missing])
    #expect(try await stage.bucket.contents() == events)
    let aside = stage.bucket.superseded
    #expect(aside.count == 1)
    #expect(stage.bucket.memory.objects.filter { !aside.contains($0.key) } == whole)
  }

  @Test("objects of no bytes are stored in order, too")
  func empty() async throws {
    let stage = try await stage(compression: .none)
    for batch in stage.batches[..<2] { _ = try await stage.sink.begin(batch) }
    await stage.waitForHeads(2)
    let empty = Task {
      try await stage.sink.begin(stage.batches[2].selecting { _ in false })
    }
    stage.gate.open()
    #expect(try await empty.value == 0)
    #expect(stage.gate.arrived == (0..<3).map { stage.path(of: $0, suffix: "") })
  }

  @Test("a server that is silent is given up, and so are the objects that wait for it")
  func silence() async throws {
    let stage = try await stage { $0.timeout = .seconds(2) }
    for batch in stage.batches[..<3] { _ = try await stage.sink.begin(batch) }
    let error = try await #require(throws: SinkError.self) { try await stage.sink.settle() }
    #expect(error.code == "Timeout")
    stage.gate.open()
    _ = try await stage.sink.open()
    try await drive(stage)
    #expect(try await stage.bucket.contents() == events)
  }

  @Test("a few objects are on their way if they are quick, of 48 MiB in all; others go alone")
  func bounds() async throws {
    let stage = try TestBucket()
    var begun = UploadWindow(timeout: .seconds(8))
    #expect(begun.hasRoom(for: 1 << 30))
    let batch = EventBatch(SampleEvents.make(3))
    let placed = S3Sink.Placed(
      run: BatchRun(first: batch.first, isComplete: true), name: BatchName(firstId: 0, lastId: 2),
      day: "2026/07/15/", key: "head/1/2026/07/15/x",
      description: BatchDescription(batch, BatchRun(first: batch.first, isComplete: true), 3),
      held: [])
    let client = S3Bucket(stage.options()).client
    for took in [Duration.seconds(1), .milliseconds(900)] {
      begun.put([1], of: batch, placed, contentType: "text/plain", client)
      #expect(!begun.hasRoom(for: 1))
      begun.removeFirst(took)
    }
    begun.put([1], of: batch, placed, contentType: "text/plain", client)
    #expect(begun.hasRoom(for: UploadWindow.bytesMax - batch.byteCount))
    #expect(!begun.hasRoom(for: UploadWindow.bytesMax - batch.byteCount + 1))
    for _ in 1..<UploadWindow.objectsMax {
      #expect(begun.hasRoom(for: 1))
      begun.put([1], of: batch, placed, contentType: "text/plain", client)
    }
    #expect(!begun.hasRoom(for: 0))
    for upload in begun.abandon() { _ = await upload.task.value }
    #expect(begun.count == 0 && begun.hasRoom(for: 1 << 30))
  }

  /// As a driver does: all but the last one are begun.
  private func drive(_ stage: Stage) async throws {
    for batch in stage.batches.dropLast() { _ = try await stage.sink.begin(batch) }
    try await stage.sink.settle()
    try await stage.sink.put(stage.batches.last!)
  }
}
