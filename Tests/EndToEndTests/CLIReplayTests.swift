import Foundation
import Testing

/// Status and replay, with and without a driver.
@Suite("the command line: status and replay", .serialized)
struct CLIReplayTests {
  /// Appends what it gets to a file; a batch takes as long as there is a file `slow`.
  static let collector = """
    #!/bin/sh
    if [ -e slow ]; then sleep 0.2; fi
    cat >>audit.jsonl

    """

  /// A folder with 200 events, a file and a command secondary, both at the head.
  static func driven(batch: Int = 10_000) async throws -> CLIFolder {
    let folder = try CLIFolder()
    try folder.write(collector, to: "collect", mode: 0o700)
    try folder.configure(
      "{name: archive, kind: file, path: archive}",
      "{name: audit, kind: command, command: [./collect], max-events: \(batch)}")
    try await folder.simulate(200)
    let run = try await folder.run("run", "--until-head")
    guard run.code == 0 else { throw CLIFailure("\(run)") }
    return folder
  }

  private func audited(_ folder: CLIFolder) throws -> [Int] {
    try CLIFolder.ids(folder.read("audit.jsonl") ?? Data())
  }

  private func secondary(_ name: String, in folder: CLIFolder) async throws -> [String: Any] {
    let all = try await folder.run("status", "--json").document()["secondaries"]
    return try #require((all as? [[String: Any]])?.first { $0["name"] as? String == name })
  }

  @Test("status without a driver shows the checkpoint, and null for what the files do not show")
  func statusWithoutDriver() async throws {
    let folder = try await Self.driven()
    let outcome = try await folder.run("status", "--json")
    #expect(outcome.code == 0, "\(outcome)")
    let document = try outcome.document()
    #expect(document["version"] as? Int == 1)
    #expect(document["stateDir"] as? String == folder.state)
    let primary = try #require(document["primary"] as? [String: Any])
    #expect(primary["state"] as? String == "live")
    #expect(primary["format"] as? String == "state")
    #expect(primary["firstEventId"] as? Int == 0)
    #expect(primary["lastEventId"] as? Int == 199)
    let archive = try await secondary("archive", in: folder)
    #expect((archive["checkpoint"] as? [String: Any])?["eventId"] as? Int == 199)
    #expect(archive["lagEvents"] as? Int == 0)
    #expect(archive["state"] as? String == "ok")
    #expect(archive["severity"] as? String == "ok")
    #expect(archive["driver"] is NSNull && archive["replay"] is NSNull)
    #expect(archive["etaSeconds"] is NSNull && archive["paused"] is NSNull)
    // More events, and no driver to deliver them.
    try await folder.simulate(5)
    let idle = try await folder.run("status", "--json")
    #expect(idle.code == 1, "\(idle)")
    let behind = try await secondary("archive", in: folder)
    #expect(behind["state"] as? String == "idle")
    #expect(behind["lagEvents"] as? Int == 5)
  }

  @Test("status with a driver names it, checks its lock without taking it, and shows its death")
  func statusWithDriver() async throws {
    let folder = try await Self.driven()
    let driver = try folder.start(["run"])
    try await eventually("the driver to hold the lock") {
      let held = try await secondary("archive", in: folder)["driver"] as? [String: Any]
      return held?["pid"] as? Int32 == driver.pid
    }
    for _ in 0..<3 { #expect(try await folder.run("status").code == 0) }
    try await folder.simulate(5)
    try await eventually("delivery to continue") { folder.checkpoint("archive") == 204 }
    driver.send(SIGKILL)
    _ = try await driver.end()
    let lost = try await secondary("archive", in: folder)
    #expect(lost["state"] as? String == "driver-lost")
    #expect(lost["driver"] is NSNull)
    #expect(try await folder.run("status").code == 2)
  }

  @Test("no secondary at all is unknown")
  func noSecondaries() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(3)
    let outcome = try await folder.run("status", "log")
    #expect(outcome.code == 3, "\(outcome)")
  }

