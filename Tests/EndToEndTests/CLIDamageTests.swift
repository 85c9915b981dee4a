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
}
