import EventPersistence
import EventPersistenceTesting
import Foundation
import Testing

@testable import FeedSink

/// Requests that are no consumer's, over a real socket.
@Suite("A feed asked by others", .timeLimit(.minutes(2))) struct PlainRequestTests {
  /// All that the feed answers to `request`, until it closes.
  private func answer(_ request: String, of feed: Feed, body: Int = 0) async throws -> String {
    try await PlainConnection(port: feed.port).exchange(request, body: body)
  }

  private func parts(_ answer: String) -> (status: String, headers: String, body: String) {
    let halves = answer.components(separatedBy: "\r\n\r\n")
    let lines = halves[0].components(separatedBy: "\r\n")
    return (
      lines[0], lines.dropFirst().joined(separator: "\n").lowercased(),
      halves.dropFirst().joined()
    )
  }

  @Test("a load balancer's check gets 200 with one line; HEAD gets no body")
  func health() async throws {
    let feed = try await Feed.open(MemorySource([]))
    let health = parts(try await answer("GET /healthz HTTP/1.0\r\n\r\n", of: feed))
    #expect(health.status == "HTTP/1.1 200 OK")
    #expect(health.body.hasPrefix("ok") && health.body.filter { $0 == "\n" }.count == 1)
    let head = parts(try await answer("HEAD /healthz HTTP/1.1\r\nHost: a\r\n\r\n", of: feed))
    #expect(head.status == "HTTP/1.1 200 OK" && head.body == "")
    #expect(head.headers.contains("content-length: \(health.body.utf8.count)"))
    await feed.sink.close()
  }

  @Test("a browser gets 426 and a sentence with the address")
  func browser() async throws {
    let feed = try await Feed.open(MemorySource([]))
    let request = "/ HTTP/1.1\r\nHost: localhost:4100\r\nAccept: text/html\r\n\r\n"
    let page = parts(try await answer("GET \(request)", of: feed))
    #expect(page.status == "HTTP/1.1 426 Upgrade Required")
    #expect(page.headers.contains("upgrade: websocket"))
    #expect(page.headers.contains("content-type: text/plain"))
    #expect(page.body.contains("ws://localhost:4100/?history=yes"), "\(page.body)")
    let head = parts(try await answer("HEAD \(request)", of: feed))
    #expect(head.status == page.status && head.body == "")
    await feed.sink.close()
  }

  @Test("another method gets 405, whose answer a body does not lose; an endless body is cut off")
  func methods() async throws {
    let feed = try await Feed.open(MemorySource([]))
    let post = "POST /?history=yes HTTP/1.1\r\nHost: a\r\nContent-Length: "
    let small = parts(try await answer("\(post)60000\r\n\r\n", of: feed, body: 60_000))
    #expect(small.status == "HTTP/1.1 405 Method Not Allowed")
    #expect(small.headers.contains("allow: get, head"))
    let chunked = "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    let connection = try PlainConnection(port: feed.port)
    // More than the kernel's buffers hold: it only ends because the feed closes.
    let sent = await connection.flood(
      chunked, with: "1000\r\n\(String(repeating: "x", count: 4096))\r\n", upTo: 256 << 20)
    #expect(sent < 256 << 20)
    await feed.sink.close()
  }

  @Test("a further request behind the first one gets no answer, and harms nobody")
  func pipelined() async throws {
    let feed = try await Feed.open(MemorySource([]))
    for path in ["/healthz", "/", "/elsewhere"] {
      let request = "GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n"
      let answers = try await answer(request + request + request, of: feed)
      #expect(answers.components(separatedBy: "HTTP/1.1 ").count == 2, "\(answers)")
    }
    let after = parts(try await answer("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", of: feed))
    #expect(after.status == "HTTP/1.1 200 OK")
    await feed.sink.close()
  }

  @Test("garbage is answered with 400, and closed")
  func garbage() async throws {
    let feed = try await Feed.open(MemorySource([]))
    let answer = parts(try await answer("\u{16}\u{3}\u{1} TLS?\r\n\r\n", of: feed))
    #expect(answer.status == "HTTP/1.1 400 Bad Request")
    await feed.sink.close()
  }
}

/// A connection that sends what it is given, on a thread of its own.
private actor PlainConnection {
  private let executor = BlockingExecutor(label: "test.plain")
  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
  private let socket: Int32

  init(port: Int) throws { socket = try TestConsumer.connected(port: port, receiveBytes: nil) }

  deinit { close(socket) }

  /// Sends a request with a body, and reads until the other end closes.
  func exchange(_ request: String, body: Int) throws -> String {
    send(Array(request.utf8) + [UInt8](repeating: 0x78, count: body))
    var answer: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = recv(socket, &chunk, chunk.count, 0)
      guard count >= 0 else { throw TestConsumer.Failure("errno \(errno) after \(answer.count)") }
      if count == 0 { return String(decoding: answer, as: UTF8.self) }
      answer += chunk[..<count]
    }
  }

  /// Sends `piece` again and again after `request`; returns the bytes that were taken before the
  /// connection ended.
  func flood(_ request: String, with piece: String, upTo limit: Int) -> Int {
    var sent = send(Array(request.utf8))
    let bytes = Array(piece.utf8)
    while sent < limit {
      let count = send(bytes)
      guard count > 0 else { return sent }
      sent += count
    }
    return sent
  }

  @discardableResult
  private func send(_ bytes: [UInt8]) -> Int {
    Foundation.send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL))
  }
}
