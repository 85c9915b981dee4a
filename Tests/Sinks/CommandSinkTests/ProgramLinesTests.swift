import EventPersistence
import Foundation
import Testing

@testable import CommandSink

extension ProgramTests {
  @Suite("The lines that a program lists")
  struct ProgramLinesTests {
    func lines(
      _ script: String, timeout: Duration = .seconds(30),
      lineBytesMax: Int = ProgramLines.lineBytesMax
    ) -> ProgramLines {
      ProgramLines(
        command: ["/bin/sh", "-c", script], name: "audit", timeout: timeout,
        lineBytesMax: lineBytesMax)
    }

    /// The lines that came, and the error that ended them.
    func collect(_ lines: ProgramLines) async -> (texts: [String], error: SinkError?) {
      var texts: [String] = []
      do throws(SinkError) {
        for try await line in lines { texts.append(String(decoding: line, as: UTF8.self)) }
        return (texts, nil)
      } catch {
        return (texts, error)
      }
    }

    @Test("they come in order and whole, even the last one without a line feed")
    func all() async {
      let (texts, error) = await collect(
        lines(#"echo "$HYDRA_SINKS_NAME"; seq 1 100000; printf end"#))
      #expect(error == nil)
      #expect(texts == ["audit"] + (1...100_000).map(String.init) + ["end"])
    }

    @Test("an exit code that cuts a list short is an error after its lines")
    func cutShort() async {
      let (texts, error) = await collect(lines("echo 1; echo 'no such table' >&2; exit 3"))
      #expect(texts == ["1"])
      #expect(error?.code == "exit 3")
      #expect(error?.message.hasSuffix("before its list was complete: no such table") == true)
    }

    @Test("a program that lists nothing for too long is ended")
    func silent() async {
      let (_, error) = await collect(lines("sleep 600", timeout: .milliseconds(200)))
      #expect(error?.code == "timeout")
    }

    @Test("a line may be as long as an event")
    func long() async {
      let (texts, error) = await collect(
        lines("head -c 3000000 /dev/zero | tr '\\0' x; echo; echo end"))
      #expect(error == nil)
      #expect(texts.map(\.utf8.count) == [3_000_000, 3])
    }

    @Test("a line without end is an error and does not fill the memory")
    func endless() async {
      let (_, error) = await collect(lines("cat /dev/zero", lineBytesMax: 1 << 20))
      #expect(error?.code == "long line")
    }

    @Test("a program is ended when the iteration stops")
    func left() async throws {
      var iterator = Optional(lines("echo $$; exec sleep 600").makeAsyncIterator())
      let first = try #require(try await iterator?.next(isolation: nil))
      let pid = try #require(Int32(String(decoding: first, as: UTF8.self)))
      #expect(kill(pid, 0) == 0)
      iterator = nil
      while kill(pid, 0) == 0 { await Task.yield() }
    }
  }
}
