import Foundation
import Testing

/// Verifying an archive, and repairing it.
@Suite("the command line: verify", .serialized)
struct CLIVerifyTests {
  /// A log of 3,000 events, archived in segments of 500.
  private func archived(_ more: String = "") async throws -> CLIFolder {
    let folder = try CLIFolder()
    try folder.configure("{name: archive, kind: file, path: archive, max-events: 500\(more)}")
    try await folder.simulate(3000)
    let run = try await folder.run("run", "--until-head")
    #expect(run.code == 0, "\(run)")
    return folder
  }

  private func segments(_ folder: CLIFolder) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/archive/events").sorted()
      .map { "\(folder.path)/archive/events/\($0)" }
  }

  /// Runs the replay in the last line of `verify`, as a shell would.
  private func mend(_ folder: CLIFolder) async throws {
    let told = try await folder.run("verify", "archive")
    #expect(told.code == 2, "\(told)")
    let line = try #require(told.lines.last)
    let command = try #require(line.split(separator: "hydra-sinks ").last, "\(told)")
    #expect(line.hasPrefix("To repair it: hydra-sinks replay archive --from "), "\(told)")
    let replay = try await folder.run(command.split(separator: " ").map(String.init))
    #expect(replay.code == 0, "\(replay)")
    let verified = try await folder.run("verify", "archive")
    #expect(verified.code == 0, "\(verified)")
    #expect(try await folder.run("events", "--of", "archive").output == folder.read("log/state"))
  }

  @Test("a complete archive verifies, and events --of prints it, byte for byte")
  func whole() async throws {
    let folder = try await archived()
    let verified = try await folder.run("verify", "archive", "--json")
    #expect(verified.code == 0, "\(verified)")
    let document = try verified.document()
    #expect(document["verdict"] as? String == "whole")
    #expect(document["expected"] as? Int == 3000 && document["same"] as? Int == 3000)
    #expect(document["repair"] is NSNull && document["setAside"] as? Int == 0, "\(verified)")
    #expect(try await folder.run("verify", "archive", "--bytes").code == 0)
    let part = try await folder.run(
      "events", "--of", "archive", "--from", "700", "--through", "702")
    #expect(try CLIFolder.ids(part.output) == [700, 701, 702])
    let last = try await folder.run("events", "--of", "archive", "--last", "2", "--summary")
    #expect(last.lines.count == 2 && last.text.contains("2999"), "\(last)")
    let all = try await folder.run("events", "--of", "archive")
    #expect(all.output == folder.read("log/state"))
  }

  @Test("a missing segment is found and repaired", arguments: [1, 5])
  func deleted(_ index: Int) async throws {
    let folder = try await archived()
    try FileManager.default.removeItem(atPath: segments(folder)[index])
    let plan = try await folder.run("replay", "archive", "--from", "0", "--json").document()
    #expect(plan["events"] as? Int == 3000 && plan["alreadyStored"] as? Int == 2500, "\(plan)")
    let found = try await folder.run("verify", "archive", "--json").document()
    let ranges = (found["missing"] as? [String: Any])?["ranges"] as? [[String: Any]]
    #expect(ranges?.first?["from"] as? Int == index * 500, "\(found)")
    #expect(ranges?.first?["through"] as? Int == index * 500 + 499, "\(found)")
    try await mend(folder)
  }

  @Test("with verify-every, a driver verifies by itself: status, its log and the journal tell")
  func periodic() async throws {
    let folder = try await archived(", verify-every: 1s")
    let driver = try folder.start(["run"])
    func verdict(_ word: String) async throws {
      try await eventually("the verdict \(word); \(driver.said)") {
        folder.json("state/archive/verified.json")?["verdict"] as? String == word
      }
    }
    try await verdict("whole")
    try FileManager.default.removeItem(atPath: segments(folder)[1])
    try await verdict("differs")
    try await eventually("the journal to tell") {
      folder.text("state/archive/journal.jsonl").contains("500 missing")
    }
    let status = try await folder.run("status")
    #expect(status.code == 2 && status.text.contains("500 missing"), "\(status)")
    driver.send(SIGTERM)
    let ended = try await driver.end()
    #expect(ended.code == 0 && ended.errors.contains("500 missing"), "\(ended)")
  }

  @Test("what verify found stays in status until it is mended and verified")
  func lasting() async throws {
    let folder = try await archived()
    try FileManager.default.removeItem(atPath: segments(folder)[1])
    #expect(try await folder.run("status").code == 0)
    #expect(try await folder.run("verify", "archive").code == 2)
    func expect(_ code: Int32, _ word: String, after what: String) async throws {
      let status = try await folder.run("status")
      #expect(status.code == code && status.text.contains(word), "after \(what): \(status)")
    }
    try await expect(2, ": 500 missing", after: "verify")
    let document = try await folder.run("status", "--json").document()
    let secondary = try #require((document["secondaries"] as? [[String: Any]])?.first)
    let verified = try #require(secondary["verified"] as? [String: Any], "\(document)")
    #expect(secondary["state"] as? String == "ok" && secondary["severity"] as? String == "error")
    #expect(verified["missing"] as? Int == 500 && verified["replayedAt"] is NSNull)
    // Neither a part without a fault nor a replay of another stretch mends it.
    #expect(try await folder.run("verify", "archive", "--from", "2000").code == 0)
    try await expect(2, ": 500 missing", after: "a part")
    let other = ["replay", "archive", "--from", "2000", "--through", "2100", "--execute"]
    #expect(try await folder.run(other).code == 0)
    try await expect(2, "damaged", after: "another stretch")
    let repair = ["replay", "archive", "--from", "400", "--through", "1100", "--execute"]
    #expect(try await folder.run(repair).code == 0)
    try await expect(1, "unconfirmed", after: "the repair")
    #expect(try await folder.run("verify", "archive").code == 0)
    try await expect(0, "ok", after: "the last verify")
  }

  @Test(
    "a user who may not write the state reads the verdict, and verifies without keeping one",
    .enabled(if: geteuid() == 0, "Only root can become another user: skipped."))
  func reader() async throws {
    let folder = try await archived()
    let file = try segments(folder)[1]
    try FileManager.default.moveItem(atPath: file, toPath: "\(folder.path)/aside")
    #expect(try await folder.run("verify", "archive").code == 2)
    for name in try FileManager.default.subpathsOfDirectory(atPath: folder.path) + ["."] {
      chmod("\(folder.path)/\(name)", 0o755)
    }
    func read(_ arguments: String...) async throws -> CLIProgram.Outcome {
      try await CLIRun(
        ["--reuid=65534", "--regid=65534", "--clear-groups", CLIProgram.path] + arguments,
        in: folder.path, environment: folder.environment, program: "/usr/bin/setpriv"
      ).end()
    }
    let status = try await read("status")
    #expect(status.code == 2 && status.text.contains(": 500 missing"), "\(status)")
    try FileManager.default.moveItem(atPath: "\(folder.path)/aside", toPath: file)
    let verified = try await read("verify", "archive")
    #expect(verified.code == 0 && verified.errors.contains("the verdict is not kept"))
    #expect(try await folder.run("status").code == 2)
  }

  @Test("an archive that is gone misses everything through its checkpoint, and is repaired")
  func gone() async throws {
    let folder = try await archived()
    try FileManager.default.removeItem(atPath: "\(folder.path)/archive")
    let found = try await folder.run("verify", "archive")
    #expect(found.text.contains("archive  does not exist"), "\(found)")
    #expect(found.text.contains("3 000 expected, 0 held"), "\(found)")
    try await mend(folder)
    let beyond = try await folder.run("verify", "archive", "--from", "3000")
    #expect(beyond.code == 2 && beyond.errors.contains("the checkpoint, 2999"), "\(beyond)")
  }

  @Test("a cut segment is found and repaired", arguments: [100, 60_000])
  func truncated(_ count: Int) async throws {
    let folder = try await archived()
    let file = try segments(folder)[1]
    let bytes = try Data(contentsOf: URL(fileURLWithPath: file))
    try bytes.dropLast(count).write(to: URL(fileURLWithPath: file))
    let found = try await folder.run("verify", "archive")
    #expect(found.text.contains("truncated"), "\(found)")
    try await mend(folder)
  }

  @Test(
    "a changed byte is found anywhere, and repaired",
    arguments: ["\"cborHex\":\"8", "\"eventId\":52", "\"tag\":\"T", "{\"eventId\"", "\"type\":\"T"])
  func changedByte(_ text: String) async throws {
    let folder = try await archived()
    let file = try segments(folder)[1]
    var bytes = try Data(contentsOf: URL(fileURLWithPath: file))
    let place = try #require(bytes.range(of: Data(text.utf8), in: 5000..<bytes.count))
    let index = place.upperBound - 1
    bytes[index] = bytes[index] == 0x32 ? 0x39 : bytes[index] == 0x38 ? 0x39 : 0x51
    try bytes.write(to: URL(fileURLWithPath: file))
    try await mend(folder)
  }

  @Test("every event of a segment with another tag, the first included, is found and repaired")
  func changedTags() async throws {
    let folder = try await archived()
    let file = try segments(folder)[1]
    let text = try String(contentsOfFile: file, encoding: .utf8)
    try text.replacing("\"tag\":\"", with: "\"tag\":\"X").write(
      toFile: file, atomically: true, encoding: .utf8)
    try await mend(folder)
  }

  @Test("a doubled segment and doubled lines are found and repaired")
  func doubled() async throws {
    let folder = try await archived()
    let file = try segments(folder)[1]
    try FileManager.default.copyItem(
      atPath: file, toPath: file.replacingOccurrences(of: ".0.jsonl", with: ".1.jsonl"))
    try await mend(folder)
    let lines = try Data(contentsOf: URL(fileURLWithPath: file))
    try (lines + lines).write(to: URL(fileURLWithPath: file))
    let found = try await folder.run("verify", "archive")
    #expect(found.text.contains("twice"), "\(found)")
    try await mend(folder)
    let aside = try await folder.run("verify", "archive")
    #expect(aside.text.contains("set aside"), "\(aside)")
  }

  @Test("events that the log no longer has cannot be proven, and verify exits 3")
  func unproven() async throws {
    let folder = try CLIFolder()
    try folder.configure("{name: archive, kind: file, path: archive}")
    try await folder.simulate(300, "--rotate-after", "100")
    #expect(try await folder.run("run", "--until-head").code == 0)
    #expect(try await folder.run("verify", "archive").code == 0)
    try FileManager.default.removeItem(atPath: "\(folder.log)/state-100")
    let verified = try await folder.run("verify", "archive")
    #expect(verified.code == 3, "\(verified)")
    #expect(verified.text.contains("cannot be proven"), "\(verified)")
    let part = try await folder.run("verify", "archive", "--from", "210")
    #expect(part.code == 0, "\(part)")
  }

  @Test("a log that the secondary was not driven from is refused, as a drive refuses it")
  func otherLog() async throws {
    let folder = try CLIFolder()
    let (link, other) = (folder.log, "\(folder.path)/other")
    try FileManager.default.moveItem(atPath: link, toPath: "\(folder.path)/one")
    try FileManager.default.createSymbolicLink(
      atPath: link, withDestinationPath: "\(folder.path)/one")
    try folder.configure("{name: archive, kind: file, path: archive}")
    try await folder.simulate(200)
    #expect(try await folder.run("run", "--until-head").code == 0)
    try FileManager.default.copyItem(atPath: "\(folder.path)/one", toPath: other)
    try FileManager.default.removeItem(atPath: link)
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: other)
    for command in [["run", "--until-head"], ["verify", "archive"]] {
      let refused = try await folder.run(command)
      #expect(refused.code == 78 && refused.errors.contains("adopt archive"), "\(refused)")
    }
  }

  @Test("only selected events are expected")
  func selection() async throws {
    let folder = try await archived(", tags: [TickObserved]")
    let verified = try await folder.run("verify", "archive", "--json")
    #expect(verified.code == 0, "\(verified)")
    let expected = try #require(verified.document()["expected"] as? Int)
    #expect(expected > 0 && expected < 3000)
  }

  @Test("a command that lists what it holds is verified by its ids")
  func command() async throws {
    let folder = try CLIFolder()
    try folder.write("#!/bin/sh\ncat >>audit.jsonl\n", to: "collect", mode: 0o700)
    try folder.write(
      "#!/bin/sh\nsed 's/^{\"eventId\":\\([0-9]*\\),.*/\\1/' audit.jsonl\n", to: "list", mode: 0o700
    )
    try folder.configure(
      "{name: audit, kind: command, command: [./collect], verify-command: [./list]}",
      "{name: mute, kind: command, command: [./collect]}")
    try await folder.simulate(200)
    #expect(try await folder.run("run", "--until-head", "--only", "audit").code == 0)
    let verified = try await folder.run("verify", "audit")
    #expect(verified.code == 0, "\(verified)")
    let lines = folder.text("audit.jsonl").split(separator: "\n")
    try folder.write(
      (lines[..<50] + lines[60...]).joined(separator: "\n") + "\n", to: "audit.jsonl", mode: 0o600)
    let found = try await folder.run("verify", "audit")
    #expect(found.code == 2 && found.text.contains("50-59"), "\(found)")
    let refused = try await folder.run("verify", "mute")
    #expect(refused.code == 2 && refused.errors.contains("verify-command"), "\(refused)")
  }

  @Test("an archive that cannot be looked at is unknown, not wrong", arguments: ["", "/events"])
  func closed(_ part: String) async throws {
    let folder = try await archived()
    // A link to itself: nothing below it can be opened, not even by root.
    let path = "\(folder.path)/archive\(part)"
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: path)
    for command in [
      ["verify", "archive"], ["events", "--of", "archive"], ["restore", "archive", "x"],
    ] {
      let outcome = try await folder.run(command)
      #expect(outcome.code == 3 && outcome.errors.contains("symbolic links"), "\(outcome)")
    }
  }

  @Test("an archive of a later version, and a folder that is not an archive, are refused by name")
  func refusals() async throws {
    let folder = try await archived()
    try folder.write("{\"schema\":9}\n", to: "archive/hydra-sinks.json")
    for command in [
      ["verify", "archive"], ["events", "--of", "archive"], ["restore", "archive", "x"],
    ] {
      let outcome = try await folder.run(command)
      #expect(outcome.code == 2 && outcome.errors.contains("schema 9"), "\(outcome)")
    }
    try folder.write("{\"schema\":", to: "archive/hydra-sinks.json")
    let damaged = try await folder.run("verify", "archive")
    #expect(damaged.code == 2 && damaged.errors.contains("hydra-sinks.json"), "\(damaged)")
    let unknown = try await folder.run("verify", "archiv", "--json")
    #expect(unknown.code == 64, "\(unknown)")
    #expect(try unknown.document()["refused"] != nil)
  }
}
