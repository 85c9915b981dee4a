/// What is asked of a server.
struct HTTPRequest: Sendable {
  var method: String
  var address: String
  var headers: [(name: String, value: String)] = []
  /// Nil: the request has none, and says no length.
  var body: Payload?
  /// How much of the answer's body is kept; a longer one is an error.
  var bytesMax: Int
  /// How long the server may be silent; nil: as long as the session allows.
  var silenceMax: Duration?
  /// Whether it goes to the server itself, whatever proxy the environment names.
  var isDirect = false
  /// When the last byte of the body may go; nil: at once.
  var turn: HTTPTurn?
}

struct HTTPAnswer: Sendable {
  var status = 0
  /// Names in lower case; the values of equal names are joined by a comma (RFC 9110).
  var headers: [String: String] = [:]
  var body: [UInt8] = []
}

/// Why there is no answer.
struct HTTPFailure: Error, Sendable, Hashable {
  enum Kind: Sendable, Hashable {
    case cancelled, timedOut, refused, unknownHost, connectionLost, untrusted, tooLarge, notHTTP
    case badAddress, other
  }

  var kind: Kind
  /// What libcurl says of it.
  var said = ""

  init(_ kind: Kind, _ said: String = "") {
    self.kind = kind
    self.said = said
  }
}
