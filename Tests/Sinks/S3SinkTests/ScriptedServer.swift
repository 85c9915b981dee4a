import Foundation
import Synchronization

/// An HTTP server for tests on a free loopback port, which fails as instructed.
final class ScriptedServer: Sendable {
  struct Request: Sendable {
    var method: String
    /// Decoded, without the query.
    var path: String
    /// Decoded.
    var query: [String: String]
    /// Names in lower case.
    var headers: [String: String]
    var body: [UInt8] = []
  }

  enum Reply: Sendable {
    case answer(Int, [String: String], [UInt8])
    /// The connection is reset before the whole request is read.
    case resetInRequest
    /// The connection is reset in the middle of the answer.
    case resetInAnswer
    /// No answer comes until the server is gone.
    case stall
    /// These bytes, so many at a time; then the connection is closed.
    case bytes([UInt8], each: Int)
    /// These bytes, and then the same ones until the client closes the connection.
    case endless([UInt8], repeating: [UInt8] = [0x20])

    static func error(_ status: Int, _ code: String, _ headers: [String: String] = [:]) -> Reply {
      .answer(
        status, headers,
        Array(
          ("<?xml version=\"1.0\"?><Error><Code>\(code)</Code><Message>as the test says</Message>"
            + "<Region>eu-central-1</Region></Error>").utf8))
    }
  }

  typealias Handler = @Sendable (Request) -> Reply
  /// Asked before a request's body is read; nil: read it, then ask the handler.
  typealias Script = @Sendable (Request) -> Reply?

  private let listener: Int32
  private let host: String
  let port: Int
  private let handler: Handler
  private let script = Mutex<Script?>(nil)
  /// Without their bodies.
  let requests = Arrivals<Request>()
  private let connections = Mutex<Set<Int32>>([])

  var endpoint: URL { URL(string: "http://\(host):\(port)")! }
  var seen: [Request] { requests.all }

  func forgetSeen() { requests.forget() }
  func setScript(_ script: Script?) { self.script.withLock { $0 = script } }

  /// Fails the next `count` requests that `matches` with `reply`.
  func fail(
    _ count: Int, _ reply: Reply,
    where matches: @escaping @Sendable (Request) -> Bool = { _ in true }
  ) {
    let left = Mutex2(count)
    setScript { request in
      guard matches(request) else { return nil }
      return left.take() ? reply : nil
    }
  }

  /// A count that several threads take from.
  private final class Mutex2: Sendable {
    private let left: Mutex<Int>
    init(_ count: Int) { left = Mutex(count) }
    func take() -> Bool {
      left.withLock { left in
        guard left > 0 else { return false }
        left -= 1
        return true
      }
    }
  }