  @Test("a replay keeps what it learns about the log, as a driver does")
  func keepsPrimary() async throws {
    let folder = try await Self.driven()
    try FileManager.default.removeItem(atPath: "\(folder.state)/primary.json")
    let plan = try await folder.run("replay", "audit", "--from", "150")
    #expect(plan.code == 0 && folder.read("state/primary.json") == nil, "\(plan)")
    let done = try await folder.run("replay", "audit", "--from", "start", "--execute")
    #expect(done.code == 0, "\(done)")
    #expect(folder.json("state/primary.json")?["files"] != nil)
  }

  @Test("a plan changes nothing, and has the keys that scripts rely on")
  func plan() async throws {
    let folder = try await Self.driven()
    let before = folder.read("state/audit/checkpoint.json")
    let outcome = try await folder.run("replay", "audit", "--from", "150", "--json")
    #expect(outcome.code == 0, "\(outcome)")
    let plan = try outcome.document()
    for key in [
      "plan", "secondary", "kind", "checkpoint", "from", "through", "events", "alreadyStored",
      "bytes", "firstTime", "lastTime", "clockSteps", "estimatedSeconds", "refused",
    ] {
      #expect(plan[key] != nil, "\(key) is missing: \(outcome)")
    }
    #expect(plan["kind"] as? String == "rewind")
    #expect(plan["checkpoint"] as? Int == 199)
    #expect(plan["from"] as? Int == 150 && plan["through"] as? Int == 199)
    #expect(plan["events"] as? Int == 50 && plan["alreadyStored"] as? Int == 50)
    #expect(plan["refused"] is NSNull)
    #expect(folder.read("state/audit/checkpoint.json") == before)
    #expect(folder.json("state/audit/replay.json") == nil)
    #expect(try audited(folder).count == 200)
    let human = try await folder.run("replay", "audit", "--from", "150")
    #expect(human.text.contains("150") && human.text.contains("Nothing was changed"), "\(human)")
  }

  @Test("a re-drive, a rewind and a range, with a driver and without", arguments: [false, true])
  func executed(hasDriver: Bool) async throws {
    let folder = try await Self.driven()
    let driver = hasDriver ? try folder.start(["run"]) : nil
    if let driver {
      try await eventually("the driver to hold the lock") {
        folder.json("state/audit/driver.json")?["pid"] as? Int32 == driver.pid
      }
    } else {
      try await folder.simulate(20)
      let redrive = try await folder.run("replay", "audit", "--execute", "--json")
      #expect(redrive.code == 0, "\(redrive)")
      let result = try redrive.document()
      #expect(result["kind"] as? String == "redrive" && result["delivered"] as? Int == 20)
      #expect(folder.checkpoint("audit") == 219)
    }
    let head = hasDriver ? 199 : 219
    let rewind = try await folder.run(
      "replay", "audit", "--from", "100", "--execute", "--json", "--reason", "a test")
    #expect(rewind.code == 0, "\(rewind)")
    #expect(try rewind.document()["state"] as? String == "done", "\(rewind)")
    #expect(try rewind.document()["delivered"] as? Int == head - 99, "\(rewind)")
    #expect(folder.checkpoint("audit") == head)
    let range = try await folder.run(
      "replay", "audit", "--from", "10", "--through", "19", "--execute")
    #expect(range.code == 0, "\(range)")
    #expect(folder.checkpoint("audit") == head)
    let expected = Array(0...head) + Array(100...head) + Array(10...19)
    #expect(try audited(folder) == expected)
    let journal = folder.text("state/audit/replays.jsonl")
    #expect(journal.contains("\"a test\"") && journal.contains("@"), "\(journal)")
    // Storing twice is storing once.
    let again = try await folder.run("replay", "archive", "--from", "start", "--execute")
    #expect(again.code == 0, "\(again)")
    #expect(try folder.archive("archive") == folder.read("log/state"))
    if let driver {
      #expect(driver.isRunning)
      driver.send(SIGTERM)
      #expect(try await driver.end().code == 0)
    }
  }

