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
    #expect(try await consumer.nextBesidesPings() == .pong([7, 7]))
    await feed.sink.close()
  }

  @Test("a frame that is too large ends the connection with 1009")
  func tooLarge() async throws {
    let feed = try await open()
    let consumer = try await feed.connect()
    _ = try await consumer.history()
    await consumer.send(opcode: 1, [UInt8](repeating: 0x20, count: 64 << 10))
    #expect(
      try await consumer.nextBesidesPings() == .close(1009, "a frame of more than 16384 bytes"))
    await feed.sink.close()
  }

  @Test("a close is answered with its code")
  func close() async throws {
    let feed = try await open()
    let consumer = try await feed.connect()
    _ = try await consumer.history()
    await consumer.send(opcode: 8, [0x03, 0xE8, 0x62])
    #expect(try await consumer.nextBesidesPings() == .close(1000, ""))
    #expect(try await consumer.next() == .end)
    try await feed.put(EventBatch(SampleEvents.make(1)), until: "no consumer connected")
    #expect(await feed.sink.facts()["consumers"] == "0")
    await feed.sink.close()
  }

  /// First bytes and payloads, all masked but the one that says so.
  private static let forbidden: [(code: UInt16, sent: String, bytes: [[UInt8]])] =
    [
      (1002, "an unmasked frame", [TestConsumer.frame(0x81, [0x61], isMasked: false)]),
      (1002, "a control frame in fragments", [TestConsumer.frame(0x09, [])]),
      (1002, "a control frame in fragments", [TestConsumer.frame(0x08, [0x03, 0xE8])]),
      (1002, "125 bytes", [TestConsumer.frame(0x89, [UInt8](repeating: 0, count: 126))]),
      (1002, "a continuation of no message", [TestConsumer.frame(0x80, [])]),
      (
        1002, "a message within another one",
        [TestConsumer.frame(0x01, []), TestConsumer.frame(0x82, [])]
      ),
      (1002, "a close frame of one byte", [TestConsumer.frame(0x88, [0x03])]),
      (1007, "whose reason is not UTF-8", [TestConsumer.frame(0x88, [0x03, 0xE8, 0xFF])]),
      (1007, "a text that is not UTF-8", [TestConsumer.frame(0x81, [0xED, 0xA0, 0x80])]),
      (
        1007, "a text that is not UTF-8",
        [TestConsumer.frame(0x01, [0xC3]), TestConsumer.frame(0x80, [0x28])]
      ),
      (
        1009, "a message of more than",
        [
          TestConsumer.frame(0x02, [UInt8](repeating: 0, count: FeedServer.frameBytesMax)),
          TestConsumer.frame(0x80, [0]),
        ]
      ),
    ]
    + [0xC1, 0xA1, 0x91].map { (1002, "a reserved bit", [TestConsumer.frame($0, [])]) }
    + [0x83, 0x87, 0x8B, 0x8F].map { (1002, "reserved opcode", [TestConsumer.frame($0, [])]) }
    + [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000].map { (code: UInt16) in
      (
        1002, "a close frame with the code \(code)",
        [TestConsumer.frame(0x88, [UInt8(code >> 8), UInt8(code & 0xFF)])]
      )
    }

  @Test("a frame that RFC 6455 forbids ends the connection, and the journal says why")
  func forbidden() async throws {
    let feed = try await open()
    for (code, sent, frames) in Self.forbidden {
      let consumer = try await feed.connect("/?history=yes&name=loader")
      _ = try await consumer.history()
      // The last one is too late to count.
      await consumer.send(frames.joined() + TestConsumer.frame(0x89, [9]))
      guard case .close(let found, let reason) = try await consumer.nextBesidesPings() else {
        Issue.record("no close after \(sent)")
        continue
      }
      #expect(found == code && reason.contains(sent), "\(found) \(reason)")
      let notes = await feed.sink.takeNotes()
      #expect(notes.count == 1 && notes[0].hasPrefix("loader (127.0.0.1:"), "\(notes)")
      #expect(
        notes.first?.hasSuffix("with the close code \(code): it sent \(reason).") ?? false,
        "\(notes)")
      #expect(await feed.sink.facts()["last violation"] == notes.first)
    }
    await feed.sink.close()
  }

  @Test("fragments, with pings among them and a character across them, are a message")
  func fragments() async throws {
    let feed = try await open()
    let consumer = try await feed.connect()
    _ = try await consumer.history()
    await consumer.send(
      TestConsumer.frame(0x01, [0xC3]) + TestConsumer.frame(0x89, [1])
        + TestConsumer.frame(0x00, []) + TestConsumer.frame(0x80, [0xA9])
        + TestConsumer.frame(0x82, [0xFF]) + TestConsumer.frame(0x89, [2]))
    var pong = try await consumer.nextBesidesPings()
    if pong == .pong([1]) { pong = try await consumer.nextBesidesPings() }
    #expect(pong == .pong([2]))
    #expect(await feed.sink.takeNotes().isEmpty)
    await feed.sink.close()
  }

  @Test(
    "a close with an allowed code, or with none, is answered with the same",
    arguments: [nil, 1000, 1003, 1007, 1014, 3000, 4999])
  func allowedCloses(code: UInt16?) async throws {
    let feed = try await open()
    let consumer = try await feed.connect()
    _ = try await consumer.history()
    await consumer.send(opcode: 8, code.map { [UInt8($0 >> 8), UInt8($0 & 0xFF)] } ?? [])
    #expect(try await consumer.nextBesidesPings() == .close(code ?? 0, ""))
    #expect(await feed.sink.takeNotes().isEmpty)
    await feed.sink.close()
  }

  private static let packedForbidden: [(code: UInt16, sent: String, bytes: [[UInt8]])] = [
    // Only the first frame of a message has the bit, and no control frame.
    (1002, "a reserved bit", [TestConsumer.frame(0x41, [0x4A]), TestConsumer.frame(0xC0, [0])]),
    (1002, "a reserved bit", [TestConsumer.frame(0xC9, [])]),
    (1002, "a reserved bit", [TestConsumer.frame(0xA1, [])]),
    (1007, "a compressed message that is damaged", [TestConsumer.frame(0xC1, [0xFF, 0xFF])]),
    // One literal, ED: no UTF-8.
    (
      1007, "a text that is not UTF-8",
      [TestConsumer.frame(0xC1, MessageFramesTests.packed([0xED, 0xA0, 0x80]))]
    ),
    (
      1009, "a compressed message of more than",
      [
        TestConsumer.frame(
          0xC2, MessageFramesTests.packed([UInt8](repeating: 0, count: (16 << 10) + 1)))
      ]
    ),
  ]

  @Test("compressed messages are read where they are agreed on, and have the same bounds")
  func packed() async throws {
    let source = MemorySource(SampleEvents.make(3, tags: ["PeerConnected"]))
    let feed = try await Feed.open(source) { $0.compresses = true }
    func connect() async throws -> TestConsumer {
      try await TestConsumer(
        port: feed.port, path: "/?name=loader",
        headers: ["Sec-WebSocket-Extensions: permessage-deflate"])
    }
    let consumer = try await connect()
    let text = MessageFramesTests.packed([UInt8](repeating: 0x61, count: 16 << 10))
    await consumer.send(
      TestConsumer.frame(0x41, Array(text.prefix(3))) + TestConsumer.frame(0x89, [1])
        + TestConsumer.frame(0x80, Array(text.dropFirst(3))) + TestConsumer.frame(0x81, [0x61])
        + TestConsumer.frame(0x89, [2]))
    var frame = try await consumer.nextRaw()
    while frame.first != 0x8A || frame.last != 2 { frame = try await consumer.nextRaw() }
    #expect(await feed.sink.takeNotes().isEmpty)
    for (code, sent, frames) in Self.packedForbidden {
      let consumer = try await connect()
      await consumer.send(frames.joined() + [])
      var frame = try await consumer.nextRaw()
      while frame.first != 0x88 { frame = try await consumer.nextRaw() }
      #expect(frame.dropFirst(2).prefix(2).elementsEqual([UInt8(code >> 8), UInt8(code & 0xFF)]))
      let notes = await feed.sink.takeNotes()
      #expect(notes.count == 1 && notes[0].contains(sent), "\(notes)")
    }
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
