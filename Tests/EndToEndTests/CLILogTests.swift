import Foundation
import SQLite
import Testing

/// What the program does with the node's log, whole or broken.
@Suite("the command line: the log", .serialized)
struct CLILogTests {
  @Test("events prints the log byte for byte, and parts of it by id, tag and count")
  func events() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(300)
    let log = try #require(folder.read("log/state"))
    #expect(try await folder.run("events", "log").output == log)
    let part = try await folder.run("events", "log", "--from", "10", "--through", "19")
    #expect(try CLIFolder.ids(part.output) == Array(10...19))
    #expect(
      try await CLIFolder.ids(folder.run("events", "log", "--after", "294").output)
        == Array(295...299))
    #expect(
      try await CLIFolder.ids(folder.run("events", "log", "--last", "2").output) == [298, 299])
    let ticks = try await folder.run("events", "log", "--tag", "TickObserved")
    let expected = log.split(separator: 0x0A).filter {
      String(decoding: $0, as: UTF8.self).contains("\"tag\":\"TickObserved\"")
    }
    #expect(ticks.lines.count == expected.count)
    let summary = try await folder.run("events", "log", "--summary", "--last", "3")
    #expect(summary.lines.count == 3 && summary.text.contains("298"), "\(summary)")
  }

  @Test(
    "an archive that every secondary has stored may go: the log begins later, and nothing is lost")
  func neededNoMore() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(300, "--rotate-after", "100")
    try folder.configure("{name: archive, kind: file, path: archive}")
    #expect(try await folder.run("run", "--until-head").code == 0)
    try FileManager.default.removeItem(atPath: "\(folder.log)/state-100")
    let status = try await folder.run("status")
    #expect(status.code == 0 && !status.text.contains("lost"), "\(status)")
    let archives = try await folder.run("archives")
    #expect(
      archives.text.contains("events 0 through 100, which every secondary has stored"),
      "\(archives)")
    let screen = try await folder.run("watch", "--once")
    #expect(!screen.text.contains("any more"), "\(screen)")
    try folder.configure(
      "{name: archive, kind: file, path: archive}", "{name: late, kind: file, path: late}")
    let late = try await folder.run("status")
    #expect(late.text.contains("lost: events 0 through 100"), "\(late)")
  }

  @Test("events --follow prints new events, and ends quietly when its reader has gone")
  func follow() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(5)
    let follower = try folder.start(["events", "log", "--follow"])
    try await eventually("the first five") { try CLIFolder.ids(follower.written).count == 5 }
    try await folder.simulate(5)
    try await eventually("five more") { try CLIFolder.ids(follower.written) == Array(0..<10) }
    // A rotation under it, and a restart of the node with a line in hand, are only more events.
    try await folder.simulate(30, "--rotate-after", "12")
    let all = try await folder.run("events", "log").output
    try await eventually("the events of a rotation") { follower.written == all }
    let log = try #require(FileHandle(forWritingAtPath: "\(folder.log)/state"))
    try log.seekToEnd()
    try log.write(contentsOf: Data("{\"eventId\":40,\"stateChanged\":".utf8))
    try log.write(
      contentsOf: Data("{\"tag\":\"TickObserved\",\"chainSlot\":1}}\n".utf8))
    try await eventually("the line that came in two pieces") {
      String(decoding: follower.written, as: UTF8.self).hasSuffix("\"chainSlot\":1}}\n")
    }
    #expect(try await folder.run("events", "log").output == follower.written)
    follower.send(SIGTERM)
    _ = try await follower.end()
    let bounded = try folder.start(["events", "log", "--follow", "--through", "5"])
    #expect(try await CLIFolder.ids(bounded.end().output) == Array(0...5))
    try await folder.simulate(3000)
    let piped = try CLIRun(
      ["-c", "'\(CLIProgram.path)' events log | head -1"], in: folder.path,
      environment: folder.environment, program: "/bin/sh")
    let outcome = try await piped.end()
    #expect(outcome.code == 0 && outcome.lines.count == 1)
    #expect(outcome.errors.isEmpty, "\(outcome)")
  }

  @Test("names of hostile bytes in the directory neither harm nor reach a terminal")
  func hostileNames() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(20)
    let log = try #require(folder.read("log/state"))
    // Not UTF-8, controls, a direction override; and some that are nearly a part of a log.
    let names: [[UInt8]] = [
      [0xFF, 0xFE, 0x80], Array("\u{1B}[2J\u{07}".utf8), Array("\u{202E}etats".utf8),
      Array("state-\u{1B}]0;x\u{07}".utf8), Array("state-99999999999999999999999999".utf8),
      Array("state-5\n".utf8), Array("a".utf8) + [UInt8](repeating: 0xC0, count: 200),
    ]
    for name in names + names.map({ Array("old-state/hydra-".utf8) + $0 + Array(".db".utf8) }) {
      mkdir("\(folder.log)/old-state", 0o755)
      let path = Array(folder.log.utf8) + [0x2F] + name + [0]
      let file = path.withUnsafeBytes {
        open($0.baseAddress!.assumingMemoryBound(to: CChar.self), O_CREAT | O_WRONLY, 0o600)
      }
      #expect(file >= 0)
      write(file, "no log\n", 7)
      close(file)
    }
    #expect(try await folder.run("events", "log").output == log)
    try folder.configure("{name: archive, kind: file, path: archive}")
    for arguments in [
      ["run", "--until-head"], ["status"], ["check"], ["archives"], ["events", "--torn"],
      ["watch", "--once"],
    ] {
      let outcome = try await folder.run(arguments)
      #expect(outcome.code == 0, "\(arguments): \(outcome)")
      let said = outcome.output + Data(outcome.errors.utf8)
      #expect(!said.contains(0x1B) && !said.contains(0x07), "\(arguments)")
      #expect(!(outcome.text + outcome.errors).contains("\u{202E}"), "\(arguments)")
    }
    #expect(try folder.archive("archive") == log)
  }

  @Test("status of a directory that does not exist or has no log exits 3, with its document")
  func noLog() async throws {
    let folder = try CLIFolder()
    for name in ["log", "nowhere"] {
      let human = try await folder.run("status", name)
      #expect(human.code == 3, "\(human)")
      #expect((human.text + human.errors).contains(name), "\(human)")
      let json = try await folder.run("status", name, "--json")
      #expect(json.code == 3, "\(json)")
      let primary = try json.document()["primary"] as? [String: Any]
      #expect(primary?["state"] as? String == "missing", "\(json)")
      #expect(primary?["lastEventId"] is NSNull, "\(json)")
    }
    let run = try await folder.run(
      "run", "--dir", "log", "--sink", "file://\(folder.path)/archive", "--until-head")
    #expect(run.code == 3, "\(run)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.log).isEmpty)
  }

  @Test(
    "a torn line is not delivered, but counted for later looks, and listed with its offset")
  func torn() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(20)
    let log = try #require(folder.read("log/state"))
    let first = try #require(log.firstIndex(of: 0x0A))
    let broken = log[...first] + Data("{\"eventId\":1,\"stateCha\n".utf8) + log[(first + 1)...]
    try broken.write(to: URL(fileURLWithPath: "\(folder.log)/state"))
    try folder.configure("{name: archive, kind: file, path: archive}")
    #expect(try await folder.run("run", "--until-head").code == 0)
    #expect(try folder.archive("archive") == log)
    let primary = try await folder.run("status", "--json").document()["primary"]
    #expect((primary as? [String: Any])?["tornLines"] as? Int == 1)
    let told = try await folder.run("events", "--torn")
    #expect(told.text == "state  \(first + 1)  22\n", "\(told)")
    // If no process has read it, this command reads it.
    let fresh = try await folder.run("events", "log", "--torn", adding: ["HOME": folder.path])
    #expect(fresh.text == told.text, "\(fresh)")
    #expect(fresh.errors.contains("1 torn line through id 19, offset \(broken.count) of state"))
    let none = try await folder.run("events", "log", "--torn", "--from", "5")
    #expect(none.text.isEmpty && none.errors.contains("no torn line through id 19"), "\(none)")
  }

  @Test("after a log was moved and its secondaries adopted, its record is replaced")
  func primaryOfMoved() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(20)
    try folder.configure("{name: archive, kind: file, path: archive}")
    #expect(try await folder.run("run", "--until-head").code == 0)
    try FileManager.default.moveItem(atPath: folder.log, toPath: "\(folder.path)/moved")
    try folder.write(
      "persistence-dir: moved\nstate-dir: state\n"
        + "secondaries: [{name: archive, kind: file, path: archive}]\n", to: "hydra-sinks.yaml")
    #expect(try await folder.run("run", "--until-head").code == 78)
    #expect(folder.text("state/primary.json").contains("/log\""))
    #expect(try await folder.run("adopt", "archive").code == 0)
    let run = try await folder.run("run", "--until-head")
    #expect(run.code == 0 && !run.errors.contains("primary.json"), "\(run)")
    #expect(folder.text("state/primary.json").contains("/moved\""))
  }

  @Test("the record of one node's log is neither used for another's nor replaced by it")
  func primaryOfAnother() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(20)
    try folder.configure("{name: archive, kind: file, path: archive}")
    #expect(try await folder.run("run", "--until-head").code == 0)
    let kept = folder.text("state/primary.json")
    #expect(kept.contains("\"persistenceDir\""), "\(kept)")
    try FileManager.default.copyItem(atPath: folder.log, toPath: "\(folder.path)/other")
    try folder.write(
      "persistence-dir: other\nstate-dir: state\n"
        + "secondaries: [{name: second, kind: file, path: second}]\n", to: "other.yaml")
    let other = try await folder.run("run", "--until-head", "--config", "other.yaml")
    #expect(other.code == 0 && other.errors.contains("primary.json"), "\(other)")
    #expect(folder.text("state/primary.json") == kept)
    let status = try await folder.run("status", "--json", "--config", "other.yaml").document()
    #expect((status["primary"] as? [String: Any])?["tornLines"] is NSNull)
  }

  @Test("a hydra.db of a later version is refused by its number")
  func laterVersion() async throws {
    let folder = try CLIFolder()
    try Self.database(at: "\(folder.log)/hydra.db", version: 7, events: [])
    let outcome = try await folder.run("status", "log")
    #expect(outcome.code != 0, "\(outcome)")
    #expect((outcome.text + outcome.errors).contains("7"), "\(outcome)")
    let events = try await folder.run("events", "log")
    #expect(events.code == 2, "\(events)")
    #expect(events.errors.contains("7"), "\(events)")
  }

  @Test("a hydra.db that is not a database, and a state that is a directory, are reported")
  func notWhatTheyShouldBe() async throws {
    let database = try CLIFolder()
    try database.write("this is no database, however long it may go on", to: "log/hydra.db")
    let directory = try CLIFolder()
    try directory.write("", to: "log/state/keep")
    for (folder, name) in [(database, "hydra.db"), (directory, "state")] {
      let outcome = try await folder.run("status", "log")
      #expect(outcome.code == 2 || outcome.code == 3, "\(outcome)")
      #expect((outcome.text + outcome.errors).contains(name), "\(outcome)")
      let primary = try await folder.run("status", "log", "--json").document()["primary"]
      #expect((primary as? [String: Any])?["state"] as? String == "unreadable")
    }
    #expect(database.text("log/hydra.db").hasPrefix("this is no database"))
  }

  @Test("an unreadable directory is not reported as missing")
  func closedDirectory() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(5)
    chmod(folder.path, 0o755)
    chmod(folder.log, geteuid() == 0 ? 0o700 : 0)
    defer { chmod(folder.log, 0o700) }
    let outcome = try await Self.asNobody(["status", "log"], in: folder).end()
    #expect(outcome.code == 2 || outcome.code == 3, "\(outcome)")
    let said = outcome.text + outcome.errors
    #expect(said.contains("setfacl") || said.contains("sudo -u"), "\(outcome)")
  }

  /// Runs the program as a user without special rights: root may read everything, so it must become
  /// another user.
  static func asNobody(_ arguments: [String], in folder: CLIFolder) throws -> CLIRun {
    guard geteuid() == 0 else { return try folder.start(arguments) }
    return try CLIRun(
      ["--reuid=65534", "--regid=65534", "--clear-groups", CLIProgram.path] + arguments,
      in: folder.path, environment: folder.environment, program: "/usr/bin/setpriv")
  }

  /// A `hydra.db` as a node writes it.
  static func database(at path: String, version: Int, events: [Data]) throws {
    let database = try SQLiteDatabase(path)
    try database.execute("PRAGMA journal_mode = WAL; PRAGMA user_version = \(version)")
    try database.createEvents()
    for (id, data) in events.enumerated() {
      try data.withUnsafeBytes { try database.insert(Int64(id), $0) }
    }
  }
}
