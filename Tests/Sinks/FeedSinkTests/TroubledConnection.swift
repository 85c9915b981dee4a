import Foundation

/// A connection to a feed that does what no consumer should.
final class TroubledConnection: Sendable {
  enum Trouble: CaseIterable, Sendable {
    /// Before it is a consumer.
    case silent, cutInRequest, halfClosedInRequest, garbageForRequest, endlessRequest
    /// After the answer to its request.
    case cut, reset, halfClosed, cutInFrame, garbage, flood, neverReads

    var isConsumer: Bool {
      switch self {
      case .silent, .cutInRequest, .halfClosedInRequest, .garbageForRequest, .endlessRequest:
        false
      case .cut, .reset, .halfClosed, .cutInFrame, .garbage, .flood, .neverReads: true
      }
    }
  }

  private let socket: Int32

  /// Connects, and makes its trouble at once.
  init(_ trouble: Trouble, port: Int) throws {
    socket = try TestConsumer.connected(port: port, receiveBytes: 4096)
    let request = TestConsumer.request("/?history=yes&name=\(trouble)", port: port)
    let frame = TestConsumer.frame(0x89, [UInt8](repeating: 7, count: 100))
    if trouble.isConsumer {
      send(Array(request.utf8))
      // Its beginning is enough: the rest is left unread.
      var answer = [UInt8](repeating: 0, count: 12)
      guard recv(socket, &answer, answer.count, Int32(MSG_WAITALL)) == 12 else {
        throw TestConsumer.Failure("no answer to the request")
      }
    }
    switch trouble {
    case .silent, .neverReads: break
    case .cutInRequest:
      send(Array(request.utf8.prefix(request.utf8.count / 2)))
      shutdown(socket, Int32(SHUT_RDWR))
    case .halfClosedInRequest:
      send(Array(request.utf8.prefix(request.utf8.count / 2)))
      shutdown(socket, Int32(SHUT_WR))
    case .garbageForRequest: send((0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ 7) })
    case .endlessRequest:
      send(Array(request.utf8.dropLast(2)))
      for _ in 0..<100 { send(Array("X-Ever: \(String(repeating: "x", count: 10_000))\r\n".utf8)) }
    case .cut: shutdown(socket, Int32(SHUT_RDWR))
    case .reset:
      var now = linger(l_onoff: 1, l_linger: 0)
      setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
    case .halfClosed: shutdown(socket, Int32(SHUT_WR))
    case .cutInFrame:
      send(Array(frame.prefix(50)))
      shutdown(socket, Int32(SHUT_RDWR))
    case .garbage: send((0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ 7) })
    case .flood: for _ in 0..<1000 { send(frame) }
    }
  }

  deinit { Foundation.close(socket) }

  /// Sends what the kernel takes: the other end may read nothing.
  private func send(_ bytes: [UInt8]) {
    _ = bytes.withUnsafeBytes {
      Foundation.send(
        socket, $0.baseAddress!, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
    }
  }
}
