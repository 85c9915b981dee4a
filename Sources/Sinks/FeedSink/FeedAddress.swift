internal import Foundation

/// Where a feed listens: `ws://HOST:PORT`, or `ws://unix:PATH` for a Unix domain socket.
package enum FeedAddress: Sendable, Hashable, CustomStringConvertible {
  /// An address or a name of this machine.
  case port(host: String, Int)
  /// The absolute path of a socket's file.
  case file(String)

  package init(host: String = "127.0.0.1", port: Int) { self = .port(host: host, port) }
}

extension FeedAddress {
  /// The kernel's bound of a socket's path.
  package static let pathBytesMax = 107

  private static let filePrefix = "unix:/"

  /// The address that `HOST:PORT` names, with an IPv6 address in brackets, or `unix:` and an
  /// absolute path; nil for anything else, and for port 0.
  package init?(_ text: String) {
    if text.hasPrefix(Self.filePrefix) {
      let path = text.dropFirst(Self.filePrefix.count - 1)
      guard path.utf8.count <= Self.pathBytesMax, !path.hasSuffix("/"),
        path.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
      else { return nil }
      self = .file(String(path))
      return
    }
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

  package var description: String {
    switch self {
    case .port(let host, let port): "ws://\(Self.bracketed(host)):\(port)"
    case .file(let path): "ws://unix:\(path)"
    }
  }

  /// A host as an address has it: an IPv6 address in brackets.
  package static func bracketed(_ host: String) -> String {
    host.contains(":") ? "[\(host)]" : host
  }

  /// Whether one listener at most can have both: an address of all interfaces meets each other one.
  package func meets(_ other: FeedAddress) -> Bool {
    switch (self, other) {
    case (.port(let host, let port), .port(let otherHost, let otherPort)):
      let all = ["0.0.0.0", "::"]
      return port == otherPort
        && (host == otherHost || all.contains(host) || all.contains(otherHost))
    case (.file, .file): return self == other
    case (.port, .file), (.file, .port): return false
    }
  }

  /// Whether only this machine can reach it.
  package var isLoopback: Bool {
    guard case .port(let host, _) = self else { return true }
    var ipv6 = in6_addr()
    if inet_pton(AF_INET6, host, &ipv6) == 1 {
      let bytes = withUnsafeBytes(of: ipv6) { Array($0) }
      let isMapped =
        bytes[..<10].allSatisfy { $0 == 0 } && bytes[10...12].elementsEqual([0xFF, 0xFF, 127])
      return isMapped || bytes.elementsEqual([UInt8](repeating: 0, count: 15) + [1])
    }
    return host == "localhost"
      || (host.hasPrefix("127.") && host.split(separator: ".").count == 4
        && host.utf8.allSatisfy { $0 == 0x2E || (0x30...0x39).contains($0) })
  }
}
