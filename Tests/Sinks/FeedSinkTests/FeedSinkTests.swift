import EventPersistence
import EventPersistenceTesting
import Testing

@testable import FeedSink

@Suite("A feed", .timeLimit(.minutes(2))) struct FeedSinkTests {
  private let events = SampleEvents.make(40, tags: ["PeerConnected"])

  private func batch(_ range: ClosedRange<Int>) -> EventBatch { EventBatch(Array(events[range])) }

  @Test("a batch is delivered after the pong that follows it, and not before")
  func pongGates() async throws {
    let feed = try await Feed.open(MemorySource(events))
    let consumer = try await feed.connect(answersPings: false)
    #expect(consumer.status == "HTTP/1.1 101 Switching Protocols")
    let texts = try await consumer.history()
    #expect(try TestConsumer.seqs(texts) == Array(0...39))
    #expect(await feed.put(batch(0...9)) == "under way")
    let ping = try #require(await consumer.lastPing)
    await consumer.send(opcode: 10, [1, 2, 3])
    #expect(await feed.put(batch(0...9)) == "under way")
    await consumer.send(opcode: 10, ping)
    try await feed.deliver(batch(0...39))
    await feed.sink.close()
  }

  @Test("without a consumer it waits and says for which; then it continues at once")
  func nobody() async throws {
    let feed = try await Feed.open(MemorySource(events))
    let error = await #expect(throws: SinkError.self) { try await feed.sink.put(batch(0...9)) }
    #expect(error?.remedy == .wait)
    #expect(error?.code == "no consumer connected")
    #expect(error?.message.contains("?history=yes") == true)
    let live = try await feed.connect("/")
    #expect(try await live.history() == [])
    #expect(await feed.put(batch(0...9)) == "no consumer for these events")
    let late = try await feed.connect("/?from=5")
    #expect(try await TestConsumer.seqs(late.history()) == Array(5...39))
    #expect(await feed.put(batch(0...9)) == "no consumer for these events")
    let consumer = try await feed.connect("/?from=0")
    async let delivered: Void = feed.deliver(batch(0...9))
    #expect(try await TestConsumer.seqs(consumer.history()) == Array(0...39))
    try await delivered
    await feed.sink.close()
  }

  @Test("a live consumer gets only new events, and moves the checkpoint at the head")
  func live() async throws {
    let source = MemorySource(Array(events[0...19]))
    let feed = try await Feed.open(source)
    let consumer = try await feed.connect("/?name=live")
    #expect(try await consumer.history() == [])
    await source.append(Array(events[20...29]))
    async let delivered: Void = feed.deliver(batch(20...29))
    let texts = try await consumer.texts { $0.contains("\"seq\":29") }
    #expect(try TestConsumer.seqs(texts) == Array(20...29))
    _ = try await consumer.next()
    try await delivered
    #expect(await feed.sink.facts()["consumers"] == "1")
    let consumers = try #require(await feed.sink.consumers())
    #expect(consumers.map(\.name) == ["live"])
    #expect(consumers[0].confirmed == events[29].position)
    #expect(consumers[0].isAwaited && consumers[0].answeredAt != nil)
    #expect(consumers[0].note == "connected without history at 19")
    await feed.sink.close()
  }

  @Test("a batch without frames is answered too")
  func withoutFrames() async throws {
    let silent = SampleEvents.make(10, tags: ["TickObserved"])
    let feed = try await Feed.open(MemorySource(silent))
    let consumer = try await feed.connect()
    async let delivered: Void = feed.deliver(EventBatch(silent).selecting { _ in false })
    #expect(try await consumer.history() == [])
    try await delivered
    await feed.sink.close()
  }

  @Test("only selected events go out")
  func selection() async throws {
    let mixed = SampleEvents.make(10, tags: ["PeerConnected", "NetworkConnected"])
    let feed = try await Feed.open(
      MemorySource(mixed), selection: .tags(["NetworkConnected"]))
    let consumer = try await feed.connect()
    #expect(try await TestConsumer.seqs(consumer.history()) == [1, 3, 5, 7, 9])
    await feed.sink.close()
  }

  @Test("a stream from an id knows the snapshot requested before it, however far back")
  func requestedBefore() async throws {
    var lines = [
      #"{"tag":"SnapshotRequested","requestedSnapshot":{"number":1}}"#,
      #"{"tag":"SnapshotConfirmed","signatures":{}}"#,
      #"{"tag":"SnapshotRequested","requestedSnapshot":{"number":2}}"#,
    ]
    lines += (0..<700).map { _ in #"{"tag":"TickObserved"}"# }
    lines += [
      #"{"tag":"SnapshotConfirmed","signatures":{}}"#,
      #"{"tag":"SnapshotConfirmed","signatures":{}}"#,
    ]
    let log = lines.enumerated().map { SampleLog.event(SampleLog.event($0.offset, $0.element)) }
    let feed = try await Feed.open(MemorySource(log))
    for from in [3, 600, 703] {
      let consumer = try await feed.connect("/?from=\(from)")
      let texts = try await consumer.history()
      #expect(texts.count == 1)
      #expect(texts.first?.contains("\"snapshot\":{\"number\":2}") == true)
    }
    let behind = try await feed.connect("/?from=704")
    #expect(try await behind.history() == [])
    await feed.sink.close()
  }

  @Test("the greeting has no seq and no null")
  func greeting() async throws {
    let feed = try await Feed.open(MemorySource([]))
    let consumer = try await feed.connect()
    let greeting = try #require(try await consumer.nextText())
    let object = try TestConsumer.json(greeting)
    #expect(object["tag"] as? String == "Greetings")
    #expect(object["seq"] == nil)
    #expect(!greeting.contains("null"))
    await feed.sink.close()
  }

  @Test("a replay ends the streams that have sent its events, and sends them again")
  func again() async throws {
    let feed = try await Feed.open(MemorySource(events))
    let consumer = try await feed.connect("/?history=yes&name=scrolls")
    async let first: Void = feed.deliver(batch(0...29))
    _ = try await consumer.history()
    try await first
    await feed.sink.willDeliverAgain(after: events[9].position)
    #expect(await feed.put(batch(10...19)) == "no consumer connected")
    guard case .close(1012, _) = try await consumer.next() else {
      Issue.record("it was not asked to reconnect")
      return
    }
    let anew = try await feed.connect("/?history=yes&name=scrolls")
    async let second: Void = feed.deliver(batch(10...19))
    _ = try await anew.history()
    try await second
    async let third: Void = feed.deliver(batch(20...39))
    try await third
    await feed.sink.close()
  }

  @Test("a cancelled put ends, with the batch undelivered")
  func cancelled() async throws {
    let feed = try await Feed.open(MemorySource(events)) { $0.timing.putMax = .seconds(3600) }
    let consumer = try await feed.connect(answersPings: false)
    _ = try await consumer.history()
    let put = Task { await feed.put(batch(0...9)) }
    put.cancel()
    #expect(await put.value == "under way")
    await feed.sink.close()
  }

  @Test("closing notifies the consumers, and the port is free again")
  func closes() async throws {
    let feed = try await Feed.open(MemorySource(events))
    let consumer = try await feed.connect()
    _ = try await consumer.history()
    let other = FeedSink(
      FeedSink.Options(address: FeedAddress(port: feed.port)), source: MemorySource([]))
    let held = await #expect(throws: SinkError.self) { try await other.open() }
    #expect(held?.remedy == .held)
    #expect(held?.code == "port in use")
    #expect(throws: SinkError.self) { try ListeningSocket.probe(FeedAddress(port: feed.port)) }
    await feed.sink.close()
    guard case .close(1012, _) = try await consumer.next() else {
      Issue.record("it went without a word")
      return
    }
    try ListeningSocket.probe(FeedAddress(port: feed.port))
    _ = try await other.open()
    await other.close()
  }

  @Test("an address that is not of this machine is an error that says so")
  func noAddress() async throws {
    for host in ["192.0.2.1", "no.such.host.invalid"] {
      let sink = FeedSink(
        FeedSink.Options(address: FeedAddress(host: host, port: 4100)), source: MemorySource([]))
      let error = await #expect(throws: SinkError.self) { try await sink.open() }
      #expect(error?.remedy == .stop)
      #expect(error?.message.contains(host) == true)
    }
  }
}
