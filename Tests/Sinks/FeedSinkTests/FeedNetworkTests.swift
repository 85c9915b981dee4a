import EventPersistence
import EventPersistenceTesting
import Testing

@testable import FeedSink

/// Consumers, and what is none, that do with their connection what none should.
@Suite("A feed over a bad network", .timeLimit(.minutes(5))) struct FeedNetworkTests {
  private static let rounds = 8
  private static let eventsEach = 10
  /// All rounds together open more connections than a feed accepts at once.
  private static let connectionsEach =
    (FeedSink.Options.consumersMaxDefault + FeedServer.strangersMax) / rounds + 2

  private let events: [StateEvent] = (0..<rounds * eventsEach).map { id in
    let padding = String(repeating: "x", count: 1024)
    return SampleLog.event(
      SampleLog.event(id, #"{"peer":"\#(padding)","tag":"PeerConnected"}"#))
  }

  private func ids(of round: Int) -> Range<Int> {
    round * Self.eventsEach..<(round + 1) * Self.eventsEach
  }

  @Test(
    "every other consumer gets each event once, in order; memory and sockets are bounded",
    arguments: TroubledConnection.Trouble.allCases)
  func others(trouble: TroubledConnection.Trouble) async throws {
    let source = MemorySource()
    let feed = try await Feed.open(source)
    let steady = try await feed.connect("/?history=yes&name=steady")
    let slow = try await TestConsumer(
      port: feed.port, path: "/?history=yes&name=byte-by-byte", sendsByBytes: true)
    let live = try await feed.connect("/?name=live")
    for consumer in [steady, slow, live] { #expect(try await consumer.history() == []) }
    for round in 0..<Self.rounds {
      let troubled = try (0..<Self.connectionsEach).map { _ in
        try TroubledConnection(trouble, port: feed.port)
      }
      let ids = ids(of: round)
      await source.append(Array(events[ids]))
      for consumer in [steady, slow, live] {
        let texts = try await consumer.texts { $0.contains("\"seq\":\(ids.upperBound - 1),") }
        #expect(try TestConsumer.seqs(texts) == Array(ids), "\(trouble), round \(round)")
      }
      let timing = FeedTiming()
      for consumer in feed.sink.ledger.withLock({ $0.inOrder }) {
        let bound = timing.unsentBatchesMax * (timing.read(consumers: 1).bytes + 2048)
        #expect(consumer.unsentBytesHighest <= bound, "\(trouble): \(consumer.title)")
      }
      _ = consume troubled
    }
    async let delivered: Void = feed.deliver(EventBatch(events))
    for consumer in [steady, slow, live] {
      guard case .ping = try await consumer.next() else {
        Issue.record("no ping follows the last event")
        return
      }
    }
    try await delivered
    let late = try await feed.connect("/?history=yes&name=late")
    #expect(late.status == "HTTP/1.1 101 Switching Protocols")
    #expect(try await TestConsumer.seqs(late.history()) == Array(events.indices))
    if trouble == .garbage {
      #expect(await feed.sink.facts()["last violation"] != nil)
    }
    await feed.sink.close()
  }

  @Test("one that takes nothing holds the checkpoint, is named, and no longer holds it once gone")
  func held() async throws {
    let feed = try await Feed.open(MemorySource(events))
    var stuck: [TroubledConnection] = [try TroubledConnection(.neverReads, port: feed.port)]
    let steady = try await feed.connect("/?history=yes&name=steady")
    #expect(try await TestConsumer.seqs(steady.history()) == Array(events.indices))
    #expect(await feed.put(EventBatch(events)) == "under way")
    let consumers = try #require(await feed.sink.consumers())
    #expect(consumers.contains { $0.name == "neverReads" })
    stuck = []
    try await feed.deliver(EventBatch(events))
    #expect(stuck.isEmpty)
    await feed.sink.close()
  }
}
