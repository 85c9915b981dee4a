import EventPersistence
import EventPersistenceTesting
import Foundation
import Testing

@testable import FeedSink

@Suite(
  "A feed with the client library websockets", .timeLimit(.minutes(5)),
  .enabled(if: PythonClient.isInstalled, "Tests/run installs websockets into .build/websockets"))
struct RealClientTests {
  private let events = SampleEvents.make(40, tags: ["PeerConnected"])

  /// An event whose message has about `bytes`, of a text that repeats beyond a deflater's window.
  private static func large(_ bytes: Int, id: Int = 3) -> StateEvent {
    var random = SeededRandom(7)
    let block = Data((0..<48 << 10).map { _ in UInt8.random(in: 0...255, using: &random) })
      .base64EncodedString()
    let text = String(repeating: block, count: bytes / block.utf8.count)
    return SampleLog.event(
      SampleLog.event(id, #"{"tag":"PeerConnected","peer":"\#(text)"}"#))
  }

  @Test("it reads the history, pings, sends, offers subprotocols, and closes with its code")
  func plain() async throws {
    let feed = try await Feed.open(MemorySource(events))
    var client = PythonClient(feed)
    client.subprotocols = ["graphql-ws", "x"]
    client.deflate = [:]
    client.send = ["{}", "ü"]
    client.pings = 3
    client.code = 4000
    let report = try await client.run()
    #expect(report.count == 41 && report.frames == 41)
    #expect(report.pongs == 3)
    #expect(report.code == 4000)
    // What was offered is passed over.
    #expect(report.extensions == nil && report.subprotocol == nil)
    #expect(await feed.sink.takeNotes().isEmpty)
    await feed.sink.close()
  }

  @Test("a message above 1 MiB comes in fragments, and is whole")
  func fragments() async throws {
    let sizes = [900 << 10, 5 << 20]
    let feed = try await Feed.open(
      MemorySource(sizes.enumerated().map { Self.large($0.element, id: $0.offset) }))
    let report = try await PythonClient(feed).run()
    #expect(report.count == 3)
    #expect(report.frames == 1 + 6 + 1)
    #expect(report.largestFrame == 1 << 20)
    // Of blocks of 64 KiB.
    #expect(try #require(report.bytes) > sizes.reduce(0) { $0 + $1 / 65536 * 65536 })
    await feed.sink.close()
  }

  @Test("one that refuses a message for its size is named with that reason and the size")
  func tooLarge() async throws {
    let feed = try await Feed.open(MemorySource([events[0], Self.large(3 << 20)]))
    var client = PythonClient(feed, "/?history=yes&name=kupo")
    client.maxSize = 1 << 20
    for _ in 0..<2 {
      let report = try await client.run()
      #expect(report.count == 1 && report.sentCode == 1009)
      try await feed.put(
        EventBatch([events[0]]), until: "kupo refused a message of 3.0 MiB for its size",
        "kupo refused a message of 3.0 MiB for its size, 2 times")
    }
    let notes = await feed.sink.takeNotes()
    #expect(notes.count == 1, "\(notes)")
    let sentence = "refused a message of 3.0 MiB for its size (close code 1009)"
    #expect(notes[0].hasPrefix("kupo (127.0.0.1:") && notes[0].contains(sentence))
    let fact = try #require(await feed.sink.facts()["refused messages"])
    #expect(fact.hasSuffix("refused a message of 3.0 MiB for its size, 2 times"), "\(fact)")
    let again = try await feed.connect("/?name=kupo")
    var seen: ConsumerReport?
    while seen == nil { seen = await feed.sink.consumers()?.first }
    let consumer = try #require(seen)
    #expect(consumer.note?.contains("before, it refused a message of 3.0 MiB") == true)
    await again.hangUp()
    // It takes the message at last.
    client.maxSize = nil
    client.pings = 1
    #expect(try await client.run().count == 3)
    #expect(await feed.sink.facts()["refused messages"] == nil)
    await feed.sink.close()
  }

  @Test(
    "compressed messages are what they are uncompressed, with each parameter",
    arguments: [
      [:], ["server_no_context_takeover": 1],
      ["client_no_context_takeover": 1, "client_max_window_bits": 9],
      ["server_no_context_takeover": 1, "server_max_window_bits": 9],
      ["server_max_window_bits": 15],
    ])
  func deflate(_ offer: [String: Int]) async throws {
    let source = MemorySource(events + [Self.large(3 << 20, id: 100)])
    let plain = try await Feed.open(source)
    let packed = try await Feed.open(source) { $0.compresses = true }
    let expected = try await PythonClient(plain).run()
    var client = PythonClient(packed)
    client.deflate = offer
    client.send = [String(repeating: "text", count: 1000)]
    client.pings = 1
    let report = try await client.run()
    #expect(report.extensions?.contains("client_no_context_takeover") == true)
    #expect(report.count == expected.count && report.sha256 == expected.sha256)
    #expect(report.code == 1000)
    // Without an offer, nothing is compressed.
    client.deflate = nil
    #expect(try await client.run().extensions == nil)
    #expect(await packed.sink.takeNotes().isEmpty)
    await plain.sink.close()
    await packed.sink.close()
  }

  @Test("without its token nobody gets in; a new one in the file holds at once")
  func token() async throws {
    let folder = try TestFolder()
    let file = folder.path + "/token"
    let (first, second) = (String(repeating: "a", count: 32), String(repeating: "b", count: 32))
    try Data("\(first)\n".utf8).write(to: URL(fileURLWithPath: file))
    let feed = try await Feed.open(MemorySource(events)) { $0.token = FeedToken(path: file) }
    let refused = try await PythonClient(feed).run()
    #expect(refused.status == 401)
    #expect(refused.headers?["www-authenticate"] == #"Bearer realm="hydra-sinks""#)
    #expect(refused.body?.contains("needs a token") == true)
    var bearer = PythonClient(feed)
    bearer.headers = [["Authorization", "Bearer \(first)"]]
    #expect(try await bearer.run().count == 41)
    #expect(try await PythonClient(feed, "/?history=yes&token=\(first)").run().count == 41)
    try Data("\(second)\n".utf8).write(to: URL(fileURLWithPath: file))
    let old = try await bearer.run()
    #expect(old.status == 401)
    #expect(old.body?.contains(first) == false && old.body?.contains(second) == false)
    #expect(try await PythonClient(feed, "/?token=\(second)&history=yes").run().count == 41)
    #expect(await feed.sink.facts()["without the token"]?.hasPrefix("2, the last from") == true)
    await feed.sink.close()
  }

  @Test("over IPv6, and over a Unix domain socket")
  func otherAddresses() async throws {
    let ipv6 = try await Feed.open(
      MemorySource(events), at: FeedAddress(host: "::1", port: 0))
    #expect(
      try await PythonClient(uri: "ws://[::1]:\(ipv6.port)/?history=yes").run().count == 41)
    await ipv6.sink.close()
    let folder = try TestFolder()
    let path = folder.path + "/feed.sock"
    let unix = try await Feed.open(MemorySource(events), at: .file(path))
    var client = PythonClient(uri: "ws://localhost/?history=yes")
    client.unix = path
    #expect(try await client.run().count == 41)
    await unix.sink.close()
    #expect(!FileManager.default.fileExists(atPath: path))
  }
}
