import EventPersistence
import FeedCheck
import Foundation
import Loopback
import Testing

@Suite("A check of a WebSocket", .timeLimit(.minutes(2))) struct FeedCheckTests {
  private static let greetings = ScriptedServer.text(#"{"tag":"Greetings"}"#)

  private static func event(_ seq: Int) -> String { #"{"tag":"NetworkConnected","seq":\#(seq)}"# }

  /// The report on a server with this script.
  private func report(
    _ script: [UInt8], closes: Bool = false, _ change: (inout FeedCheck) -> Void = { _ in }
  ) async throws -> FeedReport {
    let server = try await ScriptedServer(script, closes: closes)
    var check = FeedCheck(try FeedURL("ws://127.0.0.1:\(server.port)"))
    change(&check)
    let report = await check.run()
    try await server.end()
    return report
  }

  @Test("reads to the end of the history, and no further")
  func history() async throws {
    let script = (0..<5000).flatMap { ScriptedServer.text(Self.event($0)) }
    let report = try await report(script + Self.greetings + ScriptedServer.text("nonsense"))
    #expect(report.end == .history && report.messages == 5001 && report.verdict == .takes)
    #expect(report.firstSeq == 0 && report.lastSeq == 4999)
  }

  @Test("what comes in one burst with the answer is read, though the server leaves at once")
  func burst() async throws {
    let script = ScriptedServer.text(Self.event(0)) + Self.greetings
    for _ in 0..<20 {
      let server = try await ScriptedServer(script, closes: true, inOneBurst: true)
      let report = await FeedCheck(try FeedURL("ws://127.0.0.1:\(server.port)")).run()
      #expect(report.end == .history && report.messages == 2, "\(report)")
      try await server.end()
    }
  }

  @Test("frames that clients refuse end the check, and are named")
  func refusedFrames() async throws {
    var reserved = ScriptedServer.text(Self.event(0))
    reserved[0] |= 0x40
    let compressed = try await report(reserved + Self.greetings)
    #expect(compressed.end == .closed && compressed.messages == 0, "\(compressed)")
    #expect(compressed.reason?.contains("reserved bit") == true)
    let masked = try await report([0x81, 0x82, 0, 0, 0, 0] + Array("{}".utf8) + Self.greetings)
    #expect(masked.end == .closed && masked.reason?.contains("masked") == true, "\(masked)")
  }

  @Test("a message in fragments, with a ping within, is one message, and the ping is answered")
  func fragments() async throws {
    let text = Array(
      #"{"tag":"NetworkConnected","seq":7,"x":"\#(String(repeating: "y", count: 3 << 20))"}"#.utf8)
    let middle = text.count / 2
    let server = try await ScriptedServer(
      ScriptedServer.frame(1, Array(text[..<middle]), isLast: false)
        + ScriptedServer.frame(9, Array("alive?".utf8))
        + ScriptedServer.frame(0, Array(text[middle...])) + Self.greetings)
    let report = await FeedCheck(try FeedURL("ws://127.0.0.1:\(server.port)")).run()
    #expect(report.end == .history && report.messages == 2 && report.verdict == .takes, "\(report)")
    #expect(report.largestMessageBytes == UInt64(text.count))
    #expect(report.notes.first?.contains("websockets") == true)
    let answer = await server.pongs.first { _ in true }
    #expect(answer == "alive?")
    try await server.end()
  }

  @Test("ends at the most messages, and at the most time, that were asked for")
  func bounds() async throws {
    let script = (0..<100).flatMap { ScriptedServer.text(Self.event($0)) }
    let some = try await report(script) { $0.messagesMax = 10 }
    #expect(some.end == .messages && some.messages == 10 && some.lastSeq == 9)
    let short = try await report(script) { $0.timeMax = .milliseconds(300) }
    #expect(short.end == .time && short.verdict == .takes)
    let silent = try await report(script) { $0.silenceMax = .milliseconds(300) }
    #expect(silent.end == .silent)
  }

  @Test("a server that closes, breaks the rules, or goes away ended early")
  func early() async throws {
    let close = try await report(
      ScriptedServer.text(Self.event(0))
        + ScriptedServer.frame(8, [0x03, 0xF3] + Array("the events 1 through 5 are gone".utf8)))
    #expect(close.end == .closed && close.messages == 1)
    #expect(close.reason == "the server closed with 1011: the events 1 through 5 are gone")
    let gone = try await report(ScriptedServer.text(Self.event(0)), closes: true)
    #expect(gone.end == .closed || gone.end == .unreachable)
    #expect(gone.reason != nil)
    let broken = try await report(ScriptedServer.frame(0, [1]))
    #expect(broken.end == .closed && broken.messages == 0 && broken.reason != nil)
  }

  @Test("a frame that no client takes is not read, and Oura fails on it")
  func oversized() async throws {
    let head: [UInt8] = [0x81, 127, 0, 0, 0, 0, 0x7F, 0, 0, 0]
    let report = try await report(ScriptedServer.text(Self.event(0)) + head)
    #expect(report.end == .closed && report.clients[0].verdict == .fails, "\(report)")
  }

  @Test("an answer that is no WebSocket is told, and one that does not come")
  func refused() async throws {
    let server = try await ScriptedServer([])
    let url = "ws://127.0.0.1:\(server.port)/?token=wrong"
    let refused = await FeedCheck(try FeedURL(url)).run()
    #expect(refused.end == .refused, "\(refused)")
    #expect(refused.reason == "401 Unauthorized: wrong token")
    #expect(!refused.url.contains("wrong"))
    try await server.end()
    let bound = try Loopback.bound()
    defer { close(bound.descriptor) }
    let nobody = await FeedCheck(try FeedURL("ws://127.0.0.1:\(bound.port)")).run()
    #expect(nobody.end == .unreachable && nobody.reason == "Connection refused", "\(nobody)")
  }

  @Test("a server that accepts and says nothing is left")
  func mute() async throws {
    let listener = try Loopback.listening()
    defer { close(listener.descriptor) }
    var check = FeedCheck(try FeedURL("ws://127.0.0.1:\(listener.port)"))
    check.connectMax = .milliseconds(300)
    let report = await check.run()
    #expect(report.end == .unreachable, "\(report)")
  }
}
