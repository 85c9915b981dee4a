import EventPersistence
import Foundation
import Loopback

/// A WebSocket client that does only what a test tells it: it answers no ping by itself unless
/// asked to, and reads only on request.
///
/// Its socket blocks, so it has a thread of its own.
actor TestConsumer {
  enum Frame: Equatable, Sendable {
    case text(String)
    case ping([UInt8])
    case pong([UInt8])
    case close(UInt16, String)
    /// The socket ended.
    case end
  }

  struct Failure: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
  }

  private let executor = BlockingExecutor(label: "test.consumer")
  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  private let socket: Int32
  private var buffer: [UInt8] = []
  private var start = 0
  /// Whether each ping is answered as it is read.
  var answersPings = true
  /// The content of the last ping that was read.
  private(set) var lastPing: [UInt8]?
  /// The first line of the answer to the handshake.
  let status: String

  private let sendsByBytes: Bool

  /// Connects and asks for `path`.
  ///
  /// - Parameters:
  ///   - receiveBytes: how much the kernel buffers for us; nil: its default.
  ///   - sendsByBytes: whether each byte is sent alone.
  init(
    port: Int, path: String = "/?history=yes", headers: [String] = [], answersPings: Bool = true,
    receiveBytes: Int32? = nil, handshake: String? = nil, sendsByBytes: Bool = false
  ) async throws {
    self.answersPings = answersPings
    self.sendsByBytes = sendsByBytes
    let descriptor = try Self.connected(port: port, receiveBytes: receiveBytes)
    socket = descriptor
    let request = handshake ?? Self.request(path, port: port, headers: headers)
    Self.send(Array(request.utf8), to: descriptor, byBytes: sendsByBytes)
    // To the empty line, byte by byte: frames follow it.
    var head: [UInt8] = []
    while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) {
      var byte: UInt8 = 0
      guard recv(descriptor, &byte, 1, 0) == 1 else { break }
      head.append(byte)
    }
    status = String(decoding: head.prefix { $0 != 0x0D }, as: UTF8.self)
  }

  deinit { Foundation.close(socket) }

  /// A socket that is connected to `port`.
  static func connected(port: Int, receiveBytes: Int32?) throws -> Int32 {
    try Loopback.connected(to: port) { descriptor in
      if var receiveBytes {
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBytes, 4)
      }
      var atOnce: Int32 = 1
      setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &atOnce, 4)
      var timeout = timeval(tv_sec: 120, tv_usec: 0)
      setsockopt(
        descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    }
  }

  /// The request to become a WebSocket.
  static func request(_ path: String, port: Int, headers: [String] = []) -> String {
    ([
      "GET \(path) HTTP/1.1", "Host: 127.0.0.1:\(port)", "Upgrade: websocket",
      "Connection: Upgrade", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      "Sec-WebSocket-Version: 13",
    ] + headers + ["", ""]).joined(separator: "\r\n")
  }

  /// Disconnects without a close frame.
  func hangUp() { shutdown(socket, Int32(SHUT_RDWR)) }

  /// The next frame; a ping is answered if `answersPings`.
  func next() throws -> Frame {
    guard let head = try take(2) else { return .end }
    var length = Int(head[1] & 0x7F)
    if length == 126 {
      length = try whole(2).reduce(0) { $0 << 8 | Int($1) }
    } else if length == 127 {
      length = try whole(8).reduce(0) { $0 << 8 | Int($1) }
    }
    guard head[0] & 0x70 == 0, head[0] & 0x80 != 0, head[1] & 0x80 == 0 else {
      throw Failure("a frame that a server does not send: \(head)")
    }
    let payload = try whole(length)
    switch head[0] & 0x0F {
    case 1: return .text(String(decoding: payload, as: UTF8.self))
    case 9:
      lastPing = payload
      if answersPings { send(opcode: 10, payload) }
      return .ping(payload)
    case 10: return .pong(payload)
    case 8:
      let code = payload.prefix(2).reduce(UInt16(0)) { $0 << 8 | UInt16($1) }
      return .close(code, String(decoding: payload.dropFirst(2), as: UTF8.self))
    default: throw Failure("opcode \(head[0] & 0x0F)")
    }
  }

  /// The bytes of the next frame, whatever it is; its length has the shortest form.
  func nextRaw() throws -> [UInt8] {
    let head = try whole(2)
    var extra: [UInt8] = []
    var length = Int(head[1])
    if length >= 126 {
      extra = try whole(length == 126 ? 2 : 8)
      length = extra.reduce(0) { $0 << 8 | Int($1) }
    }
    return head + extra + (try whole(length))
  }

  /// The next text; skips pings.
  func nextText() throws -> String? {
    while true {
      switch try next() {
      case .text(let text): return text
      case .ping, .pong: continue
      case .close, .end: return nil
      }
    }
  }

  /// The next frame that is not a ping.
  func nextBesidesPings() throws -> Frame {
    while true {
      let frame = try next()
      if case .ping = frame { continue }
      return frame
    }
  }

  /// The texts through the first for which `isLast` holds.
  func texts(through isLast: @Sendable (String) -> Bool) throws -> [String] {
    var texts: [String] = []
    while let text = try nextText() {
      texts.append(text)
      if isLast(text) { return texts }
    }
    throw Failure("the stream ended after \(texts.count) texts")
  }

  /// Reads texts through the greeting, which it omits.
  func history() throws -> [String] {
    try texts { $0.contains("\"tag\":\"Greetings\"") }.dropLast()
  }

  /// Sends a frame as a client does: masked.
  func send(opcode: UInt8, _ payload: [UInt8]) {
    send(Self.frame(0x80 | opcode, payload))
  }

  func send(_ bytes: [UInt8]) { Self.send(bytes, to: socket, byBytes: sendsByBytes) }

  private static func send(_ bytes: [UInt8], to socket: Int32, byBytes: Bool) {
    bytes.withUnsafeBytes { bytes in
      let step = byBytes ? 1 : max(1, bytes.count)
      for start in stride(from: 0, to: bytes.count, by: step) {
        let part = UnsafeRawBufferPointer(
          rebasing: bytes[start..<min(start + step, bytes.count)])
        Foundation.send(socket, part.baseAddress!, part.count, Int32(MSG_NOSIGNAL))
      }
    }
  }

  /// A frame with this first byte: its bits and its opcode.
  static func frame(_ first: UInt8, _ payload: [UInt8], isMasked: Bool = true) -> [UInt8] {
    let bit: UInt8 = isMasked ? 0x80 : 0
    var frame = [first]
    switch payload.count {
    case ..<126: frame.append(bit | UInt8(payload.count))
    case ..<65_536: frame += [bit | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
    default:
      frame.append(bit | 127)
      frame += (0..<8).reversed().map { UInt8(truncatingIfNeeded: payload.count >> ($0 * 8)) }
    }
    guard isMasked else { return frame + payload }
    let mask: [UInt8] = [1, 2, 3, 4]
    return frame + mask + payload.enumerated().map { $0.element ^ mask[$0.offset % 4] }
  }

  // MARK: - Bytes

  private func whole(_ count: Int) throws -> [UInt8] {
    guard let bytes = try take(count) else { throw Failure("the socket ended within a frame") }
    return bytes
  }

  private func take(_ count: Int) throws -> [UInt8]? {
    while buffer.count - start < count {
      if start > 0 {
        buffer.removeSubrange(..<start)
        start = 0
      }
      var chunk = [UInt8](repeating: 0, count: 64 << 10)
      let received = recv(socket, &chunk, chunk.count, 0)
      if received < 0, errno == EAGAIN { throw Failure("nothing came for 120 s") }
      guard received > 0 else { return nil }
      buffer += chunk[..<received]
    }
    defer { start += count }
    return Array(buffer[start..<start + count])
  }
}

extension TestConsumer {
  /// The `seq` of each text that has one.
  static func seqs(_ texts: [String]) throws -> [Int] {
    try texts.compactMap { try json($0)["seq"] as? Int }
  }

  static func json(_ text: String) throws -> [String: Any] {
    let value = try JSONSerialization.jsonObject(with: Data(text.utf8))
    guard let object = value as? [String: Any] else { throw Failure("no object: \(text)") }
    return object
  }
}
