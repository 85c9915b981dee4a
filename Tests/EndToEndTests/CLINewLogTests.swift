import EventPersistenceTesting
import Foundation
import MotoServer
import Testing

/// A node whose log begins anew: what was stored is kept, and the next log is stored beside it.
@Suite("the command line: a log that begins anew", .serialized)
struct CLINewLogTests {
  private let folder: CLIFolder

  init() throws { folder = try CLIFolder() }

  /// Appends what it gets to a file for each generation.
  private static let collector = """
    #!/bin/sh
    cat >>"$1.$HYDRA_SINKS_GENERATION"

    """

  /// Stores like a loader that keeps its own checkpoint, a file for each generation.
  private static let loader = """
    #!/bin/sh
    file="$1.$HYDRA_SINKS_GENERATION"
    touch "$file"
    last=$(tail -n 1 "$file" | sed 's/.*"eventId":\\([0-9]*\\).*/\\1/')
    echo "{\\"checkpoint\\":${last:-null},\\"generation\\":$HYDRA_SINKS_GENERATION}"
    while read -r line; do
      printf '%s\\n' "$line" >>"$file"
      id=${line#*\\"eventId\\":}
      echo "{\\"eventId\\":${id%%[!0-9]*}}"
    done

    """

  private func status(_ name: String) async throws -> [String: Any] {
    let document = try await folder.run("status", "--json").document()
    let all = document["secondaries"] as? [[String: Any]] ?? []
    return try #require(all.first { $0["name"] as? String == name })
  }

