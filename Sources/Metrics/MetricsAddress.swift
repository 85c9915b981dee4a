/// Where metrics are served: an address and a port, like `127.0.0.1:9464` or `[::1]:9464`.
package struct MetricsAddress: Sendable, Hashable, CustomStringConvertible {
  package static let expectation = "an address and a port, like 127.0.0.1:9464 or [::1]:9464"

  package let host: String
  package let port: Int

  /// Nil if `text` is not an address and a port; port 0 is one that the system chooses.
  package init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"),
      let port = UInt16(text[text.index(after: colon)...])
    else { return nil }
    var host = text[..<colon]
    if host.first == "[", host.last == "]" {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      // Without brackets, it is not clear where an IPv6 address ends.
      return nil
    }
    guard !host.isEmpty,
      host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x2F && $0 != 0x40 })
    else { return nil }
    self.host = String(host)
    self.port = Int(port)
  }

  package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
