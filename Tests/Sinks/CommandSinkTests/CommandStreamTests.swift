import EventPersistence
import EventPersistenceTesting
import Foundation
import Testing

@testable import CommandSink

extension ProgramTests {
  @Suite("The command sink that streams")
  struct CommandStreamTests {
    typealias Folder = ProgramFolder

    /// Keeps each line and answers it.
    static let answering = #"""
      while read -r line; do
        echo "$line" >> "$1/out"
        id=${line#*:}; echo "{\"eventId\":${id%%,*}}"
      done
      echo end >> "$1/ends"
      """#

    func batch(_ ids: [UInt64], padding: Int = 0) -> EventBatch {
      programBatch(ids, padding: padding)
    }

    /// The ids of the lines that the program kept.
    func ids(_ folder: Folder, _ file: String = "out") -> [Int] {
      (folder.text(file) ?? "").split(separator: "\n").compactMap {
        Int($0.drop { !$0.isNumber }.prefix { $0.isNumber })
      }
    }

    @Test("one program receives batch after batch; each is stored when it is answered")
    func batches() async throws {
      let folder = try Folder()
      let sink = try folder.stream(Self.answering)
      #expect(try await sink.open() == .unknown)
      for start in stride(from: UInt64(0), to: 40, by: 10) {
        try await sink.put(batch(Array(start..<start + 10)))
        #expect(ids(folder) == Array(0..<Int(start) + 10))
      }
      try await sink.put(batch([40]).selecting { _ in false })
      await sink.close()
      #expect(folder.text("ends") == "end\n")
      let facts = await sink.facts()
      #expect(facts["answers"] == "40" && facts["starts"] == "1" && facts["last end"] == "exit 0")
    }

    @Test("the checkpoint that a program writes is what it holds")
    func checkpoint() async throws {
      let folder = try Folder()
      let sink = try folder.stream(
        #"cat "$1/greeting"; "# + Self.answering, greetingTime: .seconds(30))
      for (greeting, expected) in [
        ("{\"checkpoint\":7}", Holdings.through(Position(eventId: 7))),
        ("{\"checkpoint\":null}", .through(nil)),
      ] {
        try Data((greeting + "\n").utf8).write(
          to: URL(fileURLWithPath: "\(folder.path)/greeting"))
        #expect(try await sink.open() == expected)
      }
    }

    @Test("after a late checkpoint the sink waits for it the next time")
    func lateCheckpoint() async throws {
      let folder = try Folder()
      let sink = try folder.stream(
        #"sleep 0.3; echo '{"checkpoint":3}'; "# + Self.answering,
        greetingTime: .milliseconds(1))
      #expect(try await sink.open() == .unknown)
      let late = await sinkError { try await sink.put(batch([10, 11])) }
      #expect(late?.code == "late checkpoint" && late?.remedy == .retry)
      #expect(try await sink.open() == .through(Position(eventId: 3)))
      try await sink.put(batch([4, 5]))
      // The first program may have read what was in its pipe.
      #expect(ids(folder).suffix(2) == [4, 5])
    }

    @Test("a window bounds the unanswered events")
    func window() async throws {
      let folder = try Folder()
      let sink = try folder.stream(
        "while read -r line; do :; done", timeout: .milliseconds(300), window: 1000)
      _ = try await sink.open()
      // Three of them are within it.
      let batch = batch(Array(0..<9), padding: 300)
      #expect(batch.entries.prefix(3).reduce(0) { $0 + $1.length + 1 } == 3 * 321)
      let error = await sinkError { try await sink.put(batch) }
      #expect(error?.message.contains("any of the 3 events sent with it") == true, "\(error!)")
    }

    @Test(
      "the end of an idle program is noticed and reported",
      arguments: [
        (#"read -r line; echo '{"eventId":1}'; echo 'database gone' >&2; exit 9"#, "exit 9"),
        (#"read -r line; echo '{"eventId":1}'; exec 1>&-; sleep 600"#, "closed"),
      ])
    func endsAtRest(script: String, code: String) async throws {
      let folder = try Folder()
      let sink = try folder.stream(script)
      _ = try await sink.open()
      try await sink.put(batch([1]))
      var found: SinkError?
      // The program ends at some moment; ask repeatedly, as the driver does.
      while found == nil {
        found = await sinkError { try await sink.rest() }
        await Task.yield()
      }
      #expect(found?.code == code && found?.remedy == .retry, "\(found!)")
      #expect(found?.message.contains("while it was idle") == true, "\(found!)")
      // The next one is another program.
      #expect(try await sink.open() == .unknown)
      #expect(await sinkError { try await sink.rest() } == nil)
      await sink.close()
    }

    @Test("each answer is reported as stored, though more of the batch is under way")
    func reports() async throws {
      let folder = try Folder()
      let sink = try folder.stream(Self.answering, reportsEach: .zero)
      _ = try await sink.open()
      var batch = batch(Array(0..<9))
      var parts: [Int] = []
      while let error = await sinkError({ try await sink.put(batch) }) {
        #expect(error.remedy == .again, "\(error)")
        let parted = try #require(error.stored.flatMap { batch.split(after: $0) })
        parts.append(parted.through.spanCount)
        batch = parted.rest
      }
      #expect(parts.reduce(batch.spanCount, +) == 9)
      #expect(await sink.facts()["answered events"] == "9")
      // None was sent twice.
      #expect(ids(folder) == Array(0..<9))
    }

    @Test("answers for a batch that was given up are awaited before another is sent")
    func otherBatch() async throws {
      let folder = try Folder()
      // It answers for the first event at once, and for the others once the last has come.
      let sink = try folder.stream(
        #"""
        while read -r line; do
          id=${line#*:}; id=${id%%,*}; echo "$id" >> "$1/out"
          case $id in
            0) echo '{"eventId":0}' ;;
            8) while [ ! -e "$1/go" ]; do sleep 0.01; done; echo '{"eventId":8}' ;;
            20) echo '{"eventId":20}' ;;
          esac
        done
        """#, reportsEach: .zero)
      _ = try await sink.open()
      let error = await sinkError { try await sink.put(batch(Array(0..<9))) }
      #expect(error?.remedy == .again && error?.stored?.eventId == 0, "\(error!)")
      #expect(FileManager.default.createFile(atPath: "\(folder.path)/go", contents: nil))
      while let error = await sinkError({ try await sink.put(batch([20])) }) {
        #expect(error.remedy == .again && error.stored == nil, "\(error)")
      }
      let received = ids(folder)
      #expect(received.last == 20 && received == Array(0..<received.count - 1) + [20])
    }

    @Test("the second event of an id comes after the first is answered")
    func sharedIds() async throws {
      let folder = try Folder()
      let sink = try folder.stream(
        #"""
        while read -r line; do
          id=${line#*:}; id=${id%%,*}
          # Nothing more may come before the answer.
          if [ "$id" = 5 ]; then
            if read -r -t 0 more 2>/dev/null; then echo early > "$1/early"; fi
          fi
          echo "$id" >> "$1/out"; echo "{\"eventId\":$id}"
        done
        """#)
      _ = try await sink.open()
      let events = [(4, "A"), (5, "A"), (5, "B"), (6, "A")].map {
        StateEvent(
          position: Position(eventId: UInt64($0.0), tag: $0.1),
          json: Array("{\"eventId\":\($0.0),\"t\":\"\($0.1)\"}".utf8))
      }
      try await sink.put(EventBatch(events))
      #expect(folder.text("out") == "4\n5\n5\n6\n")
      #expect(folder.text("early") == nil)
    }

    @Test("the error says how a program died, and what it had answered")
    func dies() async throws {
      let folder = try Folder()
      let sink = try folder.stream(
        #"""
        n=0
        while read -r line; do
          id=${line#*:}; id=${id%%,*}
          if [ ! -e "$1/died" ] && [ $n = 3 ]; then
            : > "$1/died"; echo 'disk full' >&2; exit 9
          fi
          n=$((n+1)); echo "$id" >> "$1/out"; echo "{\"eventId\":$id}"
        done
        """#)
      _ = try await sink.open()
      let batch = batch(Array(0..<8))
      let died = await sinkError { try await sink.put(batch) }
      #expect(died?.code == "exit 9" && died?.remedy == .retry)
      #expect(died?.message.contains("events unanswered: disk full") == true, "\(died!)")
      #expect(died?.stored?.eventId == 2)
      _ = try await sink.open()
      try await sink.put(try #require(batch.split(after: batch.entries[2].position)).rest)
      #expect(ids(folder) == Array(0..<8))
    }

    @Test(
      "an invalid answer, and an id that was never sent, are errors that show the line",
      arguments: [
        ("echo 'Loading model'", "no answer", "\"Loading model\""),
        ("echo '{\"eventId\":99}'", "never sent", "{\"eventId\":99}"),
        ("echo '{\"eventId\":1,\"tag\":\"Other\"}'", "never sent", "Other"),
        ("head -c 100000 /dev/zero | tr '\\0' x", "no answer", "xxx…\""),
        ("printf '\\377\\033[2J\\n'", "no answer", "[2J"),
      ])
    func nonsense(says: String, code: String, shown: String) async throws {
      let folder = try Folder()
      let sink = try folder.stream("read -r line; \(says); read -r line || exit 0; sleep 600")
      _ = try await sink.open()
      let error = await sinkError { try await sink.put(batch([1, 2])) }
      #expect(error?.code == code && error?.remedy == .stop, "\(String(describing: error))")
      #expect(error?.message.contains(shown) == true, "\(String(describing: error))")
      #expect((error?.message.utf8.count ?? 0) < 800)
      // Its `sleep` would hold the lock.
      #expect(try await sink.open() == .unknown)
      await sink.close()
    }

    @Test(
      "a program that never answers is ended; the error names the window if it is full")
    func silent() async throws {
      let folder = try Folder()
      let patient = try folder.stream("while read -r line; do :; done", timeout: .milliseconds(300))
      _ = try await patient.open()
      let error1 = await sinkError { try await patient.put(batch([1, 2])) }
      #expect(error1?.code == "timeout" && error1?.remedy == .retry)
      #expect(error1?.message.contains("has not answered for 1 T within") == true, "\(error1!)")
      let narrow = try folder.stream(
        "while read -r line; do :; done", timeout: .milliseconds(300), window: 10)
      _ = try await narrow.open()
      let error2 = await sinkError { try await narrow.put(batch([1, 2])) }
      #expect(error2?.message.contains("The window of 10 bytes is full") == true, "\(error2!)")
    }

    @Test("a program that answers slowly is not ended")
    func slow() async throws {
      let folder = try Folder()
      let sink = try folder.stream(
        #"while read -r line; do sleep 0.15; id=${line#*:}; echo "{\"eventId\":${id%%,*}}"; done"#,
        timeout: .milliseconds(500))
      _ = try await sink.open()
      try await sink.put(batch(Array(0..<6)))
    }

    @Test("closing the sink closes its input; a program that does not finish is ended")
    func stop() async throws {
      let folder = try Folder()
      let polite = try folder.stream(#"cat > /dev/null; sleep 0.2; echo done > "$1/done""#)
      _ = try await polite.open()
      await polite.close()
      #expect(folder.text("done") == "done\n")
      let stubborn = try folder.stream(
        "trap '' TERM; while :; do sleep 0.05; done", timeout: .milliseconds(100),
        grace: .milliseconds(100))
      _ = try await stubborn.open()
      await stubborn.close()
      #expect(await stubborn.facts()["last end"] == "timed out")
    }

    @Test("a cancelled put reports what the program has answered")
    func cancelled() async throws {
      let folder = try Folder()
      let sink = try folder.stream(
        #"""
        read -r line; echo '{"eventId":1}'; : > "$1/once"; cat > /dev/null
        """#)
      _ = try await sink.open()
      let batch = batch([1, 2, 3])
      let task = Task { try await sink.put(batch) }
      while folder.text("once") == nil { await Task.yield() }
      task.cancel()
      let left = await sinkError { try await task.value }
      #expect(left?.code == "left" && left?.stored?.eventId == 1, "\(left!)")
      await sink.close()
    }

    @Test("while a program of an earlier driver runs, another driver waits")
    func heldLock() async throws {
      let folder = try Folder()
      let first = try folder.stream(Self.answering)
      _ = try await first.open()
      let second = try folder.stream(Self.answering)
      #expect(await sinkError { _ = try await second.open() }?.remedy == .held)
      await first.close()
      #expect(try await second.open() == .unknown)
      await second.close()
    }

    @Test("a missing program stops the sink")
    func notThere() async throws {
      let folder = try Folder()
      let sink = CommandStream(
        .init(
          command: ["no-such-program-anywhere"], name: "a", childLock: "\(folder.path)/lock"))
      let missing = await sinkError { _ = try await sink.open() }
      #expect(missing?.remedy == .stop && missing?.code == "no such program")
    }

    @Test("a program that closes its input is an error, and no signal ends this process")
    func closesInput() async throws {
      let folder = try Folder()
      let sink = try folder.stream("exec 0<&-; sleep 600")
      _ = try await sink.open()
      let error = await sinkError { try await sink.put(batch(Array(0..<9), padding: 300_000)) }
      #expect(error?.code == "closed", "\(String(describing: error))")
    }
  }
}
