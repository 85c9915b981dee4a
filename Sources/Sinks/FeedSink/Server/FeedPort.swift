package import EventPersistence
internal import Foundation
internal import NIOCore
internal import NIOPosix

/// Whether a feed can listen on an address.
package enum FeedPort {
  /// Binds to `address` and releases it again; accepts no connection meanwhile.
  ///
  /// - Throws: what a feed that opens there would: `held` if another process listens, else `stop`.
  package static func probe(_ address: FeedAddress) throws(SinkError) {
    let resolved: SocketAddress
    do {
      resolved = try SocketAddress.makeAddressResolvingHost(address.host, port: address.port)
    } catch {
      throw self.error(listeningAt: address, error)
    }
    let failure: Int32 = resolved.withSockAddr { pointer, size in
      let descriptor = socket(
        Int32(pointer.pointee.sa_family), Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
      guard descriptor >= 0 else { return errno }
      defer { close(descriptor) }
      var isOn: Int32 = 1
      setsockopt(
        descriptor, SOL_SOCKET, SO_REUSEADDR, &isOn, socklen_t(MemoryLayout<Int32>.size))
      return bind(descriptor, pointer, socklen_t(size)) == 0 ? 0 : errno
    }
    if failure != 0 {
      throw error(listeningAt: address, IOError(errnoCode: failure, reason: "bind"))
    }
  }

  static func error(listeningAt address: FeedAddress, _ error: any Error) -> SinkError {
    guard let code = (error as? IOError)?.errnoCode else {
      return SinkError(
        .stop, code: "no such address",
        "\(address): no address of this machine is called \(address.host) (\(error)). Expected "
          + "listen: HOST:PORT with one, like 127.0.0.1:\(address.port).")
    }
    switch code {
    case EADDRINUSE:
      return SinkError(
        .held, code: "port in use",
        "\(address) is in use: another driver of this feed or another program listens there. "
          + "hydra-sinks tries again every 5 s. To find it: ss -ltnp 'sport = :\(address.port)'")
    case EADDRNOTAVAIL:
      return SinkError(
        .stop, code: "no such address",
        "\(address): \(address.host) is not an address of this machine. To list them: ip addr")
    case EACCES:
      return SinkError(
        .stop, code: "EACCES",
        "\(address): uid \(geteuid()) may not listen on port \(address.port). Expected a port of "
          + "1024 or higher, or the capability CAP_NET_BIND_SERVICE.")
    default:
      return SinkError(
        .stop, code: "errno \(code)",
        "\(address) cannot be listened on: \(String(cString: strerror(code))).")
    }
  }
}
