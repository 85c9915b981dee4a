import Testing

@testable import FeedSink

@Suite("The address of a feed")
struct FeedAddressTests {
  @Test("an IPv6 address is in brackets")
  func brackets() {
    #expect(FeedAddress(port: 4100).description == "ws://127.0.0.1:4100")
    #expect(FeedAddress(host: "::1", port: 4100).description == "ws://[::1]:4100")
  }

  @Test("a host and a port are read, and nothing else")
  func read() {
    #expect(FeedAddress("127.0.0.1:4100") == FeedAddress(port: 4100))
    #expect(FeedAddress("[::1]:80") == FeedAddress(host: "::1", port: 80))
    #expect(FeedAddress("feed.local:65535") == FeedAddress(host: "feed.local", port: 65_535))
    for text in ["4100", ":4100", "::1:80", "[x]:80", "a:0", "a:65536", "a:+1", "a:", "a b:1"] {
      #expect(FeedAddress(text) == nil, "\(text)")
    }
  }

  @Test("only loopback addresses are this machine's alone")
  func loopback() {
    for host in ["127.0.0.1", "127.1.2.3", "::1", "localhost"] {
      #expect(FeedAddress(host: host, port: 1).isLoopback)
    }
    for host in ["0.0.0.0", "::", "10.0.0.1", "127.evil.example", "127.0.0.1.nip.io"] {
      #expect(!FeedAddress(host: host, port: 1).isLoopback)
    }
  }
}
