import Foundation
import SQLite
import Testing

/// A persistence directory from an archive.
@Suite("the command line: restore", .serialized)
struct CLIRestoreTests {
  /// The samples lie beside the project, and are not there in every checkout.
  static let samples: String = {
    let shared =
      ProcessInfo.processInfo.environment["HYDRA_SINKS_SHARED"]
      ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared").path
    return "\(shared)/hydra/samples"
  }()
  static var areSamplesThere: Bool { FileManager.default.fileExists(atPath: samples) }

  private func archive(_ folder: CLIFolder) async throws {
    try folder.configure("{name: archive, kind: file, path: archive}")
    let run = try await folder.run("run", "--until-head")
    #expect(run.code == 0, "\(run)")
  }

  @Test(
    "a state of each JSON sample comes back byte for byte, with and without times, and bare",
    .enabled(if: areSamplesThere), arguments: ["0.20.0", "1.3.0", "2.3.0"])
  func samples(_ release: String) async throws {
    let lines = try String(
      contentsOfFile: "\(Self.samples)/state-changed-\(release).jsonl", encoding: .utf8
    ).split(separator: "\n")
    for form in ["timed", "untimed", "bare"] {
      let folder = try CLIFolder()
      let log: String = lines.enumerated().map { id, change in
        let time = form == "timed" ? ",\"time\":\"2026-07-15T10:00:00.\(id + 1)Z\"" : ""
        return form == "bare"
          ? "\(change)\n" : "{\"eventId\":\(id),\"stateChanged\":\(change)\(time)}\n"
      }.joined()
      try folder.write(log, to: "log/state")
      try await archive(folder)
      let restored = try await folder.run("restore", "archive", "restored")
      #expect(restored.code == 0, "\(form): \(restored)")
      #expect(folder.text("restored/state") == log, "\(form)")
    }
  }

