internal import NIOHTTP1

/// Decides from a request's head whether it becomes a stream.
struct Handshake: Sendable {
  /// The answer to a request that does not.
  struct Answer: Error, Equatable {
    var status: HTTPResponseStatus
    var sentence: String
    var headers: [(String, String)] = []

    static func == (left: Answer, right: Answer) -> Bool {
      left.status == right.status && left.sentence == right.sentence
    }
  }

  /// Where the feed listens, for a request that does not say how it got here.
  var address: FeedAddress
  /// Origins of web pages whose scripts may open a stream, as browsers send them:
  /// `https://scrolls.example`.
  var allowedOrigins: [String] = []
  /// What a consumer must show; nil: nothing.
  var token: FeedToken?
  /// Whether a consumer that offers permessage-deflate gets compressed messages.
  var compresses = false
  var consumersMax: Int

  /// The path that answers whether the feed serves, without a token.
  static let healthPath = "/healthz"
  private static let methods: [HTTPMethod] = [.GET, .HEAD]

  /// - Parameter consumerCount: how many are connected already.
  func judge(_ head: HTTPRequestHead, consumerCount: Int) throws(Answer) -> StreamRequest {
    guard Self.methods.contains(head.method) else {
      throw Answer(
        status: .methodNotAllowed,
        sentence: "expected GET: with an upgrade to a WebSocket, or of \(Self.healthPath)",
        headers: [("Allow", Self.methods.map(\.rawValue).joined(separator: ", "))])
    }
    if head.uri.prefix(while: { $0 != "?" }) == Self.healthPath {
      throw Answer(status: .ok, sentence: "ok: this feed is served by hydra-sinks")
    }
    // A page of any site can make its visitor's browser open a socket to this machine; only the
    // browser says which page asks. Other clients send no Origin.
    for origin in head.headers["origin"] where !isAllowed(origin) {
      throw Answer(
        status: .forbidden,
        sentence:
          "the origin \(origin.prefix(200)) is not allowed; allow-origin lists those that are")
    }
    try checkToken(head)
    let request: StreamRequest
    do throws(StreamRequest.Mistake) {
      request = try StreamRequest(uri: head.uri)
    } catch {
      let isElsewhere = !head.uri.hasPrefix("/?") && head.uri != "/"
      throw Answer(status: isElsewhere ? .notFound : .badRequest, sentence: error.sentence)
    }
    try checkUpgrade(head)
    guard consumerCount < consumersMax else {
      throw Answer(
        status: .serviceUnavailable,
        sentence: "\(consumerCount) consumers are connected, and no more are served")
    }
    return request
  }

  /// The headers of the answer to a request that becomes a stream. They never have
  /// `Sec-WebSocket-Protocol`: a subprotocol that a consumer offers is passed over.
  func accepting(_ head: HTTPRequestHead) -> HTTPHeaders {
    HTTPHeaders(deflate(for: head).map { [("Sec-WebSocket-Extensions", $0.header)] } ?? [])
  }

  /// What is agreed on about compressed messages, of all extensions the only one that is not passed
  /// over.
  func deflate(for head: HTTPRequestHead) -> DeflateAgreement? {
    compresses ? DeflateAgreement.first(in: head.headers) : nil
  }

  private func checkUpgrade(_ head: HTTPRequestHead) throws(Answer) {
    guard head.method == .GET,
      head.headers[canonicalForm: "upgrade"].contains(where: { $0.lowercased() == "websocket" })
    else {
      throw Answer(
        status: .upgradeRequired,
        sentence: "this is a feed of a hydra-node's events for programs, a WebSocket of "
          + "hydra-sinks. Consumers connect to \(target(of: head))",
        headers: [("Upgrade", "websocket"), ("Connection", "Upgrade, close")])
    }
    guard head.headers["sec-websocket-version"] == ["13"] else {
      throw Answer(
        status: .upgradeRequired, sentence: "expected version 13 of the WebSocket protocol",
        headers: [
          ("Upgrade", "websocket"), ("Connection", "Upgrade, close"),
          ("Sec-WebSocket-Version", "13"),
        ])
    }
    guard head.headers["sec-websocket-key"].count == 1 else {
      throw Answer(status: .badRequest, sentence: "expected one Sec-WebSocket-Key")
    }
  }

  /// Where a consumer connects: the host that this request names, else the feed's own address.
  private func target(of head: HTTPRequestHead) -> String {
    let parameters = "?history=yes[&from=SEQ][&name=NAME]"
    if case .file(let path) = address {
      return "/\(parameters) over the Unix domain socket \(path)"
    }
    let hosts = head.headers["host"]
    guard hosts.count == 1, (1...255).contains(hosts[0].utf8.count),
      hosts[0].wholeMatch(of: /[A-Za-z0-9.\-]+(:[0-9]+)?|\[[0-9A-Fa-f:.]+\](:[0-9]+)?/) != nil
    else { return "\(address)/\(parameters)" }
    return "ws://\(hosts[0])/\(parameters)"
  }

  private func checkToken(_ head: HTTPRequestHead) throws(Answer) {
    let ways = "Authorization: Bearer TOKEN, or ?token=TOKEN"
    func unauthorized(_ sentence: String, _ challenge: String) -> Answer {
      Answer(
        status: .unauthorized, sentence: sentence,
        headers: [("WWW-Authenticate", "Bearer realm=\"hydra-sinks\"\(challenge)")])
    }
    switch token?.judge(head) {
    case .accepted?, nil: return
    case .absent?: throw unauthorized("this feed of hydra-sinks needs a token: \(ways)", "")
    case .wrong?:
      throw unauthorized(
        "that is not the token of this feed: \(ways)", ", error=\"invalid_token\"")
    case .unknown?:
      throw Answer(
        status: .serviceUnavailable,
        sentence: "the feed's token cannot be read, so nobody is let in; check tells why")
    }
  }

  private func isAllowed(_ origin: String) -> Bool {
    allowedOrigins.contains { $0.lowercased() == origin.lowercased() }
  }
}