  @Test("a replay that would skip events is refused with 2, and an outdated plan is not executed")
  func refused() async throws {
    let folder = try await Self.driven()
    let skip = try await folder.run("replay", "audit", "--from", "500", "--json")
    #expect(skip.code == 2, "\(skip)")
    #expect(try skip.document()["refused"] as? String != nil, "\(skip)")
    let range = try await folder.run(
      "replay", "audit", "--from", "5", "--through", "900", "--execute")
    #expect(range.code == 2, "\(range)")
    let first = try await folder.run("replay", "audit", "--from", "100", "--json").document()
    let id = try #require(first["plan"] as? String)
    #expect(try await folder.run("replay", "audit", "--from", "50", "--execute").code == 0)
    let late = try await folder.run(
      "replay", "audit", "--from", "100", "--execute", "--expect", id, "--json")
    #expect(late.code == 2, "\(late)")
    #expect(try late.document()["plan"] as? String != id, "\(late)")
    #expect(try late.document()["refused"] as? String != nil, "\(late)")
    #expect(try audited(folder).count == 350)
  }

  @Test("a second replay is refused with 75, and cancelling a rewind restores the checkpoint")
  func cancelled() async throws {
    let folder = try await Self.driven(batch: 2)
    try folder.write("", to: "slow")
    let driver = try folder.start(["run"])
    try await eventually("the driver to hold the lock") {
      folder.json("state/audit/driver.json")?["pid"] as? Int32 == driver.pid
    }
    let replay = try folder.start(["replay", "audit", "--from", "start", "--execute", "--json"])
    try await eventually("some of it to be delivered") {
      (folder.json("state/audit/replay.json")?["delivered"] as? Int ?? 0) >= 2
    }
    let report = try await secondary("audit", in: folder)
    #expect(report["state"] as? String == "replaying")
    let second = try await folder.run("replay", "audit", "--from", "100", "--execute", "--json")
    #expect(second.code == 75, "\(second)")
    #expect(try second.document()["refused"] as? String != nil, "\(second)")
    let cancel = try await folder.run("cancel", "audit")
    #expect(cancel.code == 0, "\(cancel)")
    let outcome = try await replay.end()
    #expect(outcome.code == 1, "\(outcome)")
    #expect(try outcome.document()["state"] as? String == "cancelled", "\(outcome)")
    #expect(folder.checkpoint("audit") == 199)
    let nothing = try await folder.run("cancel", "audit")
    #expect(nothing.code == 2, "\(nothing)")
    driver.send(SIGTERM)
    #expect(try await driver.end().code == 0)
  }

  @Test("Ctrl-C on a replay that this process drives cancels it at a batch's end")
  func interrupted() async throws {
    let folder = try await Self.driven(batch: 2)
    try folder.write("", to: "slow")
    let replay = try folder.start(["replay", "audit", "--from", "start", "--execute", "--json"])
    try await eventually("some of it to be delivered") {
      (folder.json("state/audit/replay.json")?["delivered"] as? Int ?? 0) >= 2
    }
    replay.send(SIGINT)
    let outcome = try await replay.end()
    #expect(outcome.code == 1, "\(outcome)")
    #expect(try outcome.document()["state"] as? String == "cancelled", "\(outcome)")
    #expect(folder.checkpoint("audit") == 199)
  }

  @Test("a replay survives its driver: orphaned, it is resumed and completed")
  func orphaned() async throws {
    let folder = try await Self.driven(batch: 2)
    try folder.write("", to: "slow")
    let replay = try folder.start(["replay", "audit", "--from", "100", "--execute"])
    try await eventually("some of it to be delivered") {
      (folder.json("state/audit/replay.json")?["delivered"] as? Int ?? 0) >= 2
    }
    replay.send(SIGKILL)
    _ = try await replay.end()
    // Wait a moment for a driver that is about to take it over.
    try await eventually("the replay to count as orphaned") {
      try await secondary("audit", in: folder)["state"] as? String == "replay-orphaned"
    }
    try FileManager.default.removeItem(atPath: "\(folder.path)/slow")
    let resumed = try await folder.run("replay", "audit", "--resume", "--json")
    #expect(resumed.code == 0, "\(resumed)")
    #expect(try resumed.document()["state"] as? String == "done", "\(resumed)")
    #expect(folder.checkpoint("audit") == 199)
    #expect(Set(try audited(folder)) == Set(0...199))
  }

