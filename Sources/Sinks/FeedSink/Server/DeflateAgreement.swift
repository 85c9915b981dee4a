internal import Compression
internal import NIOHTTP1

/// What the feed and a consumer agree on about compressed messages: the extension
/// permessage-deflate (RFC 7692).
///
/// The feed always asks the consumer for `client_no_context_takeover`, so that it keeps no state for
/// what it receives.
struct DeflateAgreement: Sendable, Hashable {
  /// The window of the feed's messages, as a power of 2.
  var windowBits = MessageDeflater.windowBits.upperBound
  /// Whether the consumer asked for a window of at most that size.
  var namesWindow = false
  /// Whether a message of the feed may refer to those before it.
  var keepsContext = true

  /// The value of `Sec-WebSocket-Extensions` in the answer.
  var header: String {
    var words = ["permessage-deflate"]
    if !keepsContext { words.append("server_no_context_takeover") }
    words.append("client_no_context_takeover")
    if namesWindow { words.append("server_max_window_bits=\(windowBits)") }
    return words.joined(separator: "; ")
  }

  /// The first offer in a request that the feed can accept; nil if there is none.
  static func first(in headers: HTTPHeaders) -> DeflateAgreement? {
    headers["sec-websocket-extensions"].lazy.flatMap { ExtensionOffer.list($0) ?? [] }
      .compactMap(DeflateAgreement.init).first
  }

  /// Nil if `offer` is of another extension, or has a parameter that is unknown, repeated or invalid
  /// (section 7.1): such an offer is declined.
  init?(_ offer: ExtensionOffer) {
    guard offer.name == "permessage-deflate",
      Set(offer.parameters.map(\.name)).count == offer.parameters.count
    else { return nil }
    for parameter in offer.parameters {
      switch (parameter.name, parameter.value) {
      case ("server_no_context_takeover", nil): keepsContext = false
      case ("client_no_context_takeover", nil): break
      case ("client_max_window_bits", nil): break
      case ("client_max_window_bits", let value?):
        guard Self.bits(value) != nil else { return nil }
      case ("server_max_window_bits", let value?):
        // zlib has no window of 256 bytes.
        guard let bits = Self.bits(value), MessageDeflater.windowBits.contains(bits) else {
          return nil
        }
        windowBits = bits
        namesWindow = true
      default: return nil
      }
    }
  }

  /// A number from 8 through 15 without a leading zero.
  private static func bits(_ text: String) -> Int? { (8...15).first { "\($0)" == text } }
}

/// An extension of the WebSocket protocol that a consumer offers (RFC 6455, section 9.1).
struct ExtensionOffer: Equatable {
  struct Parameter: Equatable {
    var name: String
    var value: String?
  }

  var name: String
  var parameters: [Parameter] = []

  /// The offers in a header's value; nil if it does not follow the grammar.
  static func list(_ text: String) -> [ExtensionOffer]? {
    var reader = Reader(text)
    var offers: [ExtensionOffer] = []
    repeat {
      guard let name = reader.token() else { return nil }
      var offer = ExtensionOffer(name: name)
      while reader.take(";") {
        guard let name = reader.token() else { return nil }
        var parameter = Parameter(name: name)
        if reader.take("=") {
          guard let value = reader.quoted() ?? reader.token() else { return nil }
          parameter.value = value
        }
        offer.parameters.append(parameter)
      }
      offers.append(offer)
    } while reader.take(",")
    return reader.isAtEnd ? offers : nil
  }

  /// Reads the tokens and quoted strings of HTTP (RFC 9110, section 5.6).
  private struct Reader {
    private var rest: Substring.UTF8View

    init(_ text: String) { rest = text[...].utf8 }

    var isAtEnd: Bool { rest.isEmpty }

    private mutating func skipSpaces() { rest = rest.drop { $0 == 0x20 || $0 == 0x09 } }

    mutating func take(_ sign: Unicode.Scalar) -> Bool {
      skipSpaces()
      guard rest.first == UInt8(ascii: sign) else { return false }
      rest.removeFirst()
      return true
    }

    mutating func token() -> String? {
      skipSpaces()
      let token = rest.prefix { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF)
          || "!#$%&'*+-.^_`|~".utf8.contains(byte)
      }
      rest = rest.dropFirst(token.count)
      skipSpaces()
      return token.isEmpty ? nil : String(Substring(token))
    }

    /// A quoted string, whose content must be a token.
    mutating func quoted() -> String? {
      let start = rest
      guard take("\""), let token = token(), take("\"") else {
        rest = start
        return nil
      }
      return token
    }
  }
}
