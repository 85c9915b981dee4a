import NIOHTTP1
import Testing

@testable import FeedSink

@Suite("The handshake") struct HandshakeTests {
  private let handshake = Handshake(
    address: FeedAddress(port: 4100), allowedOrigins: ["https://scrolls.example"], consumersMax: 2)

  private func head(
    _ uri: String = "/?history=yes", method: HTTPMethod = .GET,
    changing changes: [String: String?] = [:]
  ) -> HTTPRequestHead {
    var headers: [String: String?] = [
      "Upgrade": "WebSocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    ]
    headers.merge(changes) { $1 }
    let pairs = headers.compactMap { key, value in value.map { (key, $0) } }
    return HTTPRequestHead(
      version: .http1_1, method: method, uri: uri, headers: HTTPHeaders(pairs))
  }

  private func answer(
    _ head: HTTPRequestHead, count: Int = 0, by handshake: Handshake? = nil
  ) -> Handshake.Answer {
    do throws(Handshake.Answer) {
      _ = try (handshake ?? self.handshake).judge(head, consumerCount: count)
      return Handshake.Answer(status: .switchingProtocols, sentence: "")
    } catch {
      return error
    }
  }

  private func status(_ head: HTTPRequestHead, count: Int = 0) -> HTTPResponseStatus {
    answer(head, count: count).status
  }

  @Test("a proper request becomes a stream")
  func proper() {
    #expect(status(head()) == .switchingProtocols)
    #expect(status(head(changing: ["Origin": "HTTPS://scrolls.example"])) == .switchingProtocols)
  }

  @Test("a page's origin that is not allowed is refused")
  func origin() {
    for origin in ["https://evil.example", "null", "http://127.0.0.1:4100", ""] {
      #expect(status(head(changing: ["Origin": origin])) == .forbidden)
    }
  }

  @Test("each mistake has its status")
  func mistakes() {
    #expect(status(head("/head")) == .notFound)
    #expect(status(head("/?from=x")) == .badRequest)
    #expect(status(head(method: .POST)) == .methodNotAllowed)
    #expect(status(head(changing: ["Upgrade": nil])) == .upgradeRequired)
    #expect(status(head(changing: ["Sec-WebSocket-Version": "8"])) == .upgradeRequired)
    #expect(status(head(changing: ["Sec-WebSocket-Key": nil])) == .badRequest)
    #expect(status(head(), count: 2) == .serviceUnavailable)
  }

  @Test("a plain request learns what this is, and where consumers connect")
  func plain() {
    for method in [HTTPMethod.GET, .HEAD] {
      let plain = answer(
        head("/", method: method, changing: ["Upgrade": nil, "Host": "feed.example:4100"]))
      #expect(plain.status == .upgradeRequired)
      #expect(plain.sentence.contains("ws://feed.example:4100/?history=yes"), "\(plain)")
    }
    for host in ["a b", "<script>", "user@host", String(repeating: "a", count: 256), nil] {
      let plain = answer(head("/?history=yes", changing: ["Upgrade": nil, "Host": host]))
      #expect(plain.sentence.contains("ws://127.0.0.1:4100/?history=yes"), "\(plain)")
    }
    let unix = answer(
      head("/", changing: ["Upgrade": nil]),
      by: Handshake(address: .file("/run/feed.sock"), consumersMax: 1))
    #expect(unix.sentence.contains("/?history=yes") && unix.sentence.contains("/run/feed.sock"))
    // An upgrade is asked for with GET alone.
    #expect(status(head(method: .HEAD)) == .upgradeRequired)
  }

  @Test("the health is answered to everyone, also when all consumers are there")
  func health() {
    let guarded = Handshake(
      address: FeedAddress(port: 1), token: FeedToken(path: "/nowhere"), consumersMax: 0)
    for method in [HTTPMethod.GET, .HEAD] {
      for uri in ["/healthz", "/healthz?probe=1"] {
        let health = answer(head(uri, method: method, changing: ["Upgrade": nil]), by: guarded)
        #expect(health.status == .ok && health.sentence.hasPrefix("ok"))
      }
    }
    #expect(answer(head("/healthz2"), by: guarded).status == .serviceUnavailable)
    let other = answer(head("/healthz", method: .POST), by: guarded)
    #expect(other.status == .methodNotAllowed)
    #expect(other.headers.first?.0 == "Allow" && other.headers.first?.1 == "GET, HEAD")
  }

  @Test("extensions and subprotocols are passed over, unless compression is configured")
  func extensions() {
    let offering = head(changing: [
      "Sec-WebSocket-Extensions": "x-other, permessage-deflate; server_max_window_bits=10",
      "Sec-WebSocket-Protocol": "chat",
    ])
    #expect(handshake.accepting(offering).isEmpty)
    var compressing = handshake
    compressing.compresses = true
    #expect(compressing.accepting(head()).isEmpty)
    let headers = compressing.accepting(offering)
    #expect(headers.count == 1)
    #expect(
      headers["sec-websocket-extensions"]
        == ["permessage-deflate; client_no_context_takeover; server_max_window_bits=10"])
  }
}