  @Test("pause stops a driver at a batch's end, resume continues; forget sets the state aside")
  func orders() async throws {
    let folder = try await Self.driven()
    let paused = try await folder.run("pause", "audit", "--for", "2h", "--reason", "a test")
    #expect(paused.code == 0, "\(paused)")
    try await folder.simulate(5)
    let driver = try folder.start(["run"])
    try await eventually("the other to continue") { folder.checkpoint("archive") == 204 }
    #expect(folder.checkpoint("audit") == 199)
    let report = try await secondary("audit", in: folder)
    #expect(report["state"] as? String == "paused")
    #expect((report["paused"] as? [String: Any])?["reason"] as? String == "a test")
    #expect(try await folder.run("resume", "audit").code == 0)
    try await eventually("the paused one to continue") { folder.checkpoint("audit") == 204 }
    let busy = try await folder.run("forget", "audit", "--execute")
    #expect(busy.code == 75, "\(busy)")
    driver.send(SIGTERM)
    #expect(try await driver.end().code == 0)
    let plan = try await folder.run("forget", "audit")
    #expect(plan.code == 0 && folder.checkpoint("audit") == 204, "\(plan)")
    #expect(try await folder.run("forget", "audit", "--execute").code == 0)
    #expect(folder.checkpoint("audit") == nil)
    let retry = try await folder.run("retry", "archive")
    #expect(retry.code == 75, "no driver runs: \(retry)")
  }

  @Test("after a rotation lost events, only --clamp continues after them")
  func clamp() async throws {
    let folder = try CLIFolder()
    try folder.configure("{name: archive, kind: file, path: archive}")
    try await folder.simulate(80, "--rotate-after", "100")
    #expect(try await folder.run("run", "--until-head").code == 0)
    try await folder.simulate(220, "--rotate-after", "100")
    for id in [100, 200] { unlink("\(folder.log)/state-\(id)") }
    #expect(try await folder.run("run", "--until-head").code == 2)
    #expect(folder.checkpoint("archive") == 79)
    for arguments in [["replay", "archive", "--execute"], ["replay", "archive", "--from", "0"]] {
      let refused = try await folder.run(arguments)
      #expect(refused.code == 2 && refused.text.contains("--clamp"), "\(refused)")
    }
    let plan = try await folder.run("replay", "archive", "--clamp", "--json")
    #expect(plan.code == 0, "\(plan)")
    #expect(try plan.document()["from"] as? Int == 200, "\(plan)")
    let done = try await folder.run("replay", "archive", "--clamp", "--execute")
    #expect(done.code == 0, "\(done)")
    try await folder.simulate(20, "--rotate-after", "1000")
    #expect(try await folder.run("run", "--until-head").code == 0)
    #expect(try CLIFolder.ids(folder.archive("archive")) == Array(0..<80) + Array(200..<320))
  }

  @Test(
    "a document that refuses before there is a plan has all its keys, null where nothing is known")
  func refusedDocument() async throws {
    let folder = try CLIFolder()
    try folder.configure("{name: archive, kind: file, path: archive}")
    let keys: Set = [
      "plan", "secondary", "kind", "checkpoint", "from", "through", "events", "alreadyStored",
      "bytes", "firstTime", "lastTime", "clockSteps", "estimatedSeconds", "refused",
      "standingError",
    ]
    let none = try await folder.run("replay", "archive", "--json")
    #expect(none.code == 3, "no log is there: \(none)")
    let document = try none.document()
    #expect(keys.isSubset(of: document.keys), "\(none)")
    #expect(document["events"] is NSNull && document["kind"] as? String == "redrive", "\(none)")
    #expect(document["refused"] as? String != nil && document["exitCode"] as? Int == 3)
    let executed = try await folder.run(
      "replay", "archive", "--from", "start", "--execute", "--json")
    #expect(try executed.document()["delivered"] is NSNull, "\(executed)")
    #expect(try executed.document()["kind"] as? String == "rewind", "\(executed)")
    let unknown = try await folder.run("replay", "archiv", "--json")
    #expect(unknown.code == 64)
    #expect(try keys.isSubset(of: unknown.document().keys), "\(unknown)")
  }

