import EventPersistence
import EventPersistenceTesting
import Foundation
import Testing

@testable import CommandSink

extension ProgramTests {
  /// Programs that keep each line once, as the guide asks of them: their data outlives them.
  @Suite("The laws of sinks and of driving, for programs")
  struct CommandLawsTests {
    struct Storage: SinkLaws.Storage {
      let folder: ProgramFolder
      let isStream: Bool

      init(isStream: Bool) throws {
        folder = try ProgramFolder()
        self.isStream = isStream
        let program = "\(folder.path)/program"
        try Data(isStream ? Self.stream.utf8 : Self.batch.utf8).write(
          to: URL(fileURLWithPath: program))
      }

      func makeSink(for log: any EventSource, selecting selection: Selection) -> any EventSink {
        let options = CommandSink.Options(
          // As an interpreter's argument: a process between fork and exec may hold the script open
          // for writing.
          command: [isStream ? "python3" : "sh", "\(folder.path)/program", "\(folder.path)/kept"],
          name: "laws",
          childLock: "\(folder.path)/child.lock")
        // A busy machine may take longer than a second to start an interpreter.
        return isStream
          ? CommandStream(options, window: 4000, greetingTime: .seconds(60)) : CommandSink(options)
      }

      func traces() -> [[UInt8]] {
        (folder.text("kept") ?? "").split(separator: "\n").map { Array($0.utf8) }
      }

      /// Both keep a line only if they do not hold it: events that share an id differ in other
      /// fields.
      static let batch = """
        touch "$1"
        while read -r line; do grep -qxF -e "$line" "$1" || printf '%s\\n' "$line" >> "$1"; done
        """
      static let stream = """
        import json, os, sys
        lines = open(sys.argv[1]).read().splitlines() if os.path.exists(sys.argv[1]) else []
        held = set(lines)
        last = json.loads(lines[-1]) if lines else None
        greeting = {"checkpoint": last and last["eventId"]}
        if last:
            greeting |= {"tag": last["stateChanged"]["tag"], "time": last["time"]}
        print(json.dumps(greeting), flush=True)
        with open(sys.argv[1], "a") as kept:
            for line in sys.stdin:
                if not line.endswith("\\n"):
                    break
                if line.rstrip("\\n") not in held:
                    held.add(line.rstrip("\\n"))
                    kept.write(line)
                    kept.flush()
                print(json.dumps({"eventId": json.loads(line)["eventId"]}), flush=True)
        """
    }

    @Test("a program that runs once a batch keeps them")
    func batch() async throws {
      try await SinkLaws { try Storage(isStream: false) }.check()
      try await DriveLaws { try Storage(isStream: false) }.check()
    }

    @Test("a program that streams keeps them", .timeLimit(.minutes(5)))
    func stream() async throws {
      try await SinkLaws { try Storage(isStream: true) }.check()
      try await DriveLaws { try Storage(isStream: true) }.check()
    }
  }
}
