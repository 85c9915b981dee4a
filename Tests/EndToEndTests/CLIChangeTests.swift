import Foundation
import Testing

/// Each format of a node's log, and its changes while a driver follows it.
@Suite("the command line: formats, and changes under the driver", .serialized)
struct CLIChangeTests {
  /// The options of `simulate`, which change the log.
  static let scenes: [[String]] = [
    ["--format", "bare"],
    ["--format", "untimed"],
    ["--format", "state"],
    ["--format", "sqlite-json"],
    ["--format", "sqlite-cbor"],
    ["--format", "state", "--rotate-after", "300"],
    ["--format", "untimed", "--rotate-after", "300"],
    ["--format", "sqlite-json", "--rotate-after", "300"],
    ["--format", "sqlite-cbor", "--rotate-after", "300"],
    ["--format", "state", "--gaps"],
    ["--format", "sqlite-json", "--gaps", "--rotate-after", "400"],
    ["--format", "state", "--crash", "150"],
    ["--format", "state", "--migrate-at", "400"],
    ["--format", "sqlite-json", "--upgrade-at", "400"],
    ["--format", "state", "--rotate-after", "150", "--migrate-at", "300", "--upgrade-at", "500"],
  ]

  @Test(
    "with a driver beside it the archive has each event once and in order", arguments: scenes)
  func change(scene: [String]) async throws {
    let folder = try CLIFolder()
    try folder.configure("{name: archive, kind: file, path: archive}")
    let driver = try folder.start(["run"])
    // Slow enough for the driver to be in the middle of it, twice: the node stops in between.
    for scene in [scene, Self.afterwards(scene)] {
      let node = try await folder.run(
        ["simulate", folder.log, "--count", "700", "--rate", "1500", "--payload", "200"] + scene)
      #expect(node.code == 0, "\(node)")
    }
    driver.send(SIGTERM)
    let drove = try await driver.end()
    #expect(drove.code == 0, "\(drove)")
    let run = try await folder.run("run", "--until-head", within: .seconds(120))
    #expect(run.code == 0, "\(run)")

    let log = try await folder.run("events", folder.log)
    #expect(log.code == 0, "\(log.errors)")
    let events = try Self.names(log.output)
    let stored = try Self.names(folder.archive("archive"))
    #expect(stored == events, "the archive holds \(stored.count) of \(events.count) events")
    #expect(events.count >= 1300, "\(events.count) events")
    let ids = try CLIFolder.ids(log.output)
    #expect(zip(ids, ids.dropFirst()).allSatisfy { $0 <= $1 }, "ids fall")
    let sharedIds = zip(ids, ids.dropFirst()).filter { $0 == $1 }.count
    #expect(
      scene.contains("--rotate-after") ? sharedIds > 0 : sharedIds == 0,
      "\(sharedIds) ids occur twice")
    if !scene.contains("--gaps"), !scene.contains("--crash") {
      #expect(Set(ids) == Set(0...(ids.last ?? 0)), "ids are missing")
    }
    // The ledger's values in JSON and in CBOR cannot be compared; what can be is the same.
    let verify = try await folder.run("verify", "archive")
    #expect([0, 3].contains(verify.code) && !verify.text.contains("differing"), "\(verify)")
  }

  @Test("a node that loses its last events and reuses their ids is recognized")
  func divergence() async throws {
    let folder = try CLIFolder()
    try folder.configure("{name: archive, kind: file, path: archive}")
    try await folder.simulate(200)
    #expect(try await folder.run("run", "--until-head").code == 0)
    let lines = folder.text("log/state").split(separator: "\n")
    // The node comes back without its last 20 events, and reuses their ids.
    let kept = lines.dropLast(20)
    let others = lines.suffix(20).map {
      $0.replacingOccurrences(of: "\"time\":\"20", with: "\"time\":\"21")
    }
    try folder.write(
      (kept.map(String.init) + others).joined(separator: "\n") + "\n", to: "log/state")
    let stopped = try await folder.run("run", "--until-head")
    #expect(stopped.code == 2, "\(stopped)")
    let status = try await folder.run("status", "--json")
    #expect(status.code == 2 && status.text.contains("\"diverged\""), "\(status)")
    let replay = try await folder.run("replay", "archive", "--from", "start", "--execute")
    #expect(replay.code == 0, "\(replay)")
    #expect(
      try folder.archive("archive") == folder.read("log/state"),
      "the archive is not what the log is now")
    let after = try await folder.run("status", "--json")
    #expect(after.code == 0, "\(after)")
    let aside = try FileManager.default.subpathsOfDirectory(
      atPath: "\(folder.path)/archive/superseded")
    #expect(!aside.isEmpty, "what the archive held in their place is gone, not set aside")
  }

  @Test("events archived from a JSON log stay as they are when the same events come from CBOR")
  func upgrade() async throws {
    let folder = try CLIFolder()
    try folder.configure("{name: archive, kind: file, path: archive}")
    try await folder.simulate(300, "--format", "sqlite-json")
    #expect(try await folder.run("run", "--until-head").code == 0)
    let before = try folder.archive("archive")
    #expect(try before == (await folder.run("events", folder.log)).output)
    try await folder.simulate(50, "--format", "sqlite-json", "--upgrade-at", "10")
    let derived = try await folder.run("events", folder.log).output
    #expect(!derived.starts(with: before), "the log is no longer the JSON that it was")
    let replay = try await folder.run("replay", "archive", "--from", "start", "--execute")
    #expect(replay.code == 0, "\(replay)")
    #expect(try await folder.run("run", "--until-head").code == 0)
    let after = try folder.archive("archive")
    #expect(after.starts(with: before), "the node's own JSON was replaced")
    #expect(try CLIFolder.ids(after) == Array(0..<350))
    let aside = try? FileManager.default.contentsOfDirectory(
      atPath: "\(folder.path)/archive/superseded")
    #expect(aside ?? [] == [])
  }

  /// The options of the same node at its next start: a migrated or upgraded log stays so.
  private static func afterwards(_ scene: [String]) -> [String] {
    guard scene.contains("--migrate-at") || scene.contains("--upgrade-at") else { return scene }
    return ["--format", scene.contains("--upgrade-at") ? "sqlite-cbor" : "sqlite-json"]
  }

  /// id, tag and time of each event: what names it, in any format.
  private static func names(_ lines: Data) throws -> [String] {
    try lines.split(separator: 0x0A).map { line in
      let object = try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
      let change = object?["stateChanged"] as? [String: Any]
      return "\(object?["eventId"] ?? "?") \(change?["tag"] ?? "?") \(object?["time"] ?? "")"
    }
  }
}
