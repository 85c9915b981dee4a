import Foundation
import Testing

/// The command lines that messages show, run as they are.
@Suite("the command line: the commands that it shows")
struct CLIShownCommandTests {
  /// A log and secondaries in several kinds of trouble: with one node, or with two.
  private func stage(isSeveral: Bool) async throws -> CLIFolder {
    let folder = try CLIFolder()
    try await folder.simulate(40)
    let secondaries = [
      "{name: archive, kind: file, path: archive}", "{name: moved, kind: file, path: first}",
      "{name: stuck, kind: command, command: [./nowhere]}", "{name: old, kind: file, path: old}",
    ]
    func configure(_ secondaries: [String]) throws {
      let margin = isSeveral ? "      " : "  "
      let entries = secondaries.map { "\(margin)- \($0)\n" }.joined()
      try folder.write(
        isSeveral
          ? "state-dir: state\nnodes:\n  - name: n1\n    persistence-dir: log\n    secondaries:\n"
            + entries + "  - name: n2\n    persistence-dir: other\n"
          : "state-dir: state\npersistence-dir: log\nsecondaries:\n" + entries,
        to: "hydra-sinks.yaml")
    }
    try configure(secondaries)
    _ = try await folder.run("run", "--until-head")
    try configure([
      secondaries[0], "{name: moved, kind: file, path: second}", secondaries[2],
    ])
    return folder
  }

  /// The command lines in `text`, as words without the program's name.
  private func commands(in text: String) -> [[String]] {
    text.matches(of: /hydra-sinks ([a-z]+(?: (?:--[a-z]+|[a-z0-9]+\/?[a-z0-9]*))*)/)
      .map { $0.output.1.split(separator: " ").map(String.init) }
      .filter {
        ["retry", "forget", "replay", "adopt", "resume", "cancel", "verify"].contains($0[0])
      }
      .map { words in
        // The words of the sentence around it are no arguments.
        Array(words.prefix(2))
          + words.dropFirst(2).prefix { word in
            word.hasPrefix("--") || word.allSatisfy(\.isNumber)
          }
      }
  }

  @Test("each of them is understood, with one node and with several", arguments: [false, true])
  func shown(isSeveral: Bool) async throws {
    let folder = try await stage(isSeveral: isSeveral)
    let archive = isSeveral ? "n1/archive" : "archive"
    let node = isSeveral ? "n1/" : ""
    let driver = try folder.start(["run", "--only", "\(node)stuck"])
    try await eventually("the driver; \(driver.said)") { driver.said.contains("nowhere") }
    let state = isSeveral ? "state/n1" : "state"
    // One whose checkpoint went back without a replay.
    try folder.write(#"{"eventId":3,"highest":39}"#, to: "\(state)/archive/checkpoint.json")
    // And one that has lost what it held.
    let events = "\(folder.path)/archive/events"
    for name in try FileManager.default.contentsOfDirectory(atPath: events) {
      try FileManager.default.removeItem(atPath: "\(events)/\(name)")
    }
    #expect(try await folder.run("verify", archive).code == 2)
    var text = ""
    for arguments in [
      ["status"], ["run", "--until-head", "--only", "\(node)moved"], ["pause", archive],
      ["status"], ["retry", archive], ["replay", archive, "--from", "start"],
      ["replay", "\(node)old"],
    ] {
      let outcome = try await folder.run(arguments)
      text += outcome.text + outcome.errors + "\n"
    }
    driver.send(SIGTERM)
    _ = try await driver.end()
    let shown = commands(in: text)
    let verbs = Set(shown.map { $0[0] })
    #expect(
      verbs.isSuperset(of: ["retry", "forget", "replay", "adopt", "resume", "verify"]), "\(text)")
    for command in Set(shown) {
      #expect(command.count > 1, "\(command) in \(text)")
      let outcome = try await folder.run(command)
      #expect(outcome.code != 64, "\(command): \(outcome)")
    }
  }

  @Test(
    "a drive through the head says what it waits for, and goes on",
    .enabled(if: geteuid() == 0, "Only root can become another user: skipped."))
  func waits() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(10)
    try folder.configure("{name: archive, kind: file, path: open/archive}")
    for name in ["state", "open"] {
      #expect(mkdir("\(folder.path)/\(name)", 0o755) == 0)
      chown("\(folder.path)/\(name)", 65534, 65534)
    }
    chmod(folder.path, 0o755)
    chmod("\(folder.path)/hydra-sinks.yaml", 0o644)
    chmod(folder.log, 0o700)
    let drive = try CLILogTests.asNobody(["run", "--until-head"], in: folder)
    try await eventually("the reason; \(drive.said)") { drive.said.contains("waiting for the log") }
    #expect(drive.said.contains(folder.log) && !drive.said.contains("usermod"), "\(drive.said)")
    let journal = folder.text("state/archive/journal.jsonl")
    #expect(journal.contains("cannot be read"), "\(journal)")
    chmod(folder.log, 0o755)
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.log) {
      chmod("\(folder.log)/\(name)", 0o644)
    }
    #expect(try await drive.end().code == 0)
    #expect(folder.checkpoint("archive") == 9)
  }
}
