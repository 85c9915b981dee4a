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

  @Test("a Unix domain socket is an absolute path that the kernel takes")
  func file() {
    let address = FeedAddress("unix:/run/hydra-sinks/feed.sock")
    #expect(address == .file("/run/hydra-sinks/feed.sock"))
    #expect(address?.description == "ws://unix:/run/hydra-sinks/feed.sock")
    #expect(address?.isLoopback == true)
    #expect(FeedAddress("unix:80") == FeedAddress(host: "unix", port: 80))
    let longest = "/" + String(repeating: "x", count: 106)
    #expect(FeedAddress("unix:\(longest)") == .file(longest))
    for text in ["unix:\(longest)x", "unix:feed.sock", "unix:", "unix:/", "unix:/a/", "unix:/a\n"] {
      #expect(FeedAddress(text) == nil, "\(text)")
    }
  }

  @Test("one listener at most has an address")
  func meets() {
    let port = FeedAddress(port: 4100)
    #expect(port.meets(port) && port.meets(FeedAddress(host: "::", port: 4100)))
    #expect(!port.meets(FeedAddress(port: 4101)))
    #expect(!port.meets(FeedAddress(host: "::1", port: 4100)))
    #expect(FeedAddress.file("/a").meets(.file("/a")))
    #expect(!FeedAddress.file("/a").meets(.file("/b")) && !port.meets(.file("/a")))
  }

  @Test("only loopback addresses are this machine's alone")
  func loopback() {
    for host in [
      "127.0.0.1", "127.1.2.3", "::1", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1", "localhost",
    ] {
      #expect(FeedAddress(host: host, port: 1).isLoopback)
    }
    for host in [
      "0.0.0.0", "::", "10.0.0.1", "127.evil.example", "127.0.0.1.nip.io", "::2", "fe80::1",
      "::ffff:10.0.0.1", "::127.0.0.1",
    ] {
      #expect(!FeedAddress(host: host, port: 1).isLoopback)
    }
  }
}
