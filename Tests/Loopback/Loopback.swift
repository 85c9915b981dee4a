internal import Foundation
internal import Synchronization

/// TCP sockets at 127.0.0.1.
public enum Loopback {
  public struct Failure: Error, CustomStringConvertible {
    public var description: String
  }

  /// A socket that is connected to `port`, which the caller closes.
  ///
  /// - Parameter prepare: sets options before that.
  /// - Throws: that nobody listens there.
  public static func connected(
    to port: Int, _ prepare: (Int32) -> Void = { _ in }
  ) throws -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    prepare(descriptor)
    var address = address(port)
    guard withSocketAddress(&address, { connect(descriptor, $0, $1) == 0 }) else {
      let code = errno
      close(descriptor)
      throw Failure(description: "no connection to the port \(port): errno \(code)")
    }
    return descriptor
  }

  /// A socket that listens at a port of its own, and that the caller closes.
  public static func listening() throws -> (descriptor: Int32, port: Int) {
    let bound = try bound()
    guard listen(bound.descriptor, 4) == 0 else {
      defer { close(bound.descriptor) }
      throw Failure(description: "it does not listen: errno \(errno)")
    }
    return bound
  }

  /// A port without a listener, which is given out once.
  ///
  /// It is below those that Linux takes for outgoing connections (`ip_local_port_range`), so that
  /// none of these has it while a server there is down.
  public static func freePort() throws -> Int {
    for _ in 0..<1000 {
      let port = Int.random(in: 10_000..<32_000)
      guard given.withLock({ $0.insert(port).inserted }), let bound = try? bound(at: port) else {
        continue
      }
      close(bound.descriptor)
      return port
    }
    throw Failure(description: "no free port")
  }

  private static let given = Mutex<Set<Int>>([])

  /// A port that nobody else has and nobody listens at, until the caller closes the socket.
  public static func bound() throws -> (descriptor: Int32, port: Int) { try bound(at: 0) }

  private static func bound(at port: Int) throws -> (descriptor: Int32, port: Int) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = address(port)
    let isBound = withSocketAddress(&address) { pointer, size in
      var size = size
      return bind(descriptor, pointer, size) == 0 && getsockname(descriptor, pointer, &size) == 0
    }
    guard isBound else {
      defer { close(descriptor) }
      throw Failure(description: "no free port: errno \(errno)")
    }
    return (descriptor, Int(in_port_t(bigEndian: address.sin_port)))
  }

  private static func address(_ port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    return address
  }

  private static func withSocketAddress<R>(
    _ address: inout sockaddr_in, _ body: (UnsafeMutablePointer<sockaddr>, socklen_t) -> R
  ) -> R {
    withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }
}
