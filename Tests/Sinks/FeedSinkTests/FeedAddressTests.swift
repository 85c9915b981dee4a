import FeedSink
import Testing

@Suite("The address of a feed")
struct FeedAddressTests {
  @Test("An address of IPv6 stands in brackets")
  func brackets() {
    #expect(FeedAddress(port: 4100).description == "ws://127.0.0.1:4100")
    #expect(FeedAddress(host: "::1", port: 4100).description == "ws://[::1]:4100")
  }
}
