import Foundation
import Testing

@Suite("a damaged log", .timeLimit(.minutes(5))) struct CLIDamageTests {
  @Test("a line that is too long stops a drive until an order passes over it")
  func longLine() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(200)
    let lines = folder.text("log/state").split(separator: "\n", omittingEmptySubsequences: false)
    let head = lines[..<100].joined(separator: "\n") + "\n"
    let log = try #require(FileHandle(forUpdatingAtPath: "\(folder.log)/state"))
    // Blocks that were never written cost nothing and read as NUL bytes.
    let end = UInt64(head.utf8.count + (260 << 20))
    try log.truncate(atOffset: UInt64(head.utf8.count))
    try log.truncate(atOffset: end)
    try log.seek(toOffset: end)
    try log.write(contentsOf: Data(("\n" + lines[101...].joined(separator: "\n")).utf8))
    try log.close()
    try folder.configure("{name: archive, kind: file, path: archive}")

    let stopped = try await folder.run("run", "--until-head")
    #expect(stopped.code == 2, "\(stopped)")
    #expect(stopped.errors.contains("at byte \(head.utf8.count)"), "\(stopped)")
    #expect(stopped.errors.contains("hydra-sinks replay archive --clamp"), "\(stopped)")
    #expect(try CLIFolder.ids(folder.archive("archive")) == Array(0..<100))
    let status = try await folder.run("status", "--json")
    #expect(status.text.contains("\"stalled\""), "\(status)")
    #expect(status.text.contains("hydra-sinks replay archive --clamp"), "\(status)")

    let refused = try await folder.run("replay", "archive", "--execute")
    #expect(refused.code == 2 && refused.text.contains("--clamp"), "\(refused)")
    let plan = try await folder.run("replay", "archive", "--clamp")
    #expect(plan.code == 0 && plan.text.contains("passes over the event 100"), "\(plan)")
    #expect(plan.text.contains("at byte \(head.utf8.count)"), "\(plan)")
    let done = try await folder.run("replay", "archive", "--clamp", "--execute")
    #expect(done.code == 0, "\(done)")
    let journal = folder.text("state/archive/journal.jsonl")
    #expect(journal.contains("passes over the event 100, which cannot be read"), "\(journal)")
    let run = try await folder.run("run", "--until-head")
    #expect(run.code == 0, "\(run)")
    #expect(try CLIFolder.ids(folder.archive("archive")) == Array(0..<100) + Array(101..<200))
    let verified = try await folder.run("verify", "archive")
    #expect(verified.code == 3 && verified.text.contains("compare with  100: "), "\(verified)")
  }

  @Test("damage at the beginning of a log is passed over on an order, and journaled")
  func beginning() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(400, "--format", "sqlite-json")
    let file = try #require(FileHandle(forUpdatingAtPath: "\(folder.log)/hydra.db"))
    try file.seek(toOffset: 2 * 4096)
    try file.write(contentsOf: Data(count: 4096))
    try file.close()
    try folder.configure("{name: archive, kind: file, path: archive}")
    let stopped = try await folder.run("run", "--until-head")
    #expect(stopped.code == 2 && stopped.errors.contains("replay archive --clamp"), "\(stopped)")
    let done = try await folder.run("replay", "archive", "--clamp", "--execute")
    #expect(done.code == 0, "\(done)")
    let ids = try CLIFolder.ids(folder.archive("archive"))
    #expect(ids == Array(ids[0]...399) && (1..<200).contains(ids[0]))
    #expect(folder.text("state/archive/replays.jsonl").contains("which cannot be read"))
    #expect(folder.text("state/archive/journal.jsonl").contains("passes over the events 0 to"))
    #expect(try await folder.run("run", "--until-head").code == 0)
    let verified = try await folder.run("verify", "archive", "--json")
    #expect(verified.code == 3, "\(verified)")
    let holes = try verified.document()["holes"] as? [[String: Any]]
    #expect(holes?.first?["through"] as? Int == ids[0] - 1, "\(verified)")
  }

  @Test("the beginning of a hydra.db that was cut off is stored, and the rest once it is whole")
  func cutOff() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(400, "--format", "sqlite-json")
    let database = "\(folder.log)/hydra.db"
    let whole = try #require(folder.read("log/hydra.db"))
    try whole.write(to: URL(fileURLWithPath: "\(folder.path)/whole.db"))
    #expect(truncate(database, whole.count / 2) == 0)
    try folder.configure("{name: archive, kind: file, path: archive}")
    let stopped = try await folder.run("run", "--until-head")
    #expect(stopped.code == 2 && stopped.errors.contains("hydra.db is damaged"), "\(stopped)")
    let stored = try #require(folder.checkpoint("archive"))
    #expect((50..<350).contains(stored))
    #expect(try CLIFolder.ids(folder.archive("archive")) == Array(0...stored))
    let verified = try await folder.run("verify", "archive", "--json")
    #expect(verified.code == 0 || verified.code == 3, "\(verified)")
    #expect(try verified.document()["same"] as? Int == stored + 1, "\(verified)")

    let live = try folder.start(["run"])
    try await eventually("the driver waits for the log") {
      folder.json("state/archive/driver.json").map {
        $0["stopped"] as? Bool == true && $0["pid"] as? Int == Int(live.pid)
      } ?? false
    }
    #expect(rename("\(folder.path)/whole.db", database) == 0)
    try await eventually("the rest is stored") { folder.checkpoint("archive") == 399 }
    live.send(SIGTERM)
    #expect(try await live.end().code == 0)
    #expect(try await folder.run("run", "--until-head").code == 0)
    #expect(try CLIFolder.ids(folder.archive("archive")) == Array(0..<400))
  }

  @Test("only --clamp continues after a missing archive in the middle of the log")
  func missingArchive() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(320, "--rotate-after", "100")
    unlink("\(folder.log)/state-200")
    try folder.configure("{name: archive, kind: file, path: archive}")
    #expect(try await folder.run("run", "--until-head").code == 2)
    let stored = try CLIFolder.ids(folder.archive("archive"))
    let done = try await folder.run("replay", "archive", "--clamp", "--execute")
    #expect(done.code == 0, "\(done)")
    try await folder.simulate(20, "--rotate-after", "1000")
    let run = try await folder.run("run", "--until-head")
    #expect(run.code == 0, "\(run)")
    let all = try CLIFolder.ids(folder.archive("archive"))
    #expect(all.starts(with: stored) && all.count > 220 && all[stored.count] == 200, "\(all)")
    let verified = try await folder.run("verify", "archive", "--json")
    #expect(verified.code == 3, "\(verified)")
    let holes = try verified.document()["holes"] as? [[String: Any]]
    #expect(holes?.first?["from"] as? Int == 101, "\(verified)")
    #expect(holes?.first?["through"] as? Int == 200, "\(verified)")
    let rewind = try await folder.run("replay", "archive", "--from", "50", "--execute")
    #expect(rewind.code == 2 && rewind.text.contains("the events 101 to 200"), "\(rewind)")
    #expect(try await folder.run("status").code == 0)
  }

  /// Overwrites `count` bytes of a file of the log with zeros.
  private func zero(_ name: String, at offset: UInt64, count: Int, in folder: CLIFolder) throws {
    let file = try #require(FileHandle(forUpdatingAtPath: "\(folder.log)/\(name)"))
    try file.seek(toOffset: offset)
    try file.write(contentsOf: Data(count: count))
    try file.close()
  }

  @Test(
    "an archive of what the log cannot read any more is not proven, and not called wrong",
    arguments: [("state", 200), ("state", 12_000), ("sqlite-json", 200), ("sqlite-json", 12_000)]
      // Of a large row of CBOR, zeros in a transaction are as good as any bytes.
      + [("sqlite-cbor", 200)])
  func unknown(_ format: String, _ payload: Int) async throws {
    let folder = try CLIFolder()
    try await folder.simulate(1000, "--format", format, "--payload", "\(payload)")
    try folder.configure("{name: archive, kind: file, path: archive}")
    #expect(try await folder.run("run", "--until-head").code == 0)
    let name = format == "state" ? "state" : "hydra.db"
    let size = UInt64(try #require(folder.read("log/\(name)")).count)
    for share: UInt64 in [3, 5] {
      try zero(name, at: size * share / 8 / 4096 * 4096, count: 4096, in: folder)
    }
    let verified = try await folder.run("verify", "archive", "--json")
    #expect(verified.code == 3, "\(verified)")
    let document = try verified.document()
    #expect((document["extra"] as? [String: Any])?["events"] as? Int == 0, "\(verified)")
    let holes = try #require(document["holes"] as? [[String: Any]])
    #expect(holes.count == 2, "\(verified)")
    var unknown = 0
    for hole in holes {
      let (from, through) = (hole["from"] as! Int, hole["through"] as! Int)
      #expect((hole["reason"] as? String)?.contains("\(name) ") == true)
      unknown += through - from + 1
    }
    #expect(unknown > 0 && unknown < 100, "\(holes)")
    #expect((document["unproven"] as? [String: Any])?["events"] as? Int == unknown)
    #expect(document["same"] as? Int == 1000 - unknown, "\(verified)")
    let text = try await folder.run("verify", "archive")
    #expect(text.text.contains("nothing to compare with"), "\(text)")
  }

  @Test("what lies before and after a hole of the log is repaired, by a command each")
  func repairs() async throws {
    let folder = try CLIFolder()
    try folder.configure("{name: archive, kind: file, path: archive, max-events: 50}")
    try await folder.simulate(400, "--rotate-after", "100")
    #expect(try await folder.run("run", "--until-head").code == 0)
    let whole = try CLIFolder.ids(folder.archive("archive"))
    unlink("\(folder.log)/state-200")
    let segments = try FileManager.default.contentsOfDirectory(
      atPath: "\(folder.path)/archive/events"
    ).sorted()
    for index in [0, segments.count - 2] {
      unlink("\(folder.path)/archive/events/\(segments[index])")
    }
    let found = try await folder.run("verify", "archive")
    #expect(found.code == 2, "\(found)")
    #expect(found.text.contains("To repair it, each of these:"), "\(found)")
    let commands = found.lines.filter { $0.hasPrefix("  hydra-sinks replay") }
    #expect(commands.count == 2, "\(found)")
    for command in commands {
      let words = command.split(separator: " ").dropFirst().map(String.init)
      let replay = try await folder.run(words)
      #expect(replay.code == 0, "\(replay)")
      // What is still open is in `status`.
      let status = try await folder.run("status")
      #expect(status.text.contains(command == commands[0] ? "damaged" : "unconfirmed"), "\(status)")
    }
    #expect(try await folder.run("verify", "archive").code == 3)
    #expect(try CLIFolder.ids(folder.archive("archive")) == whole)
  }

  @Test("what lies before and after a damaged page of the log is repaired, by a command each")
  func repairsAroundDamage() async throws {
    let folder = try CLIFolder()
    try folder.configure("{name: archive, kind: file, path: archive, max-events: 100}")
    try await folder.simulate(1000, "--format", "sqlite-json")
    #expect(try await folder.run("run", "--until-head").code == 0)
    let whole = try folder.archive("archive")
    let size = UInt64(try #require(folder.read("log/hydra.db")).count)
    // In the middle, and the end.
    try zero("hydra.db", at: size / 2 / 4096 * 4096, count: 4096, in: folder)
    try zero("hydra.db", at: size - 4096, count: 4096, in: folder)
    let lines = whole.split(separator: 0x0A, omittingEmptySubsequences: false)
    let events = "\(folder.path)/archive/events"
    for name in try FileManager.default.contentsOfDirectory(atPath: events) {
      // One event of each segment has other content.
      let file = URL(fileURLWithPath: "\(events)/\(name)")
      var text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
      let tag = try #require(text.range(of: "\"tag\":\"T"))
      text.replaceSubrange(tag, with: "\"tag\":\"Q")
      try Data(text.utf8).write(to: file)
    }
    #expect(lines.count == 1001)
    let found = try await folder.run("verify", "archive")
    #expect(found.code == 2, "\(found)")
    let commands = found.lines.compactMap { line in
      line.range(of: "hydra-sinks replay archive ").map { String(line[$0.lowerBound...]) }
    }
    #expect(commands.count == 2, "\(found)")
    for command in commands {
      let replay = try await folder.run(command.split(separator: " ").dropFirst().map(String.init))
      #expect(replay.code == 0, "\(replay)")
    }
    let verified = try await folder.run("verify", "archive")
    #expect(verified.code == 3, "\(verified)")
  }

  @Test("a part that was mended narrows what verify found", .timeLimit(.minutes(2)))
  func narrowed() async throws {
    let folder = try CLIFolder()
    try folder.configure("{name: archive, kind: file, path: archive, max-events: 100}")
    try await folder.simulate(1000)
    #expect(try await folder.run("run", "--until-head").code == 0)
    let events = "\(folder.path)/archive/events"
    let segments = try FileManager.default.contentsOfDirectory(atPath: events).sorted()
    for index in [2, 6] { unlink("\(events)/\(segments[index])") }
    #expect(try await folder.run("verify", "archive").code == 2)
    #expect(try await folder.run("status").text.contains(": 200 missing"))
    let plan = try await folder.run("replay", "archive", "--from", "150", "--through", "350")
    #expect(
      plan.text.contains("what the last verify found wrong stays open at 600 to 699"), "\(plan)")
    let half = ["replay", "archive", "--from", "150", "--through", "350", "--execute"]
    #expect(try await folder.run(half).code == 0)
    let status = try await folder.run("status")
    #expect(status.code == 2 && status.text.contains(": 100 missing"), "\(status)")
    #expect(status.text.contains("--from 599 --through 700"), "\(status)")
    #expect(try await folder.run("verify", "archive", "--through", "500").code == 0)
    #expect(try await folder.run("status").text.contains(": 100 missing"))
    let rest = ["replay", "archive", "--from", "600", "--through", "699", "--execute"]
    let last = try await folder.run(rest.dropLast())
    #expect(last.text.contains("delivers again what the last verify found wrong"), "\(last)")
    #expect(try await folder.run(rest).code == 0)
    #expect(try await folder.run("verify", "archive", "--from", "500").code == 0)
    #expect(try await folder.run("status").code == 0)
  }
}
