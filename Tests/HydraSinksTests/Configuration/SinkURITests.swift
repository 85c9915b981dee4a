import FeedSink
import Testing

@testable import hydra_sinks

@Suite("--sink URI")
struct SinkURITests {
  @Test("a file URI is a file secondary, named by its kind or behind #")
  func file() throws {
    let plain = try SinkURI.parse("file:///srv/archive")
    #expect(plain.name == "file")
    #expect(plain.kind == .file(ConfiguredFile(path: "/srv/archive")))
    let named = try SinkURI.parse("file:///srv/my%20archive#cold")
    #expect(named.name == "cold")
    #expect(named.kind == .file(ConfiguredFile(path: "/srv/my archive")))
  }

  @Test("a command URI is a program and its arguments")
  func command() throws {
    let audit = try SinkURI.parse("command:audit-loader --db /srv/a.db#audit")
    #expect(audit.name == "audit")
    #expect(
      audit.kind == .command(ConfiguredCommand(["audit-loader", "--db", "/srv/a.db"])))
  }

  @Test("a ws URI is a feed that listens there")
  func feed() throws {
    let feed = try SinkURI.parse("ws://127.0.0.1:4100#scrolls")
    #expect(feed.name == "scrolls")
    #expect(feed.kind == .feed(ConfiguredFeed(address: FeedAddress(port: 4100))))
    #expect(try SinkURI.parse("ws://[::1]:4100/").name == "feed")
  }

  @Test(
    "what it cannot be is refused with what was expected",
    arguments: [
      "archive", "file:archive", "file://host/archive", "command:", "s3://b", "s3://bucket?x=1",
      "s3://bucket?endpoint=ftp://h", "ws://h", "ws://h:0", "ws:127.0.0.1:4100",
      "ws://127.0.0.1:4100/x",
      "ftp://x", "file:///x#No Name", "file:///x%zz",
    ])
  func refused(_ text: String) {
    let refusal = #expect(throws: Refusal.self) { try SinkURI.parse(text) }
    #expect(refusal?.status == .usage)
    #expect(refusal?.message.contains(text) == true)
    #expect(refusal?.message.contains("expected") == true)
  }
}
