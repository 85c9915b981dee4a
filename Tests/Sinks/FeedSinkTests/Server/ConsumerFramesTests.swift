import EventPersistence
import EventPersistenceTesting
import Testing

@testable import FeedSink

@Suite("What consumers send", .timeLimit(.minutes(5))) struct ConsumerFramesTests {
  private func open() async throws -> Feed {
    try await Feed.open(MemorySource(SampleEvents.make(3, tags: ["PeerConnected"])))
  }

  @Test("texts are ignored, and pings are answered")
  func readOver() async throws {
    let feed = try await open()
    let consumer = try await feed.connect()
    await consumer.send(opcode: 1, Array(#"{"tag":"NewTx"}"#.utf8))
    _ = try await consumer.history()
    await consumer.send(opcode: 9, [7, 7])
    while true {
      let frame = try await consumer.next()
      if case .ping = frame { continue }
      #expect(frame == .pong([7, 7]))
      break
    }
    await feed.sink.close()
  }

  @Test("a frame that is too large ends the connection with 1009")
  func tooLarge() async throws {
    let feed = try await open()
    let consumer = try await feed.connect()
    _ = try await consumer.history()
    await consumer.send(opcode: 1, [UInt8](repeating: 0x20, count: 64 << 10))
    var frame = try await consumer.next()
    while case .ping = frame { frame = try await consumer.next() }
    #expect(frame == .close(1009, ""))
    await feed.sink.close()
  }

  @Test("a close is answered with its code")
  func close() async throws {
    let feed = try await open()
    let consumer = try await feed.connect()
    _ = try await consumer.history()
    await consumer.send(opcode: 8, [0x03, 0xE8, 0x62])
    var frame = try await consumer.next()
    while case .ping = frame { frame = try await consumer.next() }
    #expect(frame == .close(1000, ""))
    #expect(try await consumer.next() == .end)
    try await feed.put(EventBatch(SampleEvents.make(1)), until: "no consumer connected")
    #expect(await feed.sink.facts()["consumers"] == "0")
    await feed.sink.close()
  }

  @Test("a plain request gets an answer, and a foreign page is refused")
  func refused() async throws {
    let feed = try await open()
    let plain = try await TestConsumer(
      port: feed.port, handshake: "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    #expect(plain.status == "HTTP/1.1 426 Upgrade Required")
    let elsewhere = try await feed.connect("/head")
    #expect(elsewhere.status == "HTTP/1.1 404 Not Found")
    let page = try await TestConsumer(
      port: feed.port, headers: ["Origin: https://evil.example"])
    #expect(page.status == "HTTP/1.1 403 Forbidden")
    let allowed = try await TestConsumer(
      port: feed.port, headers: ["Origin: https://scrolls.example"])
    #expect(allowed.status == "HTTP/1.1 101 Switching Protocols")
    let broken = try await TestConsumer(
      port: feed.port,
      handshake: "GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
    #expect(broken.status == "HTTP/1.1 426 Upgrade Required")
    await feed.sink.close()
  }
}
