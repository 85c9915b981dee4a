import EventPersistence
import Foundation
import Testing

@testable import CommandSink

extension ProgramTests {
  @Suite("a run of a program")
  struct ProgramRunTests {
    private let folder: ProgramFolder

    init() throws { folder = try ProgramFolder() }

    private func run(
      _ script: String, timeout: Duration = .seconds(30), grace: Duration = .seconds(30)
    ) throws -> ProgramRun {
      let options = try folder.options(script)
      return ProgramRun(
        command: options.command, environment: ["HYDRA_SINKS_TEXT": "it's ok"], timeout: timeout,
        grace: grace)
    }

    @Test("it has its input, and the variables")
    func input() async throws {
      let lines = String(repeating: "0123456789\n", count: 50_000)
      try await run("cat >$1/got; printf %s \"$HYDRA_SINKS_TEXT\" >$1/text; echo out")
        .run(on: Array(lines.utf8))
      #expect(folder.text("got") == lines)
      #expect(folder.text("text") == "it's ok")
    }

    @Test("one that fails is an error with its last line")
    func failure() async throws {
      let error = await sinkError { try await run("echo no route >&2; exit 3").run(on: []) }
      #expect(error?.code == "exit 3" && error?.message.contains("no route") == true)
      let missing = ProgramRun(command: ["/nonexistent/notify"], timeout: .seconds(1))
      let none = await sinkError { try await missing.run(on: []) }
      #expect(none?.code == "no such program")
    }

    @Test("one that takes too long is ended with what it started, also if it ignores SIGTERM")
    func timeout() async throws {
      let slow = try run(
        "trap '' TERM; echo $$ >$1/pid; while :; do sleep 0.1; done",
        timeout: .milliseconds(200), grace: .milliseconds(200))
      let error = await sinkError { try await slow.run(on: []) }
      #expect(error?.code == "timeout" && error?.message.contains("did not finish within") == true)
    }

    @Test("a cancelled task ends it at once")
    func cancelled() async throws {
      mkfifo("\(folder.path)/begun", 0o600)
      let endless = try run("echo begun >$1/begun; sleep 1000")
      let task = Task { await sinkError { try await endless.run(on: []) } }
      // Opening a pipe waits for its writer.
      let pipe = try #require(FileHandle(forReadingAtPath: "\(folder.path)/begun"))
      #expect(try pipe.readToEnd() == Data("begun\n".utf8))
      task.cancel()
      let error = await task.value
      #expect(error?.code == "timeout" || error?.code == "SIGTERM")
    }
  }
}
