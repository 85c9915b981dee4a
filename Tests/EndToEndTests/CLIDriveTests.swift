import EventPersistenceTesting
import Foundation
import Testing

/// Driving, and dying while driving.
@Suite("the command line: driving", .serialized)
struct CLIDriveTests {
  /// Appends what it gets to a file of its own.
  static let collector = """
    #!/bin/sh
    cat >>"$1"

    """

  @Test(
    "a driver that is killed at random loses nothing, and the file has each event once",
    .timeLimit(.minutes(5)), arguments: SeededRandom.freshSeed())
  func strikes(seed: UInt64) async throws {
    let folder = try CLIFolder()
    try folder.write(Self.collector, to: "collect", mode: 0o700)
    try folder.configure(
      "{name: archive, kind: file, path: archive}",
      "{name: packed, kind: file, path: packed, compression: zstd, interval: 1s, max-events: 150}",
      "{name: audit, kind: command, command: [./collect, audit.jsonl]}")
    let node = try folder.start(["simulate", folder.log, "--payload", "300"])
    try await eventually("a log") { folder.read("log/state") != nil }
    var random = SeededRandom(seed)
    for _ in 0..<24 {
      let driver = try folder.start(["run"])
      // The moment of the strike is the point of the test: from before the lock is taken to well within
      // the delivery.
      try await Task.sleep(for: .milliseconds(Int.random(in: 5...450, using: &random)))
      driver.send(SIGKILL)
      let outcome = try await driver.end()
      #expect(outcome.code == -SIGKILL, "\(outcome)")
    }
    node.send(SIGTERM)
    let written = try await node.end()
    #expect(written.code == 0, "\(written)")
    let run = try await folder.run("run", "--until-head", within: .seconds(180))
    #expect(run.code == 0, "\(run)")
    let log = try #require(folder.read("log/state"))
    let ids = try CLIFolder.ids(log)
    #expect(ids == Array(0..<ids.count) && ids.count > 1000)
    #expect(try folder.archive("archive") == log, "the archive is not the log, byte for byte")
    let packed = try await folder.run("events", "--of", "packed")
    #expect(packed.code == 0 && Data(packed.text.utf8) == log, "the packed one is not the log")
    let collected = try CLIFolder.ids(folder.read("audit.jsonl") ?? Data())
    #expect(Set(collected) == Set(ids))
    #expect(folder.checkpoint("archive") == ids.last)
    #expect(folder.checkpoint("audit") == ids.last)
  }

