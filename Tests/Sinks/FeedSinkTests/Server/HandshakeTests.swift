import NIOHTTP1
import Testing

@testable import FeedSink

@Suite("The handshake") struct HandshakeTests {
  private let handshake = Handshake(
    allowedOrigins: ["https://scrolls.example"], consumersMax: 2)

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

  private func status(_ head: HTTPRequestHead, count: Int = 0) -> HTTPResponseStatus {
    do throws(Handshake.Refusal) {
      _ = try handshake.judge(head, consumerCount: count)
      return .switchingProtocols
    } catch {
      return error.status
    }
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
}
