import FeedCheck
import FeedSink
import Testing

@Suite struct FeedURLTests {
  @Test(
    "what the clients ask for is added to an address",
    arguments: [
      ("ws://127.0.0.1:4100", "127.0.0.1", 4100, "/?history=yes&observe=yes&name=feed-check"),
      ("ws://localhost/", "localhost", 80, "/?history=yes&observe=yes&name=feed-check"),
      ("WS://[::1]:4100", "::1", 4100, "/?history=yes&observe=yes&name=feed-check"),
      (
        "ws://node:4001/?history=yes&snapshot-utxo=no", "node", 4001,
        "/?history=yes&snapshot-utxo=no&observe=yes&name=feed-check"
      ),
      ("ws://n:1/?from=7&name=x", "n", 1, "/?from=7&name=x&observe=yes"),
    ])
  func addresses(text: String, host: String, port: Int, request: String) throws {
    let url = try FeedURL(text)
    #expect(url.address == .port(host: host, port) && url.request == request)
  }

  @Test("a socket's file is an address, and its parameters are no part of the path")
  func file() throws {
    let url = try FeedURL("ws://unix:/run/feed.sock?from=7&token=s3cret")
    #expect(url.address == .file("/run/feed.sock"))
    #expect(url.request == "/?from=7&token=s3cret&observe=yes&name=feed-check")
    #expect(
      url.title == "ws://unix:/run/feed.sock?from=7&token=…&observe=yes&name=feed-check")
  }

  @Test("a token is asked with, and not shown")
  func token() throws {
    let url = try FeedURL("ws://127.0.0.1:4100/?token=s3cret&history=yes")
    #expect(url.request.contains("token=s3cret"))
    #expect(!url.title.contains("s3cret") && url.title.contains("token=…"))
  }

  @Test(
    "anything else is refused",
    arguments: [
      "", "127.0.0.1:4100", "http://127.0.0.1:4100", "wss://127.0.0.1:4100", "ws://",
      "ws://user:secret@127.0.0.1:4100", "ws://127.0.0.1:0", "ws://127.0.0.1:99999",
      "ws://127.0.0.1:4100/#x", "ws://unix:", "ws://unix:/", "ws://unix:/run/\u{7}",
    ])
  func refused(text: String) {
    #expect(throws: FeedURL.Mistake.self) { try FeedURL(text) }
  }
}
