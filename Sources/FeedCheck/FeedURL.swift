package import FeedSink
internal import Foundation

/// The address of a WebSocket that is checked: `ws://HOST:PORT/?PARAMETERS`, or
/// `ws://unix:/PATH?PARAMETERS` for a Unix domain socket.
package struct FeedURL: Sendable, Hashable {
  package var address: FeedAddress
  /// What a client asks for: the path and the parameters.
  package var request: String
  /// For people: a token is not in it.
  package var title: String

  /// What to write in place of an address that is none.
  package struct Mistake: Error, Sendable, Hashable {
    package var sentence: String
    init(_ sentence: String) { self.sentence = sentence }
  }

  /// The parameters of `text` count as they are. What Oura and Kupo ask for is added, unless it begins
  /// elsewhere: `history=yes`; and, for a feed of this program, a name and that the check only
  /// observes, which a node ignores.
  package init(_ text: String) throws(Mistake) {
    let expected = "expected an address like ws://127.0.0.1:4100"
    guard !text.lowercased().hasPrefix("wss://") else {
      throw Mistake("wss:// is not supported: check the address behind the proxy, with ws://")
    }
    let path: String
    let parameters: Substring
    if let file = Self.file(text) {
      guard let address = FeedAddress("unix:\(file.path)") else {
        throw Mistake(
          "expected ws://unix: and the absolute path of a socket, of at most "
            + "\(FeedAddress.pathBytesMax) bytes")
      }
      (self.address, path, parameters) = (address, "/", file.parameters)
    } else {
      guard let parts = URLComponents(string: text), parts.scheme?.lowercased() == "ws",
        let host = parts.host, !host.isEmpty
      else { throw Mistake(expected) }
      guard parts.user == nil, parts.password == nil, parts.fragment == nil else {
        throw Mistake("\(expected), without a user, a password or a fragment")
      }
      let port = parts.port ?? 80
      guard (1...65535).contains(port) else {
        throw Mistake("\(expected), with a port up to 65535")
      }
      address = FeedAddress(
        host: host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host, port: port)
      path = parts.percentEncodedPath.isEmpty ? "/" : parts.percentEncodedPath
      parameters = (parts.percentEncodedQuery ?? "")[...]
    }
    var query = parameters.split(separator: "&").map(String.init)
    let keys = Set(query.map { $0.prefix { $0 != "=" } })
    if keys.isDisjoint(with: ["history", "from", "since"]) { query.append("history=yes") }
    if !keys.contains("observe") { query.append("observe=yes") }
    if !keys.contains("name") { query.append("name=feed-check") }
    request = "\(path)?\(query.joined(separator: "&"))"
    let shown = query.map { $0.hasPrefix("token=") ? "token=…" : $0 }
    let place = if case .file = address { "\(address)" } else { "\(address)\(path)" }
    title = "\(place)?\(shown.joined(separator: "&"))"
  }

  /// The path of a socket's file, and what follows its question mark.
  private static func file(_ text: String) -> (path: Substring, parameters: Substring)? {
    let prefix = "ws://unix:"
    // A host may have this name, too.
    guard text.lowercased().hasPrefix(prefix),
      text.dropFirst(prefix.count).first?.isNumber != true
    else { return nil }
    let rest = text.dropFirst(prefix.count)
    let path = rest.prefix { $0 != "?" }
    return (path, rest.dropFirst(path.count + 1))
  }

  /// As a request names it.
  var authority: String {
    switch address {
    case .port(let host, let port): "\(FeedAddress.bracketed(host)):\(port)"
    case .file: "localhost"
    }
  }
}