  private func removeLog() throws {
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.log)
    where name.hasPrefix("state") || name.hasPrefix("hydra.db") {
      try FileManager.default.removeItem(atPath: "\(folder.log)/\(name)")
    }
  }

  private func events(_ name: String, _ generation: Int) async throws -> Data {
    let outcome = try await folder.run(
      ["events", "--of", name, "--generation", "\(generation)"])
    #expect(outcome.code == 0, "\(outcome)")
    return Data(outcome.text.utf8)
  }

  @Test(
    "it is recognized for every kind of sink, begun on the operator's word, and nothing is set aside",
    .timeLimit(.minutes(3)), arguments: ["state", "sqlite-json", "sqlite-cbor"], [500, 4000])
  func begun(format: String, count: Int) async throws {
    try folder.write(Self.collector, to: "collect", mode: 0o700)
    try folder.write(Self.loader, to: "load", mode: 0o700)
    try folder.configure(
      "{name: archive, kind: file, path: archive}",
      "{name: audit, kind: command, command: [./collect, audit]}",
      "{name: loader, kind: command, command: [./load, loaded], mode: stream}")
    try await folder.simulate(3000, "--format", format, "--payload", "300")
    let first = try await folder.run("events", "--dir", "log")
    #expect(try await folder.run("run", "--until-head").code == 0)

    try removeLog()
    try await folder.simulate(count, "--format", format, "--payload", "300", "--seed", "2")
    let second = try await folder.run("events", "--dir", "log")
    let refused = try await folder.run("run", "--until-head")
    #expect(refused.code == 2 && refused.errors.contains("another log"), "\(refused)")
    for name in ["archive", "audit", "loader"] {
      #expect(try await status(name)["state"] as? String == "new-log", "\(name)")
      let plan = try await folder.run("replay", name, "--json").document()
      #expect(plan["kind"] as? String == "new-log")
      #expect(plan["generation"] as? Int == 2)
      #expect(plan["alreadyStored"] as? Int == 0)
      #expect(plan["from"] as? Int == 0 && plan["through"] as? Int == count - 1)
      let partly = try await folder.run("replay", name, "--from", "10")
      #expect(partly.code == 2 && partly.text.contains("generation 2"), "\(partly)")
      let begun = try await folder.run("replay", name, "--execute")
      #expect(begun.code == 0, "\(begun)")
      #expect(folder.checkpoint(name) == count - 1)
      let after = try await status(name)
      #expect(after["generation"] as? Int == 2)
      let former = after["former"] as? [[String: Any]]
      #expect((former?.first?["last"] as? [String: Any])?["eventId"] as? Int == 2999)
    }
    #expect(try await events("archive", 1) == Data(first.text.utf8))
    #expect(try await events("archive", 2) == Data(second.text.utf8))
    let newest = try await folder.run("events", "--of", "archive")
    #expect(newest.text == second.text)
    #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/archive/superseded"))
    for name in ["audit", "loaded"] {
      #expect(folder.read("\(name).1") == Data(first.text.utf8), "\(name)")
      #expect(folder.read("\(name).2") == Data(second.text.utf8), "\(name)")
    }
    #expect(try await folder.run("verify", "archive").code == 0)
    let former = try await folder.run("verify", "archive", "--generation", "1")
    #expect(former.code == 0 && former.text.contains("3 000 held"), "\(former)")
    let none = try await folder.run("verify", "archive", "--generation", "3")
    #expect(none.code == 2 && none.errors.contains("no generation 3"), "\(none)")
  }

  @Test(
    "three times in a row, with drivers that are killed at random, each generation is the log that was there",
    .timeLimit(.minutes(5)), arguments: SeededRandom.freshSeed())
  func strikes(seed: UInt64) async throws {
    try folder.configure(
      "{name: archive, kind: file, path: archive}",
      "{name: packed, kind: file, path: packed, compression: zstd, interval: 1s, max-events: 150}",
      more: "on-new-log: begin\n")
    var random = SeededRandom(seed)
    var logs: [String] = []
    for generation in 1...4 {
      if generation > 1 { try removeLog() }
      try await folder.simulate(
        Int.random(in: 400...3000, using: &random), "--seed", "\(generation)", "--payload", "300")
      logs.append(try await folder.run("events", "--dir", "log").text)
      for _ in 0..<4 {
        let driver = try folder.start(["run"])
        // The moment of the strike is the point of the test.
        try await Task.sleep(for: .milliseconds(Int.random(in: 5...400, using: &random)))
        driver.send(SIGKILL)
        _ = try await driver.end()
      }
      let run = try await folder.run("run", "--until-head", within: .seconds(120))
      #expect(run.code == 0, "\(run)")
      #expect(try await status("archive")["generation"] as? Int == generation)
    }
    for (index, log) in logs.enumerated() {
      for name in ["archive", "packed"] {
        #expect(
          try await events(name, index + 1) == Data(log.utf8), "\(name), generation \(index + 1)")
      }
    }
    let restored = try await folder.run(
      "restore", "archive", "back", "--generation", "2", "--format", "state")
    #expect(restored.code == 0, "\(restored)")
    #expect(folder.text("back/state") == logs[1])
    let entries = folder.text("state/archive/replays.jsonl")
    #expect(entries.split(separator: "\n").count { $0.contains("\"new-log\"") } == 3)
    #expect(entries.contains("on-new-log: begin"))
  }

  @Test(
    "archives that the former log left, and a beginning that was rotated away, do not hide it",
    .timeLimit(.minutes(3)), arguments: [false, true])
  func rotated(dropsArchives: Bool) async throws {
    try folder.configure("{name: archive, kind: file, path: archive}")
    try await folder.simulate(
      6000, "--format", "sqlite-json", "--rotate-after", "2500", "--payload", "300")
    let first = try await folder.run("events", "--dir", "log")
    #expect(try await folder.run("run", "--until-head").code == 0)
    try removeLog()
    let options = ["--format", "sqlite-json", "--rotate-after", "700", "--payload", "300"]
    let more = options + ["--seed", "2"] + (dropsArchives ? ["--drop-archives"] : [])
    let written = try await folder.run(["simulate", folder.log, "--count", "1000"] + more)
    #expect(written.code == 0, "\(written)")
    let second = try await folder.run("events", "--dir", "log")
    #expect(try await status("archive")["state"] as? String == "new-log")
    let archives = try await folder.run("archives", "--dir", "log")
    #expect(archives.text.contains("of a log that the node no longer has"), "\(archives)")
    let begun = try await folder.run("replay", "archive", "--execute")
    #expect(begun.code == 0, "\(begun)")
    #expect(try await events("archive", 1) == Data(first.text.utf8))
    #expect(try await events("archive", 2) == Data(second.text.utf8))
    #expect(try await folder.run("verify", "archive").code == 0)
  }

  @Test("a log that only lost its last events is rewound after the last landmark that agrees")
  func lostTail() async throws {
    try folder.write(Self.collector, to: "collect", mode: 0o700)
    try folder.configure("{name: audit, kind: command, command: [./collect, audit]}")
    try await folder.simulate(3000, "--payload", "300")
    #expect(try await folder.run("run", "--until-head").code == 0)
    // The last 20 of these are lost, and their ids are used again.
    try await folder.simulate(30, "--payload", "300")
    #expect(try await folder.run("run", "--until-head").code == 0)
    try await folder.simulate(1, "--lose-tail", "1", "--payload", "300")
    try await folder.simulate(40, "--payload", "300", "--seed", "3")
    #expect(try await status("audit")["state"] as? String == "diverged")
    let plan = try await folder.run("replay", "audit", "--json").document()
    #expect(plan["kind"] as? String == "rewind")
    let from = try #require(plan["from"] as? Int)
    #expect((2950...3011).contains(from), "\(from)")
    #expect(plan["alreadyStored"] is NSNull)
    #expect(try await folder.run("replay", "audit", "--execute").code == 0)
  }

  @Test("what a log that was rotated away no longer tells is kept, and its next log can be ordered")
  func rotatedAfterLoss() async throws {
    try folder.configure(
      "{name: archive, kind: file, path: archive, interval: 10s, max-events: 33}")
    let options = ["--format", "sqlite-json", "--payload", "300"]
    func simulate(_ count: Int, _ more: String...) async throws {
      let outcome = try await folder.run(
        ["simulate", folder.log, "--count", "\(count)"] + options + more)
      #expect(outcome.code == 0, "\(outcome)")
    }
    try await simulate(250)
    let first = try await folder.run("events", "--dir", "log")
    let copy = "\(folder.path)/copy"
    try FileManager.default.copyItem(atPath: folder.log, toPath: copy)
    try await simulate(50)
    #expect(try await folder.run("run", "--until-head").code == 0)
    // The node goes on from an old copy, and deletes what it rotates.
    try FileManager.default.removeItem(atPath: folder.log)
    try FileManager.default.moveItem(atPath: copy, toPath: folder.log)
    try await simulate(40, "--seed", "77", "--rotate-after", "260", "--drop-archives")
    let rewound = try await folder.run("replay", "archive", "--execute")
    #expect(rewound.code == 0, "\(rewound)")
    let kept = try await folder.run("events", "--of", "archive")
    #expect(kept.text.hasPrefix(first.text), "what is still true was set aside")

    // Another log that looks the same, which only the operator knows.
    try removeLog()
    try await simulate(280, "--seed", "5", "--rotate-after", "200", "--drop-archives")
    let second = try await folder.run("events", "--dir", "log")
    let plan = try await folder.run("replay", "archive", "--new-log", "--json").document()
    #expect(plan["kind"] as? String == "new-log" && plan["generation"] as? Int == 2)
    let begun = try await folder.run("replay", "archive", "--new-log", "--execute")
    #expect(begun.code == 0, "\(begun)")
    #expect(try await events("archive", 1) == Data(kept.text.utf8))
    #expect(try await events("archive", 2) == Data(second.text.utf8))
    let again = try await folder.run("replay", "archive", "--new-log")
    #expect(again.code == 2 && again.text.contains("it is the log that is stored"), "\(again)")
  }

  @Test("a folder of the user's with a generation's name is none, and nothing is stored in it")
  func foreignFolder() async throws {
    try folder.configure("{name: archive, kind: file, path: archive}")
    try folder.write("mine", to: "archive/g2/notes.txt")
    try folder.write("mine", to: "archive/g3")
    try await folder.simulate(100, "--payload", "300")
    #expect(try await folder.run("run", "--until-head").code == 0)
    #expect(try await folder.run("events", "--of", "archive").code == 0)
    let verified = try await folder.run("verify", "archive")
    #expect(verified.code == 0 && !verified.text.contains("not compared"), "\(verified)")
    try removeLog()
    try await folder.simulate(100, "--seed", "2", "--payload", "300")
    let refused = try await folder.run("replay", "archive", "--execute")
    #expect(refused.code != 0, "\(refused)")
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/archive/g2") == [
        "notes.txt"
      ])
    try FileManager.default.removeItem(atPath: "\(folder.path)/archive/g2")
    #expect(try await folder.run("run", "--until-head").code == 0)
    #expect(folder.checkpoint("archive") == 99)
  }

  @Test("a fresh state directory finds the newest generation that the archive holds")
  func adopted() async throws {
    try folder.configure("{name: archive, kind: file, path: archive}", more: "on-new-log: begin\n")
    for seed in 1...2 {
      try removeLog()
      try await folder.simulate(300, "--seed", "\(seed)", "--payload", "300")
      #expect(try await folder.run("run", "--until-head").code == 0)
    }
    try FileManager.default.removeItem(atPath: folder.state)
    let run = try await folder.run("run", "--until-head")
    #expect(run.code == 0, "\(run)")
    #expect(try await status("archive")["generation"] as? Int == 2)
    #expect(try await folder.run("verify", "archive").code == 0)
  }
}