  @Test("a plan says how long it takes after any drive, however short")
  func estimate() async throws {
    let folder = try CLIFolder()
    try folder.configure("{name: archive, kind: file, path: archive}")
    try await folder.simulate(500)
    let before = try await folder.run("replay", "archive", "--json").document()
    #expect(before["estimatedSeconds"] is NSNull)
    // The second drive has nothing to deliver, and forgets nothing.
    for _ in 0..<2 { #expect(try await folder.run("run", "--until-head").code == 0) }
    let after = try await folder.run("replay", "archive", "--from", "start", "--json").document()
    #expect((after["estimatedSeconds"] as? Double ?? 0) > 0, "\(after)")
    let text = try await folder.run("replay", "archive", "--from", "start").text
    #expect(text.contains("500 of them already; storing them again is harmless"), "\(text)")
  }

  @Test("adopt reports once what a state folder belonged to; adopting it again changes nothing")
  func bound() async throws {
    let folder = try CLIFolder()
    try folder.configure("{name: archive, kind: file, path: archive}")
    try await folder.simulate(5)
    #expect(try await folder.run("run", "--until-head").code == 0)
    let same = try await folder.run("adopt", "archive")
    #expect(same.code == 0 && same.text.contains("already"), "\(same)")
    #expect(!same.text.contains("it belonged to"), "\(same)")
    try folder.configure("{name: archive, kind: file, path: elsewhere}")
    let run = try await folder.run("run", "--until-head")
    #expect(run.code == 78, "\(run)")
    #expect(run.errors.components(separatedBy: "belongs to another").count == 2, "\(run)")
    let check = try await folder.run("check")
    #expect(check.code == 2 && check.text.contains("belongs to another"), "\(check)")
    let adopted = try await folder.run("adopt", "archive")
    #expect(adopted.code == 0 && adopted.text.contains("it belonged to file"), "\(adopted)")
  }

  @Test(
    "demo runs headless, heals what is stalled when it is asked to, and leaves nothing behind",
    arguments: [["replay", "--execute"], ["retry"]])
  func demo(order: [String]) async throws {
    let folder = try CLIFolder()
    let demo = try folder.start(["demo", "--headless"], adding: ["TMPDIR": folder.path])
    func stage() throws -> String? {
      try FileManager.default.contentsOfDirectory(atPath: folder.path)
        .first { $0.hasPrefix("hydra-sinks-demo-") }
    }
    try await eventually("the demo to drive") {
      try stage().map { folder.json("\($0)/state/archive/checkpoint.json") != nil } ?? false
    }
    let configuration = "\(try #require(try stage()))/hydra-sinks.yaml"
    try await eventually("one in step, one behind, one stalled") {
      let all =
        try await folder.run("status", "--json", "--config", configuration)
        .document()["secondaries"] as? [[String: Any]]
      let states = all?.map { $0["state"] as? String ?? "" } ?? []
      return states.first == "ok" && states.contains("stalled")
    }
    let asked = try await folder.run(order + ["audit", "--config", configuration])
    #expect(asked.code == 0, "\(asked)")
    try await eventually("what was stalled to store") {
      try stage().map { folder.json("\($0)/state/audit/checkpoint.json") != nil } ?? false
    }
    demo.send(SIGINT)
    let outcome = try await demo.end()
    #expect(outcome.code == 0, "\(outcome)")
    #expect(try stage() == nil)
  }
}
