import EventPersistence
import EventPersistenceTesting
import Foundation
import HydraLog
import Testing

@testable import FeedSink

@Suite("Streams from a real log", .timeLimit(.minutes(10))) struct StreamingTests {
  private static func line(_ id: Int, padding: Int = 0) -> String {
    let text = String(repeating: "x", count: padding)
    return SampleLog.event(id, #"{"peer":"\#(text)","tag":"PeerConnected"}"#)
  }

  @Test("between history and live nothing is missing, double or out of order")
  func border() async throws {
    let folder = try TestFolder()
    try folder.append((0..<500).map { Self.line($0) })
    let feed = try await Feed.open(PersistenceDirectory(path: folder.path))
    let writer = Task {
      for id in stride(from: 500, to: 3500, by: 5) {
        try folder.append((id..<id + 5).map { Self.line($0) })
        await Task.yield()
      }
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for path in ["/?history=yes", "/?history=yes", "/?from=700", "/?from=100&name=x"] {
        group.addTask {
          let consumer = try await feed.connect(path)
          let history = try await TestConsumer.seqs(consumer.history())
          // A fast writer was done before the consumer connected: then all of it is history.
          let live =
            history.last == 3499
            ? []
            : try await TestConsumer.seqs(consumer.texts { $0.contains("\"seq\":3499,") })
          let from = path.contains("700") ? 700 : path.contains("100") ? 100 : 0
          #expect(history + live == Array(from..<3500))
          #expect(path.contains("700") || history.count >= 400)
        }
      }
      try await group.waitForAll()
    }
    try await writer.value
    await feed.sink.close()
  }

  @Test("a stream continues over a rotation, whose Checkpoint is not in the live part")
  func rotation() async throws {
    let folder = try TestFolder()
    try folder.append((0...9).map { Self.line($0) })
    let feed = try await Feed.open(PersistenceDirectory(path: folder.path))
    let consumer = try await feed.connect()
    #expect(try await TestConsumer.seqs(consumer.history()) == Array(0...9))
    try FileManager.default.moveItem(
      atPath: "\(folder.path)/state", toPath: "\(folder.path)/state-9")
    let checkpoint = SampleLog.event(9, #"{"state":{},"tag":"Checkpoint"}"#)
    try folder.append([checkpoint, Self.line(10)])
    let live = try await consumer.texts { $0.contains("\"seq\":10,") }
    #expect(try TestConsumer.seqs(live) == [10])
    let again = try await feed.connect()
    #expect(try await TestConsumer.seqs(again.history()) == Array(0...9) + [9, 10])
    await feed.sink.close()
  }

  @Test("a consumer that does not read delays no other, and holds only the stated memory")
  func slow() async throws {
    let folder = try TestFolder()
    let count = 24_000
    // 24 MB: far more than the kernel buffers.
    for start in stride(from: 0, to: count, by: 4000) {
      try folder.append((start..<start + 4000).map { Self.line($0, padding: 1000) })
    }
    let feed = try await Feed.open(PersistenceDirectory(path: folder.path))
    let slow = try await TestConsumer(
      port: feed.port, path: "/?history=yes&name=slow", receiveBytes: 4096)
    let quick = try await feed.connect("/?history=yes&name=quick")
    let texts = try await quick.history()
    #expect(texts.count == count)
    let consumers = feed.sink.ledger.withLock { $0.inOrder }
    let stuck = try #require(consumers.first { $0.name == "slow" })
    #expect(stuck.unsentBytes > 0)
    let timing = FeedTiming()
    // A frame of this log is no larger than its event; it may have been alone when it was read for.
    let read = timing.read(consumers: 1).bytes + 1024
    #expect(stuck.unsentBytesHighest <= timing.unsentBatchesMax * read)
    #expect(stuck.sent!.last.eventId < UInt64(count))
    let last = SampleLog.event(Self.line(count - 1))
    #expect(await feed.put(EventBatch([last])) == "under way")
    await slow.hangUp()
    async let delivered: Void = feed.deliver(EventBatch([last]))
    try await delivered
    await feed.sink.close()
  }

  @Test("a consumer that owes a sign of life is named, and dropped in the end")
  func silent() async throws {
    let events = SampleEvents.make(10, tags: ["PeerConnected"])
    let feed = try await Feed.open(MemorySource(events)) {
      $0.timing.silentAfter = .milliseconds(20)
      $0.timing.dropAfter = .milliseconds(200)
      $0.timing.pingEach = .milliseconds(50)
    }
    let consumer = try await feed.connect("/?history=yes&name=scrolls", answersPings: false)
    _ = try await consumer.history()
    try await feed.put(
      EventBatch(events), until: "scrolls is silent", "no consumer connected")
    try await feed.put(EventBatch(events), until: "no consumer connected")
    await feed.sink.close()
  }

  @Test("a log that began anew ends the streams of the one before")
  func begunAnew() async throws {
    let folder = try TestFolder()
    try folder.append((0...9).map { Self.line($0) })
    let feed = try await Feed.open(PersistenceDirectory(path: folder.path)) {
      $0.timing.missingMax = .milliseconds(50)
    }
    let consumers = [try await feed.connect(), try await feed.connect("/")]
    _ = try await consumers[0].history()
    try FileManager.default.removeItem(atPath: "\(folder.path)/state")
    try folder.append((0...3).map { Self.line($0) })
    for consumer in consumers {
      while true {
        guard case .close(let code, let why) = try await consumer.next() else { continue }
        #expect(code == 1011 && why.contains("no longer has the event 9"), "\(code) \(why)")
        break
      }
    }
    await feed.sink.close()
  }

  @Test("events with reused ids end the streams that have sent the old ones")
  func diverged() async throws {
    let folder = try TestFolder()
    try folder.append((0...9).map { Self.line($0) })
    let feed = try await Feed.open(PersistenceDirectory(path: folder.path))
    let consumer = try await feed.connect()
    _ = try await consumer.history()
    try FileManager.default.removeItem(atPath: "\(folder.path)/state")
    let anew = SampleLog.event(9, #"{"tag":"NetworkConnected"}"#)
    try folder.append((0...8).map { Self.line($0) } + [anew, Self.line(10)])
    var frame = try await consumer.next()
    while case .ping = frame { frame = try await consumer.next() }
    guard case .close(1011, let why) = frame else {
      Issue.record("\(frame)")
      return
    }
    #expect(why.contains("Event 9"))
    await feed.sink.close()
  }
}