  @Test(
    "the restored directory belongs to the user that is named, which only root can do",
    .enabled(if: geteuid() == 0, "Only root can give files away: skipped."))
  func owner() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(300, "--rotate-after", "100")
    try await archive(folder)
    let unknown = try await folder.run("restore", "archive", "restored", "--owner", "nobody-here")
    #expect(unknown.code == 64 && folder.read("restored/state") == nil, "\(unknown)")
    let restored = try await folder.run("restore", "archive", "restored", "--owner", "nobody")
    #expect(restored.code == 0, "\(restored)")
    let nobody = try #require(getpwnam("nobody")).pointee
    let names = try FileManager.default.subpathsOfDirectory(atPath: "\(folder.path)/restored")
    #expect(names.count > 2)
    for name in names + ["."] {
      var status = stat()
      #expect(lstat("\(folder.path)/restored/\(name)", &status) == 0)
      #expect(status.st_uid == nobody.pw_uid && status.st_gid == nobody.pw_gid, "\(name)")
    }
    for path in [folder.path, "\(folder.path)/archive"] { chmod(path, 0o755) }
    let refused = try await CLIRun(
      [
        "--reuid=65534", "--regid=65534", "--clear-groups", CLIProgram.path, "restore", "archive",
        "mine", "--owner", "root", "--dir", "log", "--sink",
        "file://\(folder.path)/archive#archive",
      ], in: folder.path, environment: folder.environment.merging(["HOME": "/none"]) { $1 },
      program: "/usr/bin/setpriv"
    ).end()
    #expect(refused.code != 0 && refused.errors.contains("only root can give files"), "\(refused)")
  }

  @Test("a rotated log comes back file by file, events that share an id included")
  func rotated() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(500, "--rotate-after", "100")
    try await archive(folder)
    // The node's directory is gone.
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.log)
      .filter { $0.hasPrefix("state") }
    let files = names.map { folder.read("log/\($0)") }
    try FileManager.default.moveItem(atPath: folder.log, toPath: "\(folder.path)/lost")
    let restored = try await folder.run("restore", "archive", "log")
    #expect(restored.code == 0, "\(restored)")
    #expect(names.count > 3 && names.map { folder.read("log/\($0)") } == files)
    // The secondary continues with it, as with the lost one.
    let status = try await folder.run("status")
    #expect(status.text.contains("archive"), "\(status)")
    #expect(try await folder.run("verify", "archive").code == 0)
  }

  @Test("a hydra.db comes back as the node has it, also by default after the node's is gone")
  func database() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(300, "--format", "sqlite-json")
    try await archive(folder)
    let own = try await folder.run("events", "log")
    try FileManager.default.moveItem(atPath: folder.log, toPath: "\(folder.path)/lost")
    let restored = try await folder.run("restore", "archive", "restored")
    #expect(restored.code == 0 && restored.text.contains("sqlite-json"), "\(restored)")
    #expect(try await folder.run("events", "--dir", "restored").output == own.output)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/restored")
        == ["hydra.db"])
    /// The first column of each row that `sql` selects, numbers as decimal text.
    func rows(_ name: String, _ sql: String) throws -> [String] {
      try SQLiteDatabase("\(folder.path)/\(name)/hydra.db").rows(sql) {
        (row) throws(SQLiteFailure) in String(decoding: try row.bytes(0), as: UTF8.self)
      }
    }
    for sql in [
      "PRAGMA user_version", "PRAGMA journal_mode", "SELECT sql FROM sqlite_schema",
      "SELECT typeof(event_data) FROM events LIMIT 1", "SELECT count(*) FROM events",
    ] {
      #expect(try rows("restored", sql) == rows("lost", sql), "\(sql)")
    }
  }

  @Test("through an id, and in the other format")
  func options() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(300, "--rotate-after", "100")
    try await archive(folder)
    let part = try await folder.run("restore", "archive", "part", "--through", "150")
    #expect(part.code == 0, "\(part)")
    let own = try await folder.run("events", "log", "--through", "150")
    #expect(try await folder.run("events", "part").output == own.output)
    let other = try await folder.run("restore", "archive", "db", "--format", "sqlite-json")
    #expect(other.code == 0, "\(other)")
    let all = try await folder.run("events", "log")
    #expect(try await folder.run("events", "db").output == all.output)
    let beyond = try await folder.run("restore", "archive", "far", "--through", "999")
    #expect(beyond.code == 2 && beyond.errors.contains("999"), "\(beyond)")
    #expect(folder.read("far") == nil && folder.read("far.restoring") == nil)
  }

  @Test("never over a log, nor into a folder that holds anything")
  func places() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(20)
    try await archive(folder)
    let log = folder.read("log/state")
    for (name, file) in [
      ("a", "state"), ("b", "hydra.db"), ("c", "state-100"), ("d", "old-state/hydra-5.db"),
      ("e", "notes.txt"), ("f", "state.migrated"),
    ] {
      try folder.write("x", to: "\(name)/\(file)")
      let refused = try await folder.run("restore", "archive", name)
      #expect(refused.code == 2 && refused.errors.contains(name), "\(refused)")
      #expect(folder.text("\(name)/\(file)") == "x")
    }
    #expect(try await folder.run("restore", "archive", "log").code == 2)
    #expect(folder.read("log/state") == log)
    try FileManager.default.createDirectory(
      atPath: "\(folder.path)/empty", withIntermediateDirectories: true)
    let restored = try await folder.run("restore", "archive", "empty")
    #expect(restored.code == 0, "\(restored)")
    #expect(folder.read("empty/state") == log)
  }

  @Test("an archive with only a part of the events is refused, with the reason")
  func parts() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(3000)
    try folder.configure(
      "{name: ticks, kind: file, path: ticks, tags: [TickObserved]}",
      "{name: late, kind: file, path: late, start: 100}",
      "{name: hole, kind: file, path: hole, max-events: 500}")
    #expect(try await folder.run("run", "--until-head").code == 0)
    try FileManager.default.removeItem(
      atPath: "\(folder.path)/hole/events/00000000000000000500.0.jsonl")
    for (name, reason) in [("ticks", "part"), ("late", "100"), ("hole", "500 to 999")] {
      let refused = try await folder.run("restore", name, "x")
      #expect(refused.code == 2 && refused.errors.contains(reason), "\(refused)")
      #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/x"))
    }
  }

  @Test(
    "an interrupted restore leaves nothing that a node would start from",
    .enabled(if: TracedProgram.isPossible))
  func brokenOff() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(3000)
    try await archive(folder)
    // It is killed at its second write of the restored log.
    let restore = try CLIRun(
      [
        "-f", "-o", "/dev/null", "-P", "\(folder.path)/restored.restoring/state",
        "-e", "trace=write,pwrite64", "-e", "inject=write,pwrite64:signal=SIGKILL:when=2",
        CLIProgram.path, "restore", "archive", "restored",
      ], in: folder.path, environment: folder.environment, program: TracedProgram.strace)
    let outcome = try await restore.end()
    #expect(outcome.code == -SIGKILL, "\(outcome)")
    #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/restored"))
    let again = try await folder.run("restore", "archive", "restored")
    #expect(again.code == 2 && again.errors.contains("restored.restoring"), "\(again)")
    try FileManager.default.removeItem(atPath: "\(folder.path)/restored.restoring")
    #expect(try await folder.run("restore", "archive", "restored").code == 0)
    #expect(folder.read("restored/state") == folder.read("log/state"))
  }

  @Test("a restore that can no longer write says so, and leaves nothing")
  func noRoom() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(3000)
    try await archive(folder)
    let restore = try CLIRun(
      [
        "-c", "ulimit -c 0; ulimit -f 2048; exec \"$0\" \"$@\"", CLIProgram.path,
        "restore", "archive", "restored",
      ], in: folder.path, environment: folder.environment, program: "/bin/sh")
    let outcome = try await restore.end()
    #expect(outcome.code == 2 && outcome.errors.contains("File too large"), "\(outcome)")
    for name in ["restored", "restored.restoring"] {
      #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/\(name)"))
    }
  }
}
