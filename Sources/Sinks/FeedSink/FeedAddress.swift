/// Where a feed listens: `ws://HOST:PORT`.
package struct FeedAddress: Sendable, Hashable, CustomStringConvertible {
  /// An address or a name of this machine; loopback unless configured otherwise.
  package var host = "127.0.0.1"
  package var port: Int
}

extension FeedAddress {
  /// The address that `HOST:PORT` names, with an IPv6 address in brackets; nil for anything else,
  /// and for port 0.
  package init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"),
      let port = UInt16(text[text.index(after: colon)...]), port > 0,
      text[text.index(after: colon)...].allSatisfy(\.isNumber)
    else { return nil }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
      guard host.contains(":") else { return nil }
    } else if host.contains(":") {
      return nil
    }
    // A user and a password in front of the host, or a path, are no part of an address.
    guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
      !host.contains(where: { "@/?#\\".contains($0) })
    else { return nil }
    self.init(host: String(host), port: Int(port))
  }

  package var description: String { "ws://\(host.contains(":") ? "[\(host)]" : host):\(port)" }

  /// Whether one listener at most can have both: an address of all interfaces meets each other one.
  package func meets(_ other: FeedAddress) -> Bool {
    let all = ["0.0.0.0", "::"]
    return port == other.port
      && (host == other.host || all.contains(host) || all.contains(other.host))
  }

  /// Whether only this machine can reach it.
  package var isLoopback: Bool {
    host == "localhost" || host == "::1"
      || (host.hasPrefix("127.") && host.split(separator: ".").count == 4
        && host.utf8.allSatisfy { $0 == 0x2E || (0x30...0x39).contains($0) })
  }
}
