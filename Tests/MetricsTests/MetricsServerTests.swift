import Foundation
import Loopback
import Metrics
import Testing

@Suite("The server of the pages", .timeLimit(.minutes(1))) struct MetricsServerTests {
  @Test("a request that comes too slowly ends its connection; an answered one keeps it")
  func slow() async throws {
    let server = try await MetricsServer.listen(
      at: #require(MetricsAddress("127.0.0.1:0")), requestMax: .milliseconds(200),
      pages: ["/page": { MetricsServer.Answer(200, "here\n") }])
    let port = try #require(server.port)
    let socket = try Loopback.connected(to: port)
    defer { close(socket) }
    let request = "GET /page HTTP/1.1\r\nHost: x\r\n\r\n"
    Self.send(request, socket)
    #expect(Self.receive(socket).hasSuffix("here\n"))
    // It may send another one at its leisure, but not half of one.
    Self.send(request, socket)
    #expect(Self.receive(socket).hasSuffix("here\n"))
    Self.send("GET /pa", socket)
    #expect(Self.receive(socket) == "", "it is still open")
    await server.close()
  }

  private static func send(_ text: String, _ descriptor: Int32) {
    let bytes = Array(text.utf8)
    #expect(write(descriptor, bytes, bytes.count) == bytes.count)
  }

  /// What comes next; empty: the connection has ended.
  private static func receive(_ descriptor: Int32) -> String {
    var text = ""
    var piece = [UInt8](repeating: 0, count: 4096)
    while !text.hasSuffix("here\n") {
      let count = read(descriptor, &piece, piece.count)
      if count <= 0 { break }
      text += String(decoding: piece[..<count], as: UTF8.self)
    }
    return text
  }
}
