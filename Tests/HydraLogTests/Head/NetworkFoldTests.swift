import Testing

@testable import HydraLog

@Suite("the connected peers from the log")
struct NetworkFoldTests {
  /// `+` and `-`: the network is connected or not; `+a`, `-a`: the peer a is.
  private func peers(_ story: String, isWholeLog: Bool = false) -> Int? {
    var fold = NetworkFold(isWholeLog: isWholeLog)
    for word in story.split(separator: " ") {
      let isConnected = word.hasPrefix("+")
      let peer = word.dropFirst()
      let tag = (peer.isEmpty ? "Network" : "Peer") + (isConnected ? "Connected" : "Disconnected")
      let json =
        "{\"stateChanged\":{\"peer\":{\"hostname\":\"\(peer)\",\"port\":5001},\"tag\":\"\(tag)\"}}"
      Array(json.utf8).withUnsafeBytes { fold.take(tag, $0) }
    }
    return fold.peersConnected
  }

  @Test(
    "a peer counts from its connection to its disconnection",
    arguments: [
      ("- +", 0), ("- + +a", 1), ("- + +a +b", 2), ("- + +a +b -a", 1), ("- + +a +a", 1),
      ("- + +a -b", 1), ("- + +a -", 0), ("-", 0),
      // The node began anew: its peers connect again.
      ("- + +a +b + +a", 1), ("+ +a", 1), ("+ +a +b", 2), ("-a + +a", 1),
      // It goes on with the peers that it had.
      ("- + +a +b + -a", 1),
    ])
  func known(story: String, count: Int) { #expect(peers(story) == count) }

  @Test(
    "what the events leave open is unknown",
    arguments: ["", "+a", "-a", "+a +b -a", "+", "- + +a +", "- + +a + +b"])
  func unknown(story: String) { #expect(peers(story) == nil) }

  @Test("no peer is connected before the node's first event")
  func wholeLog() {
    #expect(peers("+", isWholeLog: true) == 0)
    #expect(peers("+ +a", isWholeLog: true) == 1)
    #expect(peers("", isWholeLog: true) == nil, "an old release reports nothing")
  }

  @Test("more peers than are kept apart are not counted")
  func many() {
    let story = "- " + (0..<1200).map { "+p\($0)" }.joined(separator: " ")
    #expect(peers(story) == nil)
  }
}
