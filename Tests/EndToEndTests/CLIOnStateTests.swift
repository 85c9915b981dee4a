import Foundation
import Testing

/// `on-state`: a program that is told when a state changes.
@Suite("the command line: on-state", .serialized)
struct CLIOnStateTests {
  /// Appends the document that it gets, and the sentence, each to a file.
  private static let notify = """
    #!/bin/sh
    cat >>told.jsonl
    echo "$HYDRA_SINKS_NAME $HYDRA_SINKS_SEVERITY: $HYDRA_SINKS_TEXT" >>told.txt

    """

  private static func told(_ folder: CLIFolder) throws -> [[String: Any]] {
    try folder.text("told.jsonl").split(separator: "\n").map { line in
      try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
    }
  }

  @Test(
    "a program is told of a fault, and by the next driver of its end; one that fails harms nobody")
  func faultAndEnd() async throws {
    let folder = try CLIFolder()
    try folder.write(Self.notify, to: "notify", mode: 0o700)
    try folder.write("#!/bin/sh\necho no route >&2\nexit 7\n", to: "fails", mode: 0o700)
    try folder.configure(
      "{name: archive, kind: file, path: archive}",
      "{name: audit, kind: command, command: [./loader]}",
      "{name: other, kind: command, command: [./loader], on-state: {command: [./fails]}}",
      "{name: third, kind: command, command: [./loader], on-state: off}",
      more: "on-state: {command: [./notify]}\nsilent-after: off\n")
    try await folder.simulate(20)
    let first = try folder.start(["run"])
    try await eventually("the fault to be told; \(first.said)") {
      try Self.told(folder).count == 1
    }
    try await eventually("the failure in the journal; \(first.said)") {
      folder.text("state/other/journal.jsonl").contains("on-state: ")
    }
    #expect(folder.text("state/other/journal.jsonl").contains("exit code 7: no route"))
    #expect(folder.checkpoint("archive") == 19)
    first.send(SIGTERM)
    #expect(try await first.end().code == 0)

    try folder.write("#!/bin/sh\nexec cat >/dev/null\n", to: "loader", mode: 0o700)
    let second = try folder.start(["run"])
    try await eventually("the end to be told; \(second.said)") {
      try Self.told(folder).count >= 2
    }
    second.send(SIGTERM)
    #expect(try await second.end().code == 0)

    let told = try Self.told(folder)
    #expect(told.map { $0["name"] as? String } == ["audit", "audit"])
    #expect(told.map { $0["to"] as? String } == ["stalled", "ok"])
    #expect(told.map { $0["from"] as? String }.last == "stalled")
    #expect(told.map { $0["severity"] as? String } == ["error", "ok"])
    let secondary = try #require(told.last?["secondary"] as? [String: Any])
    #expect((secondary["checkpoint"] as? [String: Any])?["eventId"] as? Int == 19)
    #expect((told[0]["primary"] as? [String: Any])?["lastEventId"] as? Int == 19)
    let texts = folder.text("told.txt").split(separator: "\n")
    #expect(texts.count == 2 && texts[0].hasPrefix("audit error: audit: stalled"), "\(texts)")
    #expect(texts[0].contains("loader: not found"), "\(texts)")
    #expect(texts.last == "audit ok: audit: ok (before: stalled)")
  }

  @Test("a log that disappears is told, and a driver that ends does not wait for the program")
  func primary() async throws {
    let folder = try CLIFolder()
    try folder.write("#!/bin/sh\ncat >>told.jsonl\nsleep 1000\n", to: "notify", mode: 0o700)
    try folder.configure(
      "{name: archive, kind: file, path: archive, on-state: off}",
      more: "on-state: {command: [./notify], severity: error}\nsilent-after: off\n")
    try await folder.simulate(20)
    try FileManager.default.moveItem(
      atPath: "\(folder.log)/state", toPath: "\(folder.path)/aside")
    // Two logs, of which the text file was written later.
    try CLILogTests.database(at: "\(folder.log)/hydra.db", version: 1, events: [])
    try FileManager.default.moveItem(
      atPath: "\(folder.path)/aside", toPath: "\(folder.log)/state")
    try FileManager.default.setAttributes(
      [.modificationDate: Date.now + 1], ofItemAtPath: "\(folder.log)/state")
    let run = try folder.start(["run"])
    try await eventually("the two logs to be told; \(run.said)") {
      try Self.told(folder).count == 1
    }
    let began = ContinuousClock.now
    run.send(SIGTERM)
    #expect(try await run.end().code == 0)
    #expect(ContinuousClock.now - began < .seconds(25), "it waited for the program")
    let told = try #require(Self.told(folder).first)
    #expect(told["to"] as? String == "ambiguous" && told["name"] is NSNull, "\(told)")
    #expect(folder.read("state/on-state.json") == nil, "what was cut short is told again")
  }
}