/// The same in a bucket.
@Suite(
  "the command line: a log that begins anew, in S3", .serialized,
  .enabled(if: MotoServer.isInstalled, "moto is not installed: Tests/run does that"))
struct CLINewLogS3Tests {
  @Test(
    "its objects lie below g2, in each layout, and those of the former log stay",
    .timeLimit(.minutes(3)), arguments: ["batches", "per-event"])
  func generations(layout: String) async throws {
    let (moto, bucket, folder) = try CLIFolder.withBucket()
    try folder.configure(
      "{name: cold, kind: s3, bucket: \(bucket), prefix: head, endpoint: \"\(moto.endpoint)\", "
        + "interval: 1s, grace: 100ms, layout: \(layout)}")
    var logs: [String] = []
    for generation in 1...3 {
      try? FileManager.default.removeItem(atPath: "\(folder.log)/state")
      try await folder.simulate(120, "--seed", "\(generation)", "--payload", "300")
      logs.append(try await folder.run("events", "--dir", "log").text)
      let run = try await folder.run(
        "run", "--until-head", adding: moto.environment, within: .seconds(180))
      #expect(run.code == (generation == 1 ? 0 : 2), "\(run)")
      guard generation > 1 else { continue }
      let begun = try await folder.run(
        "replay", "cold", "--execute", adding: moto.environment, within: .seconds(180))
      #expect(begun.code == 0, "\(begun)")
      // A replay leaves a batch that may still grow to the normal delivery.
      let rest = try await folder.run(
        "run", "--until-head", adding: moto.environment, within: .seconds(180))
      #expect(rest.code == 0, "\(rest)")
    }
    for (index, log) in logs.enumerated() {
      let held = try await folder.run(
        "events", "--of", "cold", "--generation", "\(index + 1)", adding: moto.environment)
      #expect(held.code == 0 && held.text == log, "generation \(index + 1): \(held.errors)")
      let verified = try await folder.run(
        "verify", "cold", "--generation", "\(index + 1)", adding: moto.environment)
      #expect(verified.code == 0, "generation \(index + 1): \(verified)")
    }
    let newest = try await folder.run("events", "--of", "cold", adding: moto.environment)
    #expect(newest.text == logs[2])
  }

