import Foundation
import Testing

/// What `run` refuses at its start, `check` refuses with the same sentence.
@Suite("the command line: check", .serialized)
struct CLICheckTests {
  struct Fault: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// What both say.
    var sentence: String
    var secondary = "{name: archive, kind: file, path: archive}"
    var isFirstRun = false
    var make: @Sendable (CLIFolder) throws -> Void = { _ in }
  }

  private static func garbled(_ file: String) -> Fault {
    Fault(
      testDescription: "a garbled \(file)",
      sentence: "state/archive/\(file) is not valid: it is not JSON; it begins with \"garbage\""
    ) { try $0.write("garbage", to: "state/archive/\(file)") }
  }

  static let faults: [Fault] =
    ["secondary.json", "checkpoint.json", "driver.json", "pause.json", "replay.json"].map(garbled)
    + [
      Fault(
        testDescription: "another max-events", sentence: "An archive cannot mix them",
        secondary: "{name: archive, kind: file, path: archive, max-events: 7}"),
      Fault(
        testDescription: "another interval", sentence: "was begun with interval 3600s",
        secondary: "{name: archive, kind: file, path: archive, interval: 60s}"),
      Fault(
        testDescription: "another compression", sentence: "An archive cannot mix them",
        secondary: "{name: archive, kind: file, path: archive, compression: zstd}"),
      Fault(
        testDescription: "another path", sentence: "belongs to another secondary",
        secondary: "{name: archive, kind: file, path: elsewhere}"),
      Fault(
        testDescription: "a garbled manifest",
        sentence: "archive/hydra-sinks.json is not JSON with a \"schema\""
      ) { try $0.write("garbage", to: "archive/hydra-sinks.json") },
      Fault(testDescription: "no manifest", sentence: "so its content is unknown") {
        try FileManager.default.removeItem(atPath: "\($0.path)/archive/hydra-sinks.json")
      },
      Fault(
        testDescription: "a garbled origin.json", sentence: "archive/origin.json cannot be read"
      ) { try $0.write("garbage", to: "archive/origin.json") },
      Fault(
        testDescription: "a later schema", sentence: "a later hydra-sinks made it"
      ) { try $0.write("{\"schema\":99}", to: "archive/hydra-sinks.json") },
      Fault(
        testDescription: "a folder in no folder", sentence: "nowhere does not exist. Create",
        secondary: "{name: archive, kind: file, path: nowhere/archive}", isFirstRun: true),
      Fault(
        testDescription: "a program that is not there",
        sentence: "nowhere: not found (or its `#!` interpreter is missing). Install it",
        secondary: "{name: archive, kind: command, command: [./nowhere]}", isFirstRun: true),
      Fault(
        testDescription: "a link in place of the journal",
        sentence: "state/archive/journal.jsonl is a symbolic link"
      ) {
        let path = "\($0.path)/state/archive/journal.jsonl"
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "x")
      },
      Fault(
        testDescription: "a folder in place of the lock",
        sentence: "state/archive/lock"
      ) {
        let path = "\($0.path)/state/archive/lock"
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.createDirectory(
          atPath: path, withIntermediateDirectories: false)
      },
    ]

  @Test("a place that is not for a sink is a wrong configuration, which no command waits on")
  func places() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(5)
    for (path, reason) in [
      ("log/archive", "which belongs to the node"),
      ("state/archive", "where the state of archive is kept"),
      ("state/other/x", "where the state of other is kept"),
    ] {
      try folder.configure(
        "{name: archive, kind: file, path: \(path)}",
        "{name: other, kind: command, command: [/bin/cat]}")
      let run = try await folder.run("run", "--until-head")
      #expect(run.code == 78 && run.errors.contains(reason), "\(run)")
    }
  }

  @Test("refuses what run refuses, with the same sentence", arguments: faults)
  func same(fault: Fault) async throws {
    let folder = try CLIFolder()
    try await folder.simulate(20)
    if !fault.isFirstRun {
      try folder.configure("{name: archive, kind: file, path: archive}")
      #expect(try await folder.run("run", "--until-head").code == 0)
      let fine = try await folder.run("check")
      #expect(fine.code == 0, "\(fine)")
    }
    try folder.configure(fault.secondary)
    try fault.make(folder)
    let check = try await folder.run("check")
    #expect(check.code == 2 && check.text.contains(fault.sentence), "\(check)")
    let run = try await folder.run("run", "--until-head")
    #expect(run.errors.contains(fault.sentence), "\(run)")
  }

  @Test(
    "two secondaries that store in one place are refused, by each command",
    arguments: [
      "path: archive}|{name: b, kind: file, path: ./x/../archive}",
      "path: archive}|{name: b, kind: file, path: link/archive}",
      "path: c}|{name: b, kind: s3, bucket: bbb, prefix: p}|{name: c, kind: s3, bucket: bbb, prefix: p/}",
      "path: c}|{name: b, kind: feed, listen: '127.0.0.1:4100'}|"
        + "{name: c, kind: feed, listen: '0.0.0.0:4100'}",
    ])
  func twice(text: String) async throws {
    let folder = try CLIFolder()
    try await folder.simulate(20)
    try FileManager.default.createSymbolicLink(
      atPath: "\(folder.path)/link", withDestinationPath: folder.path)
    let secondaries = ("{name: a, kind: file, " + text).split(separator: "|").map { "  - \($0)\n" }
    try folder.write(
      "persistence-dir: log\nstate-dir: state\nsecondaries:\n\(secondaries.joined())",
      to: "hydra-sinks.yaml")
    for arguments in [["check"], ["run", "--until-head"], ["status"]] {
      let refused = try await folder.run(arguments)
      #expect(refused.code == 78, "\(refused)")
      #expect(refused.errors.contains("which only one driver can do"), "\(refused)")
    }
  }
}
