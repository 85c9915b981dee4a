import EventPersistence
import EventPersistenceTesting
import Foundation
import Testing

@testable import S3Sink

/// A server or a network that does with an answer what none should.
@Suite("S3 over a bad network") struct S3NetworkTests {
  private let events = SampleEvents.make(9)

  enum Trouble: CaseIterable {
    /// The only one that is no error.
    case byteByByte
    case closed, closedInStatus, closedInHead, closedAfterTag, cutOff, notHTTP, longHeader,
      manyHeaders
    case endlessLine, endlessHead, endless, endlessError

    /// - Parameter answer: what a good server answers.
    func reply(_ answer: ScriptedServer.Reply) -> ScriptedServer.Reply {
      guard case .answer(let status, var headers, let body) = answer else { return answer }
      headers["content-length"] = nil
      let head = ScriptedServer.head(status, headers, count: body.count)
      let start = Array("HTTP/1.1 200 Told\r\n".utf8)
      switch self {
      case .byteByByte: return .bytes(head + body, each: 1)
      case .closed: return .bytes([], each: 1)
      case .closedInStatus: return .bytes(Array(start.prefix(10)), each: 1000)
      case .closedInHead: return .bytes(start + Array("etag: \"5d".utf8), each: 1000)
      case .closedAfterTag: return .bytes(start + Array("etag: \"5d41\"\r\nconte".utf8), each: 1000)
      case .cutOff:
        return .bytes(ScriptedServer.head(200, headers, count: body.count + 9) + body, each: 1000)
      case .notHTTP: return .bytes(Array("SSH-2.0-OpenSSH_9.2\r\n\r\n".utf8), each: 1000)
      case .longHeader:
        let long = Array("x-long: \(String(repeating: "x", count: 10 << 20))\r\n".utf8)
        return .bytes(start + long + head.dropFirst(start.count) + body, each: 1 << 20)
      case .manyHeaders:
        let line = "x-many: \(String(repeating: "x", count: 1000))\r\n"
        let many = Array(String(repeating: line, count: 10 << 10).utf8)
        return .bytes(start + many + head.dropFirst(start.count) + body, each: 1 << 20)
      case .endlessLine: return .endless(start + Array("x-endless: ".utf8))
      case .endlessHead: return .endless(start, repeating: Array("x-endless: ever\r\n".utf8))
      case .endlessError: return .endless(ScriptedServer.head(404, [:], count: 1 << 40))
      case .endless: return .endless(ScriptedServer.head(200, [:], count: 1 << 40) + body)
      }
    }
  }

  @Test(
    "an answer is whole or an error that passes, and nothing is missing",
    arguments: Trouble.allCases)
  func listing(trouble: Trouble) async throws {
    let bucket = try TestBucket()
    try await bucket.drive(Array(events[..<5]))
    let memory = bucket.memory
    bucket.server.setScript { request in
      request.query["list-type"] == nil ? nil : trouble.reply(memory.handle(request))
    }
    try await expect(trouble) { _ = try await S3Sink(bucket.options()).open() }
    bucket.server.setScript(nil)
    try await bucket.drive(events)
    #expect(try await bucket.contents() == events)
  }

  @Test(
    "what is stored is stored once, whatever becomes of the answer", arguments: Trouble.allCases)
  func storing(trouble: Trouble) async throws {
    let bucket = try TestBucket()
    let sink = S3Sink(bucket.options())
    _ = try await sink.open()
    let batch = try cut(events, by: bucket.options().rule)[0]
    let answer = ScriptedServer.Reply.answer(200, ["etag": "\"5d41\""], [])
    bucket.server.setScript { $0.method == "PUT" ? trouble.reply(answer) : nil }
    // This server stores nothing: only the answer matters here.
    try await expect(trouble) { try await sink.put(batch) }
    bucket.server.setScript(nil)
    try await bucket.drive(events)
    #expect(try await bucket.contents() == events)
  }

  private func expect(_ trouble: Trouble, _ body: () async throws -> Void) async throws {
    var found: SinkError?
    do { try await body() } catch { found = error as? SinkError }
    guard trouble != .byteByByte else { return #expect(found == nil) }
    #expect(found?.remedy == .retry, "\(trouble): \(String(describing: found))")
    let isTooLarge: Set<Trouble> = [
      .longHeader, .manyHeaders, .endlessLine, .endlessHead, .endless, .endlessError,
    ]
    #expect((found?.code == "TooLarge") == isTooLarge.contains(trouble), "\(trouble): \(found!)")
  }

  @Test("a part of an object is not the object", arguments: Trouble.allCases + [nil])
  func reading(trouble: Trouble?) async throws {
    let bucket = try TestBucket()
    try await bucket.drive(events)
    let memory = bucket.memory
    bucket.server.setScript { request in
      guard request.method == "GET", request.query["list-type"] == nil else { return nil }
      let whole = memory.handle(request)
      if let trouble { return trouble.reply(whole) }
      guard case .answer(_, let headers, let body) = whole else { return nil }
      return .answer(206, headers, body.dropLast(9))
    }
    do {
      let contents = try await bucket.contents()
      #expect(trouble == .byteByByte && contents == events)
    } catch {
      #expect((error as? SinkError)?.remedy == .retry, "\(error)")
    }
  }

  @Test("an address of IPv6 is in brackets, and signed so")
  func addresses() async throws {
    let bucket = try TestBucket(isIPv6: true)
    try await bucket.drive(events)
    #expect(try await bucket.contents() == events)
    #expect(bucket.server.seen.allSatisfy { $0.headers["host"] == "[::1]:\(bucket.server.port)" })
    let plain = S3Address(bucket: "b", region: "r", endpoint: URL(string: "http://[fe80::1]"))
    #expect(plain.host == "[fe80::1]")
  }
}
