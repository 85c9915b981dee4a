internal import NIOHTTP1

/// Decides from a request's head whether it becomes a stream.
struct Handshake: Sendable {
  /// The answer to a request that does not.
  struct Refusal: Error, Equatable {
    var status: HTTPResponseStatus
    var sentence: String
    var headers: [(String, String)] = []

    static func == (left: Refusal, right: Refusal) -> Bool {
      left.status == right.status && left.sentence == right.sentence
    }
  }

  /// Origins of web pages whose scripts may open a stream, as browsers send them:
  /// `https://scrolls.example`.
  var allowedOrigins: [String]
  var consumersMax: Int

  /// - Parameter consumerCount: how many are connected already.
  func judge(_ head: HTTPRequestHead, consumerCount: Int) throws(Refusal) -> StreamRequest {
    let request: StreamRequest
    do throws(StreamRequest.Mistake) {
      request = try StreamRequest(uri: head.uri)
    } catch {
      let isElsewhere = !head.uri.hasPrefix("/?") && head.uri != "/"
      throw Refusal(status: isElsewhere ? .notFound : .badRequest, sentence: error.sentence)
    }
    guard head.method == .GET else {
      throw Refusal(
        status: .methodNotAllowed, sentence: "expected GET with an upgrade to a WebSocket",
        headers: [("Allow", "GET")])
    }
    // A page of any site can make its visitor's browser open a socket to this machine; only the
    // browser says which page asks. Other clients send no Origin.
    for origin in head.headers["origin"] where !isAllowed(origin) {
      throw Refusal(
        status: .forbidden,
        sentence:
          "the origin \(origin.prefix(200)) is not allowed; allow-origin lists those that are")
    }
    guard head.headers[canonicalForm: "upgrade"].contains(where: { $0.lowercased() == "websocket" })
    else {
      throw Refusal(
        status: .upgradeRequired,
        sentence: "this is a WebSocket: ws://HOST:PORT/?history=yes[&from=SEQ][&name=NAME]",
        headers: [("Upgrade", "websocket"), ("Connection", "Upgrade")])
    }
    guard head.headers["sec-websocket-version"] == ["13"] else {
      throw Refusal(
        status: .upgradeRequired, sentence: "expected version 13 of the WebSocket protocol",
        headers: [
          ("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13"),
        ])
    }
    guard head.headers["sec-websocket-key"].count == 1 else {
      throw Refusal(status: .badRequest, sentence: "expected one Sec-WebSocket-Key")
    }
    guard consumerCount < consumersMax else {
      throw Refusal(
        status: .serviceUnavailable,
        sentence: "\(consumerCount) consumers are connected, and no more are served")
    }
    return request
  }

  private func isAllowed(_ origin: String) -> Bool {
    allowedOrigins.contains { $0.lowercased() == origin.lowercased() }
  }
}
