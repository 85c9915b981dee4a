/// Where a feed listens: `ws://HOST:PORT`.
public struct FeedAddress: Sendable, Hashable, CustomStringConvertible {
  /// An address or a name of this machine; loopback unless somebody configures another.
  public var host: String
  public var port: Int

  public init(host: String = "127.0.0.1", port: Int) {
    self.host = host
    self.port = port
  }

  public var description: String { "ws://\(host.contains(":") ? "[\(host)]" : host):\(port)" }
}
