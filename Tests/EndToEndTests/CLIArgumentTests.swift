import Foundation
import Testing

/// What the program does with arguments and configurations that are wrong.
@Suite("the command line: bad input", .serialized)
struct CLIArgumentTests {
  @Test(
    "a usage error exits 64 and is printed to standard error",
    arguments: [
      ["bogus"], ["status", "--bogus"], ["events", "--from", "x"], ["events", "--last", "-1"],
      ["events", "--after", "1", "--from", "2"], ["replay"], ["replay", "a", "--through", "5"],
      ["replay", "a", "--expect", "1"], ["replay", "a", "--from", "soon"],
      ["pause", "a", "--for", "soon"], ["simulate"], ["simulate", "x", "--format", "csv"],
      ["status"], ["run", "--dir", "log"], ["run", "--dir", "log", "--sink", "s3://b"],
      ["status", "log", "--dir", "elsewhere"],
    ])
  func usage(_ arguments: [String]) async throws {
    let folder = try CLIFolder()
    let outcome = try await folder.start(arguments).end()
    #expect(outcome.code == 64, "\(outcome)")
    #expect(outcome.output.isEmpty, "\(outcome)")
    #expect(!outcome.errors.isEmpty)
  }

  @Test("an unknown secondary exits 64, with a suggestion")
  func unknownSecondary() async throws {
    let folder = try CLIFolder()
    try folder.configure("{name: archive, kind: file, path: archive}")
    for command in ["replay", "cancel", "pause", "resume", "retry", "forget", "adopt"] {
      let outcome = try await folder.run(command, "archvie")
      #expect(outcome.code == 64, "\(command): \(outcome)")
      #expect(outcome.errors.contains("archive"), "\(command): \(outcome)")
    }
    let run = try await folder.run("run", "--only", "archvie")
    #expect(run.code == 64, "\(run)")
  }

  @Test("a broken configuration exits 78, with file and line")
  func brokenConfiguration() async throws {
    let folder = try CLIFolder()
    try folder.configure("{name: archive, kind: file, pth: archive}")
    for arguments in [["status"], ["run"], ["check"], ["replay", "archive"], ["events"]] {
      let outcome = try await folder.start(arguments).end()
      #expect(outcome.code == 78, "\(arguments): \(outcome)")
      #expect(outcome.errors.contains("hydra-sinks.yaml:4:"), "\(outcome)")
      #expect(outcome.errors.contains("did you mean \"path\"?"), "\(outcome)")
    }
    let document = try await folder.run("status", "--json").document()
    #expect(document["exitCode"] as? Int == 78)
    #expect((document["refused"] as? String)?.contains("hydra-sinks.yaml:4:") == true)
  }

  @Test("a named configuration that does not exist exits 78")
  func missingConfiguration() async throws {
    let folder = try CLIFolder()
    let outcome = try await folder.run("status", "--config", "nowhere.yaml")
    #expect(outcome.code == 78, "\(outcome)")
    #expect(outcome.errors.contains("nowhere.yaml"), "\(outcome)")
  }

  @Test("a configuration for another node is ignored, with a note")
  func anotherNode() async throws {
    let folder = try CLIFolder()
    try folder.configure("{name: archive, kind: file, path: archive}")
    try folder.write("", to: "other/keep")
    let outcome = try await folder.run("status", "other", "--json")
    #expect(outcome.errors.contains("ignoring it"), "\(outcome)")
    let document = try outcome.document()
    #expect((document["secondaries"] as? [Any])?.isEmpty == true, "\(outcome)")
  }

  @Test("a state directory or a sink in the node's directory exits 78")
  func misplaced() async throws {
    let folder = try CLIFolder()
    try folder.write(
      "persistence-dir: log\nstate-dir: log/state\n", to: "hydra-sinks.yaml")
    let state = try await folder.run("status")
    #expect(state.code == 78, "\(state)")
    #expect(state.errors.contains("state-dir"), "\(state)")
    try folder.configure("{name: archive, kind: file, path: log/archive}")
    let sink = try await folder.run("run", "--until-head")
    #expect(sink.code == 78, "\(sink)")
    #expect(sink.errors.contains("archive"), "\(sink)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.log).isEmpty)
  }

  @Test("watch without a terminal is refused with a sentence")
  func noTerminal() async throws {
    let folder = try CLIFolder()
    let outcome = try await folder.run("watch", "log")
    #expect(outcome.code == 2, "\(outcome)")
    #expect(outcome.errors.contains("terminal"), "\(outcome)")
    #expect(outcome.output.isEmpty)
  }

  @Test("no escape sequence of a file name or an argument reaches the terminal raw")
  func foreignText() async throws {
    let folder = try CLIFolder()
    let outcome = try await folder.run("status", "nowhere\u{1B}]0;owned\u{07}")
    #expect(!outcome.errors.contains("\u{1B}"), "\(outcome)")
    #expect(!outcome.text.contains("\u{1B}"), "\(outcome)")
    #expect((outcome.text + outcome.errors).contains("\\x1b"), "\(outcome)")
  }

  @Test("check finds a state directory that cannot be created, although permissions would allow it")
  func stateThatCannotBeMade() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(5)
    try folder.write(
      "persistence-dir: log\nstate-dir: /proc/hydra-sinks/state\n"
        + "secondaries: [{name: archive, kind: file, path: archive}]\n", to: "hydra-sinks.yaml")
    let check = try await folder.run("check")
    #expect(check.code == 2 && check.text.contains("/proc/hydra-sinks/state"), "\(check)")
    try folder.configure("{name: archive, kind: file, path: archive}")
    let fine = try await folder.run("check")
    #expect(fine.code == 0, "\(fine)")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(!names.contains { $0.hasPrefix(".hydra-sinks-check") } && !names.contains("state"))
  }

  @Test("signs are ASCII where the locale is not UTF-8, and documents are UTF-8 always")
  func locale() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(5)
    try folder.configure("{name: archive, kind: file, path: archivé}")
    for arguments in [["status"], ["check"], ["replay", "archive"], ["events", "--summary"]] {
      let plain = try await folder.start(arguments, adding: ["LC_ALL": "C"]).end()
      #expect(plain.output.allSatisfy { $0 < 0x80 }, "\(arguments): \(plain)")
      #expect(plain.errors.utf8.allSatisfy { $0 < 0x80 }, "\(arguments): \(plain)")
    }
    let signs = try await folder.run("status", adding: ["LC_ALL": "C.UTF-8"])
    #expect(signs.text.contains("●"), "\(signs)")
    let json = try await folder.run("status", "--json", "--config", "ü.yaml")
    #expect(try json.document()["refused"].map { "\($0)" }?.contains("ü.yaml") == true, "\(json)")
  }
}