  @Test(
    "three times in a row, with drivers that are killed at random, each generation is the log that was there",
    .timeLimit(.minutes(5)), arguments: SeededRandom.freshSeed())
  func strikes(seed: UInt64) async throws {
    let (moto, bucket, folder) = try CLIFolder.withBucket()
    try folder.configure(
      "{name: cold, kind: s3, bucket: \(bucket), prefix: head, endpoint: \"\(moto.endpoint)\", "
        + "interval: 1s, grace: 100ms, max-events: 200}", more: "on-new-log: begin\n")
    var random = SeededRandom(seed)
    var logs: [String] = []
    for generation in 1...4 {
      try? FileManager.default.removeItem(atPath: "\(folder.log)/state")
      try await folder.simulate(
        Int.random(in: 400...1500, using: &random), "--seed", "\(generation)", "--payload", "300")
      logs.append(try await folder.run("events", "--dir", "log").text)
      for _ in 0..<3 {
        let driver = try folder.start(["run"], adding: moto.environment)
        // The moment of the strike is the point of the test.
        try await Task.sleep(for: .milliseconds(Int.random(in: 50...900, using: &random)))
        driver.send(SIGKILL)
        _ = try await driver.end()
      }
      let run = try await folder.start(["run", "--until-head"], adding: moto.environment)
        .end(within: .seconds(120))
      #expect(run.code == 0, "\(run)")
    }
    for (index, log) in logs.enumerated() {
      let held = try await folder.run(
        "events", "--of", "cold", "--generation", "\(index + 1)", adding: moto.environment)
      #expect(held.code == 0 && held.text == log, "generation \(index + 1): \(held.errors)")
    }
  }
}
