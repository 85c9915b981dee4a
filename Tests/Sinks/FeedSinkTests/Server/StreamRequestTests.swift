import Testing

@testable import FeedSink

@Suite("What a consumer asks for") struct StreamRequestTests {
  @Test("history, a beginning and a name are read; a node's other parameters are ignored")
  func parts() throws {
    let request = try StreamRequest(
      uri: "/?history=yes&from=4611686018427387904&name=my%20scrolls+2&snapshot-utxo=no&address=x")
    #expect(request.wantsHistory)
    #expect(request.from == 1 << 62)
    #expect(request.name == "my scrolls 2")
    let plain = try StreamRequest(uri: "/")
    #expect(!plain.wantsHistory && plain.from == nil && plain.name == nil)
    #expect(try !StreamRequest(uri: "/?history=no").wantsHistory)
    #expect(try StreamRequest(uri: "?history=yes").wantsHistory)
  }

  @Test(
    "an invalid request is refused with what was expected",
    arguments: [
      "/head", "/?from=", "/?from=-1", "/?from=4611686018427387905", "/?name=%zz", "/?name=a%0ab",
      "/?name=\(String(repeating: "x", count: 65))", "/?name=%ff",
    ])
  func refused(_ uri: String) {
    #expect(throws: StreamRequest.Mistake.self) { try StreamRequest(uri: uri) }
  }
}