  @Test("the same log in both formats gives a sink the same bytes")
  func bothFormats() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(700)
    let log = try #require(folder.read("log/state"))
    let events = log.split(separator: 0x0A).map { Data($0) }
    try FileManager.default.createDirectory(
      atPath: "\(folder.path)/db", withIntermediateDirectories: true)
    try CLILogTests.database(at: "\(folder.path)/db/hydra.db", version: 1, events: events)
    for name in ["log", "db"] {
      let run = try await folder.run(
        "run", "--dir", name, "--sink", "file://\(folder.path)/of-\(name)", "--until-head",
        adding: ["STATE_DIRECTORY": "\(folder.path)/state-\(name)"])
      #expect(run.code == 0, "\(run)")
    }
    #expect(try folder.archive("of-log") == log)
    #expect(try folder.archive("of-db") == log)
  }

  @Test("one of two drivers drives, the other waits; with --no-wait it is refused with 75")
  func twoDrivers() async throws {
    let folder = try CLIFolder()
    try folder.configure("{name: archive, kind: file, path: archive}")
    try await folder.simulate(20)
    let first = try folder.start(["run"])
    try await eventually("the first to drive") { folder.checkpoint("archive") == 19 }
    let refused = try await folder.run("run", "--no-wait")
    #expect(refused.code == 75, "\(refused)")
    let second = try folder.start(["run"])
    first.send(SIGTERM)
    let ended = try await first.end()
    #expect(ended.code == 0, "\(ended)")
    try await folder.simulate(10)
    try await eventually("the second to take over") { folder.checkpoint("archive") == 29 }
    second.send(SIGINT)
    #expect(try await second.end().code == 0)
    #expect(try CLIFolder.ids(folder.archive("archive")) == Array(0..<30))
  }

  @Test("after the end of a pause that no driver was there to end, a replay is carried out")
  func elapsedPause() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(40)
    try folder.configure("{name: archive, kind: file, path: archive}")
    #expect(try await folder.run("run", "--until-head").code == 0)
    try folder.write(
      #"{"by":"a@h","at":"2026-07-15T10:00:00Z","resumeAt":"2026-07-15T10:00:01Z"}"#,
      to: "state/archive/pause.json")
    let replay = try await folder.run("replay", "archive", "--from", "10", "--execute")
    #expect(replay.code == 0, "\(replay)")
    #expect(folder.read("state/archive/pause.json") == nil)
  }

  @Test("under nohup, a terminal that closes does not end a drive")
  func hangup() async throws {
    let folder = try CLIFolder()
    try folder.configure("{name: archive, kind: file, path: archive}")
    try await folder.simulate(20)
    let lasting = try CLIRun(
      [CLIProgram.path, "run"], in: folder.path, environment: folder.environment,
      program: "/usr/bin/nohup")
    try await eventually("the drive") { folder.checkpoint("archive") == 19 }
    lasting.send(SIGHUP)
    try await folder.simulate(10)
    try await eventually("the rest") { folder.checkpoint("archive") == 29 }
    lasting.send(SIGTERM)
    #expect(try await lasting.end().code == 0)
  }

  @Test("after a driver dies while its program still runs, no second program starts")
  func programOutlivesDriver() async throws {
    let folder = try CLIFolder()
    try folder.write(
      """
      #!/bin/sh
      echo "begin $$" >>order
      while [ ! -e go ]; do sleep 0.05; done
      cat >>audit.jsonl
      echo "end $$" >>order

      """, to: "slow", mode: 0o700)
    try folder.configure("{name: audit, kind: command, command: [./slow]}")
    try await folder.simulate(10)
    let first = try folder.start(["run"])
    try await eventually("the program to begin") { folder.text("order").contains("begin") }
    first.send(SIGKILL)
    _ = try await first.end()
    let second = try folder.start(["run", "--until-head"])
    try await eventually("the second driver to hold the lock") {
      try await folder.run("status", "--json").text.contains("\"pid\":\(second.pid)")
    }
    #expect(folder.text("order").split(separator: "\n").count == 1, "two programs at once")
    try folder.write("", to: "go")
    let outcome = try await second.end()
    #expect(outcome.code == 0, "\(outcome)")
    let order = folder.text("order").split(separator: "\n").map { $0.split(separator: " ")[0] }
    #expect(order == ["begin", "end", "begin", "end"], "\(folder.text("order"))")
    #expect(Set(try CLIFolder.ids(folder.read("audit.jsonl") ?? Data())) == Set(0..<10))
  }

  @Test("a folder that is bound to another target is not driven, until it is adopted")
  func bound() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(10)
    try folder.configure("{name: archive, kind: file, path: here}")
    #expect(try await folder.run("run", "--until-head").code == 0)
    try folder.configure("{name: archive, kind: file, path: there}")
    let refused = try await folder.run("run", "--until-head")
    #expect(refused.code == 78, "\(refused)")
    #expect(refused.errors.contains("/here") && refused.errors.contains("/there"), "\(refused)")
    #expect(folder.read("there/hydra-sinks.json") == nil)
    let adopted = try await folder.run("adopt", "archive")
    #expect(adopted.code == 0, "\(adopted)")
    #expect(try await folder.run("run", "--until-head").code == 0)
  }

  @Test("a drive to the head ends with the state in which it leaves the secondary")
  func lastState() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(3000)
    try folder.configure("{name: archive, kind: file, path: archive}")
    #expect(try await folder.run("run", "--until-head").code == 0)
    let states = folder.text("state/archive/journal.jsonl").split(separator: "\n")
      .filter { $0.contains("\"kind\":\"state\"") }
    #expect(states.last?.contains("\"text\":\"ok\"") == true, "\(states)")
  }

  @Test("without a configuration, two nodes can have a secondary of one name")
  func twoNodes() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(10)
    try await folder.run("simulate", "log2", "--count", "20", "--seed", "5")
    for (log, head) in [("log", 9), ("log2", 19)] {
      let run = try await folder.run(
        "run", "--until-head", "--dir", log, "--sink", "file://\(folder.path)/of-\(log)#archive")
      #expect(run.code == 0, "\(run)")
      let status = try await folder.run("status", log, "--json")
      #expect(status.code == 0, "\(status)")
      let archive = try #require((status.document()["secondaries"] as? [[String: Any]])?.first)
      #expect((archive["checkpoint"] as? [String: Any])?["eventId"] as? Int == head)
    }
    // What it is configured as later is what it was.
    try folder.write(
      "persistence-dir: log2\nsecondaries:\n  - {name: archive, kind: file, path: of-log2}\n",
      to: "hydra-sinks.yaml")
    let configured = try await folder.run("status")
    #expect(configured.code == 0 && configured.text.contains("19"), "\(configured)")
  }

  @Test("an unreadable checkpoint is named, and never overwritten")
  func nonsense() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(10)
    try folder.configure("{name: archive, kind: file, path: archive}")
    try folder.write("{\"eventId\":\"many\"}", to: "state/archive/checkpoint.json")
    let run = try await folder.run("run", "--until-head")
    #expect(run.code == 2, "\(run)")
    #expect(run.errors.contains("checkpoint.json"), "\(run)")
    let status = try await folder.run("status")
    #expect(status.code == 3, "\(status)")
    #expect(folder.text("state/archive/checkpoint.json") == "{\"eventId\":\"many\"}")
  }

  @Test("a state directory that is not writable is reported with the next step")
  func notWritable() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(10)
    try folder.write("", to: "state")
    try folder.configure("{name: archive, kind: file, path: archive}")
    let run = try await folder.run("run", "--until-head")
    #expect(run.code == 2, "\(run)")
    #expect(run.errors.contains("\(folder.state)"), "\(run)")
    #expect(try await folder.run("check").code == 2)
  }

  @Test("a missing program stops its secondary, and the others finish")
  func oneStops() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(10)
    try folder.configure(
      "{name: archive, kind: file, path: archive}",
      "{name: audit, kind: command, command: [./nowhere]}")
    let run = try await folder.run("run", "--until-head")
    #expect(run.code == 2, "\(run)")
    #expect(run.errors.contains("nowhere"), "\(run)")
    #expect(folder.checkpoint("archive") == 9)
    let check = try await folder.run("check")
    #expect(check.code == 2, "\(check)")
    #expect(check.text.contains("nowhere"), "\(check)")
  }
}