  /// - Parameter isIPv6: whether it listens on `::1` rather than on 127.0.0.1.
  init(isIPv6: Bool = false, _ handler: @escaping Handler) throws {
    self.handler = handler
    host = isIPv6 ? "[::1]" : "127.0.0.1"
    let family = isIPv6 ? AF_INET6 : AF_INET
    listener = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    let descriptor = listener
    var found: UnsafeMutablePointer<addrinfo>?
    let isKnown = getaddrinfo(isIPv6 ? "::1" : "127.0.0.1", "0", nil, &found) == 0
    defer { freeaddrinfo(found) }
    var bound = sockaddr_in6()
    var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
    let isUp = withUnsafeMutablePointer(to: &bound) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bound in
        isKnown && bind(descriptor, found!.pointee.ai_addr, found!.pointee.ai_addrlen) == 0
          && listen(descriptor, 64) == 0 && getsockname(descriptor, bound, &length) == 0
      }
    }
    guard isUp else { throw POSIXError(.EADDRNOTAVAIL) }
    // At the same place in an address of either family.
    port = Int(UInt16(bigEndian: bound.sin6_port))
    Thread.detachNewThread { [weak self] in
      while true {
        let connection = accept(descriptor, nil, nil)
        guard connection >= 0, let self else { return }
        self.connections.withLock { _ = $0.insert(connection) }
        Thread.detachNewThread { [weak self] in
          while let self, self.serve(connection) {}
          self?.connections.withLock { _ = $0.remove(connection) }
          close(connection)
        }
      }
    }
  }

  /// Ends the threads: a reading thread sees an end.
  func stop() {
    shutdown(listener, Int32(SHUT_RDWR))
    for connection in connections.withLock(\.self) { shutdown(connection, Int32(SHUT_RDWR)) }
  }

  deinit {
    stop()
    close(listener)
  }

  /// Handles one request; returns false if the connection is done.
  private func serve(_ connection: Int32) -> Bool {
    var received: [UInt8] = []
    guard let headEnd = readHead(connection, &received),
      var request = Self.head(received[..<headEnd])
    else { return false }
    requests.append(request)
    let length = Int(request.headers["content-length"] ?? "0") ?? 0
    if request.headers["expect"] != nil {
      send(connection, Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
    }
    request.body = Array(received[(headEnd + 4)...])
    var reply = script.withLock(\.self)?(request)
    if case .resetInRequest = reply { return reset(connection) }
    request.body.reserveCapacity(length)
    var chunk = [UInt8](repeating: 0, count: 256 << 10)
    while request.body.count < length {
      let count = read(connection, &chunk, chunk.count)
      guard count > 0 else { return false }
      request.body += chunk[..<count]
    }
    reply = reply ?? handler(request)
    switch reply! {
    case .answer(let status, let headers, let body):
      let head = Self.head(status, headers, count: body.count)
      send(connection, head + (request.method == "HEAD" ? [] : body))
      return true
    case .bytes(let bytes, let count):
      for start in stride(from: 0, to: bytes.count, by: count) {
        send(connection, Array(bytes[start..<min(start + count, bytes.count)]))
      }
      return false
    case .endless(let bytes, let repeated):
      send(connection, bytes)
      let many = Array(repeatElement(repeated, count: (64 << 10) / repeated.count).joined())
      while send(connection, many) {}
      return false
    case .resetInRequest: return reset(connection)
    case .resetInAnswer:
      send(connection, Array("HTTP/1.1 200 Told\r\ncontent-length: 1000\r\n\r\nhalf".utf8))
      return reset(connection)
    case .stall:
      // Until the client gives up, or the server is stopped.
      while read(connection, &chunk, chunk.count) > 0 {}
      return false
    }
  }

  private func reset(_ connection: Int32) -> Bool {
    var linger = linger(l_onoff: 1, l_linger: 0)
    setsockopt(
      connection, SOL_SOCKET, SO_LINGER, &linger,
      socklen_t(MemoryLayout.size(ofValue: linger)))
    return false
  }

  static func head(_ status: Int, _ headers: [String: String], count: Int) -> [UInt8] {
    var text = "HTTP/1.1 \(status) Told\r\n"
    let length = ["content-length": "\(count)"]
    for (name, value) in length.merging(headers, uniquingKeysWith: { $1 }) {
      text += "\(name): \(value)\r\n"
    }
    return Array("\(text)\r\n".utf8)
  }

  /// False if the client is gone.
  @discardableResult
  private func send(_ connection: Int32, _ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Foundation.send(connection, $0.baseAddress!, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  /// Where the empty line after the head begins; nil if the connection ends first.
  private func readHead(_ connection: Int32, _ received: inout [UInt8]) -> Int? {
    var chunk = [UInt8](repeating: 0, count: 16 << 10)
    while true {
      let count = read(connection, &chunk, chunk.count)
      guard count > 0 else { return nil }
      received += chunk[..<count]
      if let end = received.firstRange(of: Array("\r\n\r\n".utf8))?.lowerBound { return end }
    }
  }

  private static func head(_ bytes: ArraySlice<UInt8>) -> Request? {
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n")
    let words = lines[0].split(separator: " ")
    guard words.count == 3 else { return nil }
    let parts = words[1].split(separator: "?", maxSplits: 1)
    var query: [String: String] = [:]
    for pair in (parts.count == 2 ? parts[1] : "").split(separator: "&") {
      let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      query[String(halves[0])] = halves.count == 2 ? halves[1].removingPercentEncoding : ""
    }
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      headers[line[..<colon].lowercased()] =
        line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    }
    return Request(
      method: String(words[0]), path: parts[0].removingPercentEncoding ?? "", query: query,
      headers: headers)
  }
}
