import EventPersistence
import Foundation
import Testing

@testable import CommandSink

extension ProgramTests {
  @Suite("The command sink")
  struct CommandSinkTests {
    typealias Folder = ProgramFolder

    @Test("a batch comes whole on standard input, and its ids in the environment")
    func batch() async throws {
      let folder = try Folder()
      let sink = try folder.sink(
        #"""
        cat > "$1/out"
        echo "$HYDRA_SINKS_NAME $HYDRA_SINKS_FIRST_ID $HYDRA_SINKS_LAST_ID $HYDRA_SINKS_COUNT" > "$1/env"
        """#)
      #expect(try await sink.open() == .unknown)
      try await sink.put(programBatch([7, 8, 9]))
      #expect(
        folder.text("out")
          == "{\"eventId\":7,\"x\":\"\"}\n{\"eventId\":8,\"x\":\"\"}\n{\"eventId\":9,\"x\":\"\"}\n")
      #expect(folder.text("env") == "audit 7 9 3\n")
    }

    @Test(
      "a batch of any size is complete before the program starts, in a file that cannot change")
    func large() async throws {
      let folder = try Folder()
      let sink = try folder.sink(
        #"""
        test -p /dev/stdin && exit 3
        (echo more >&0) 2>/dev/null && exit 4
        wc -c < /dev/stdin > "$1/size"
        """#)
      try await sink.put(programBatch([1, 2, 3], padding: 1_000_000))
      #expect(folder.text("size") == "\(3 * (1_000_000 + 21))\n")
    }

    @Test("only selected events are handed over, and without any the program does not run")
    func selection() async throws {
      let folder = try Folder()
      let sink = try folder.sink(#"cat >> "$1/out"; echo run >> "$1/runs""#)
      let batch = programBatch([1, 2, 3, 4])
      try await sink.put(batch.selecting { $0.position.eventId % 2 == 0 })
      try await sink.put(batch.selecting { _ in false })
      #expect(folder.text("out") == "{\"eventId\":2,\"x\":\"\"}\n{\"eventId\":4,\"x\":\"\"}\n")
      #expect(folder.text("runs") == "run\n")
    }

    @Test("an exit code is an error to retry, with the last line of standard error")
    func exitCode() async throws {
      let folder = try Folder()
      let sink = try folder.sink(
        "echo first >&2; echo 'database is locked' >&2; echo >&2; exit 7")
      let error = await sinkError { try await sink.put(programBatch([1])) }
      #expect(error?.remedy == .retry)
      #expect(error?.code == "exit 7")
      #expect(
        error?.message
          == "\(folder.path)/program ended with exit code 7: database is locked")
      let facts = await sink.facts()
      #expect(facts["last end"] == "exit 7")
    }

    @Test("a program that writes too much is not delayed, and only the end of its output is kept")
    func chatty() async throws {
      let folder = try Folder()
      let sink = try folder.sink("seq 1 400000 >&2; echo the end >&2; exit 1")
      let error = await sinkError { try await sink.put(programBatch([1])) }
      #expect(error?.message.hasSuffix(": the end") == true)
    }

    @Test("the error names the signal that ended a program")
    func signal() async throws {
      let folder = try Folder()
      let sink = try folder.sink("kill -SEGV $$")
      let error = await sinkError { try await sink.put(programBatch([1])) }
      #expect(error?.remedy == .retry)
      #expect(error?.code == "SIGSEGV")
    }

    @Test(
      "a program that takes too long is ended with all that it started", .timeLimit(.minutes(5)))
    func timeout() async throws {
      let folder = try Folder()
      let sink = try folder.sink("sleep 600; echo late", timeout: .milliseconds(150))
      let error = await sinkError { try await sink.put(programBatch([1])) }
      #expect(error?.remedy == .retry)
      #expect(error?.code == "timeout")
      // If not ended, its `sleep` would hold the lock for ten minutes.
      #expect(try await sink.open() == .unknown)
    }

    @Test("a program that ignores SIGTERM gets SIGKILL")
    func killed() async throws {
      let folder = try Folder()
      let sink = try folder.sink(
        "trap '' TERM; while :; do sleep 0.05; done", timeout: .milliseconds(150),
        grace: .milliseconds(200))
      let error = await sinkError { try await sink.put(programBatch([1])) }
      #expect(error?.code == "timeout")
    }

    @Test("a missing or not executable program stops the sink")
    func notThere() async throws {
      let folder = try Folder()
      var options = CommandSink.Options(
        command: ["\(folder.path)/missing"], name: "a", childLock: "\(folder.path)/child.lock")
      let missing = await sinkError { try await CommandSink(options).put(programBatch([1])) }
      #expect(missing?.remedy == .stop)
      #expect(missing?.code == "no such program")
      try Data("text".utf8).write(to: URL(fileURLWithPath: "\(folder.path)/missing"))
      let plain = await sinkError { try await CommandSink(options).put(programBatch([1])) }
      #expect(plain?.code == "not executable")
      options.command = ["no-such-program-anywhere"]
      let path = await sinkError { try await CommandSink(options).put(programBatch([1])) }
      #expect(path?.code == "no such program")
    }

    @Test("while a program of an earlier driver runs, another driver waits")
    func heldLock() async throws {
      let folder = try Folder()
      // A process that outlives the program still has its lock, like a program that outlives its
      // driver.
      let sink = try folder.sink(#"mkfifo "$1/go"; (read line < "$1/go") & exit 0"#)
      try await sink.put(programBatch([1]))
      let next = try folder.sink(":")
      let held = await sinkError { _ = try await next.open() }
      #expect(held?.remedy == .held)
      #expect(await sinkError { try await next.put(programBatch([1])) }?.remedy == .held)
      // Opening for writing waits for the reader, which then ends and releases the lock.
      let go = open("\(folder.path)/go", O_WRONLY | O_CLOEXEC)
      write(go, "\n", 1)
      close(go)
      while await sinkError({ _ = try await next.open() }) != nil { await Task.yield() }
    }

    @Test("a program has its input, its errors and the lock, and none of our descriptors")
    func descriptors() async throws {
      let folder = try Folder()
      let sink = try folder.sink(#"ls /proc/self/fd | tr '\n' ' ' > "$1/fds""#)
      // A descriptor that a careless library left open across exec.
      let leaked = open("/dev/null", O_RDONLY)
      defer { close(leaked) }
      try await sink.put(programBatch([1]))
      // 4 is the folder that ls itself reads.
      #expect(folder.text("fds") == "0 1 2 3 4 ")
    }

    @Test("a cancelled put waits for its batch")
    func cancelled() async throws {
      let folder = try Folder()
      let sink = try folder.sink(#"sleep 0.2; cat > "$1/out""#)
      let task = Task { try await sink.put(programBatch([1])) }
      task.cancel()
      try await task.value
      #expect(folder.text("out")?.isEmpty == false)
    }

    @Test("the target is the command as typed in a shell")
    func target() {
      #expect(
        CommandSink.text(of: ["load", "--db", "/a b", "it's"]) == "load --db '/a b' 'it'\\''s'")
    }
  }
}
