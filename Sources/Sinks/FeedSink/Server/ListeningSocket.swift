package import EventPersistence
internal import Foundation
internal import NIOCore

/// A socket that listens at a feed's address.
package struct ListeningSocket: Sendable {
  let descriptor: Int32
  /// The file of a Unix domain socket.
  var file: SocketFile?

  /// Connections that wait to be accepted.
  static let backlog: Int32 = 64

  /// Whether a feed can listen at `address`; accepts no connection meanwhile.
  ///
  /// - Throws: what a feed that opens there would: `held` if another process listens, else `stop`.
  package static func probe(_ address: FeedAddress) throws(SinkError) {
    switch address {
    case .port(let host, let port):
      let (descriptor, _) = try bind(address, host, port)
      close(descriptor)
    case .file(let path): try SocketFile.probe(path)
    }
  }

  /// Listens. The calls block: for a name, until its resolver answers.
  ///
  /// - Parameter group: whose members may connect to a Unix domain socket, besides its owner.
  /// - Throws: `held` if another process listens there, else `stop`.
  static func listen(
    at address: FeedAddress, sharedWith group: String?
  ) throws(SinkError) -> ListeningSocket {
    switch address {
    case .port(let host, let port):
      let (descriptor, resolved) = try bind(address, host, port)
      // Of two that are bound, only one gets to listen.
      guard Foundation.listen(descriptor, backlog) == 0 else {
        let failure = errno
        close(descriptor)
        throw error(binding: address, host, port, resolved, failure)
      }
      return ListeningSocket(descriptor: descriptor)
    case .file(let path):
      let (descriptor, file) = try SocketFile.listen(at: path, sharedWith: group)
      return ListeningSocket(descriptor: descriptor, file: file)
    }
  }

  private static func bind(
    _ address: FeedAddress, _ host: String, _ port: Int
  ) throws(SinkError) -> (descriptor: Int32, resolved: SocketAddress) {
    let resolved: SocketAddress
    do {
      resolved = try SocketAddress.makeAddressResolvingHost(host, port: port)
    } catch {
      throw SinkError(
        .stop, code: "no such address",
        "\(address): no address of this machine is called \(host) (\(error)). Expected "
          + "listen: HOST:PORT with one, like 127.0.0.1:\(port).")
    }
    let bound: (descriptor: Int32, failure: Int32) = resolved.withSockAddr { pointer, size in
      let descriptor = socket(
        Int32(pointer.pointee.sa_family), Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
      guard descriptor >= 0 else { return (-1, errno) }
      var isOn: Int32 = 1
      setsockopt(
        descriptor, SOL_SOCKET, SO_REUSEADDR, &isOn, socklen_t(MemoryLayout<Int32>.size))
      guard Foundation.bind(descriptor, pointer, socklen_t(size)) != 0 else {
        return (descriptor, 0)
      }
      let failure = errno
      close(descriptor)
      return (-1, failure)
    }
    guard bound.descriptor >= 0 else {
      throw error(binding: address, host, port, resolved, bound.failure)
    }
    return (bound.descriptor, resolved)
  }

  private static func error(
    binding address: FeedAddress, _ host: String, _ port: Int, _ resolved: SocketAddress,
    _ code: Int32
  ) -> SinkError {
    switch code {
    case EADDRINUSE:
      return .inUse(
        address, by: SocketHolder.listening(at: resolved), code: "port in use",
        toFind: "ss -ltnp 'sport = :\(port)'")
    case EADDRNOTAVAIL:
      return SinkError(
        .stop, code: "no such address",
        "\(address): \(host) is not an address of this machine. To list them: ip addr")
    case EACCES:
      return SinkError(
        .stop, code: "EACCES",
        "\(address): uid \(geteuid()) may not listen on port \(port). Expected a port of "
          + "1024 or higher, or the capability CAP_NET_BIND_SERVICE.")
    default: return .notListening(address, code)
    }
  }
}

extension SinkError {
  /// Another process listens there.
  static func inUse(
    _ address: FeedAddress, by holder: SocketHolder?, code: String, toFind command: String
  ) -> SinkError {
    let who =
      switch holder {
      case .process(let id, let name)?: "\(name) (pid \(id)) listens there"
      case .user(let name)?:
        "a program of the user \(name) listens there. To find it: sudo \(command)"
      case nil:
        "another driver of this feed or another program listens there. To find it: \(command)"
      }
    return SinkError(
      .held, code: code, "\(address) is in use: \(who)")
  }

  static func notListening(_ address: FeedAddress, _ code: Int32) -> SinkError {
    SinkError(
      .stop, code: "errno \(code)",
      "\(address) cannot be listened on: \(String(cString: strerror(code))).")
  }
}
