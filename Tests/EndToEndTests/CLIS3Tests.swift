import EventArchive
import EventPersistence
import EventPersistenceTesting
import Foundation
import MotoServer
import S3Sink
import Testing

/// Driving into a bucket of a server that verifies signatures.
@Suite(
  "the command line: S3", .serialized,
  .enabled(if: MotoServer.isInstalled, "moto is not installed: Tests/run does that"))
struct CLIS3Tests {
  private let moto: MotoServer
  private let bucket: String
  private let folder: CLIFolder

  init() throws { (moto, bucket, folder) = try CLIFolder.withBucket() }

  private func configure(_ more: String = "", bucket: String? = nil) throws {
    try folder.configure(
      "{name: cold, kind: s3, bucket: \(bucket ?? self.bucket), prefix: mainnet/head-1, "
        + "endpoint: \"\(moto.endpoint)\", interval: 1s, grace: 100ms, timeout: 20s\(more)}")
  }

  private var archive: S3Archive {
    S3Archive(
      S3Sink.Options(
        address: S3Address(bucket: bucket, region: "us-east-1", endpoint: moto.endpoint),
        prefix: "mainnet/head-1", environment: moto.environment))
  }

  /// What is stored, as JSON lines.
  private func lines() async throws -> Data {
    var lines = Data()
    for object in try await archive.objects(.batches) {
      lines += try await archive.lines(of: object)
    }
    return lines
  }

  private func status() async throws -> [String: Any] {
    let outcome = try await folder.run("status", "--json")
    let secondaries = try outcome.document()["secondaries"] as? [[String: Any]]
    return secondaries?.first ?? [:]
  }

  @Test(
    "200 000 events land, are listed, unpacked and compared, and a rewind to the start leaves the same objects",
    .timeLimit(.minutes(10)))
  func many() async throws {
    try configure()
    try await folder.simulate(200_000, "--payload", "300")
    let run = try await folder.start(["run", "--until-head"], adding: moto.environment)
      .end(within: .seconds(300))
    #expect(run.code == 0, "\(run)")
    let log = try #require(folder.read("log/state"))
    #expect(try await lines() == log, "what is stored is not the log, byte for byte")
    let objects = try await archive.objects(.batches)
    // Their names leave nothing out.
    for (before, after) in zip(objects, objects.dropFirst()) {
      #expect(before.name.lastId + 1 == after.name.firstId)
    }
    #expect(objects.first?.name.firstId == 0 && objects.last?.name.lastId == 199_999)
    #expect(folder.checkpoint("cold") == 199_999)
    let replay = try await folder.start(
      ["replay", "cold", "--from", "start", "--execute"], adding: moto.environment
    ).end(within: .seconds(300))
    #expect(replay.code == 0, "\(replay)")
    #expect(replay.text.contains("200") && folder.checkpoint("cold") == 199_999, "\(replay)")
    #expect(try await archive.objects(.batches) == objects)
    #expect(try await archive.strayKeys(.batches).isEmpty)
  }

  @Test(
    "a driver that is killed at random loses nothing", .timeLimit(.minutes(5)),
    arguments: SeededRandom.freshSeed())
  func strikes(seed: UInt64) async throws {
    try configure(", max-events: 200")
    let node = try folder.start(["simulate", folder.log, "--payload", "300", "--rate", "3000"])
    try await eventually("a log") { folder.read("log/state") != nil }
    var random = SeededRandom(seed)
    for _ in 0..<16 {
      let driver = try folder.start(["run"], adding: moto.environment)
      // The moment of the strike is the point of the test.
      try await Task.sleep(for: .milliseconds(Int.random(in: 50...900, using: &random)))
      driver.send(SIGKILL)
      _ = try await driver.end()
      // Whatever was on its way, the bucket has no hole.
      let objects = try await archive.objects(.batches)
      for (before, after) in zip(objects, objects.dropFirst()) {
        #expect(before.name.lastId + 1 == after.name.firstId)
      }
    }
    node.send(SIGTERM)
    _ = try await node.end()
    let run = try await folder.start(["run", "--until-head"], adding: moto.environment)
      .end(within: .seconds(180))
    #expect(run.code == 0, "\(run)")
    #expect(try await lines() == folder.read("log/state"))
    #expect(try await archive.strayKeys(.batches).isEmpty)
  }

  @Test(
    "a stop shows the server's code; a repair lets it continue; no secret is shown",
    .timeLimit(.minutes(5)))
  func stalled() async throws {
    let missing = "\(bucket)-2"
    try configure(bucket: missing)
    try await folder.simulate(300)
    let file = "\(folder.path)/home/.aws/credentials"
    let wrong = "aWrongSecretThatNobodyMaySee"
    func credentials(_ secret: String) -> String {
      "[default]\naws_access_key_id = \(moto.accessKeyId)\naws_secret_access_key = \(secret)\n"
    }
    try folder.write(credentials(wrong), to: "home/.aws/credentials")
    let driver = try folder.start(["run"])
    func stands(_ code: String) async throws {
      try await eventually("stalled with \(code); \(driver.said)") {
        let now = try await status()
        return now["state"] as? String == "stalled"
          && (now["lastError"] as? String)?.contains(code) == true
      }
    }
    try await stands("SignatureDoesNotMatch")
    let text = try await folder.run("status")
    #expect(text.code == 2 && text.text.contains("stalled"), "\(text)")
    let check = try await folder.run("check")
    #expect(check.code == 2 && check.text.contains("SignatureDoesNotMatch"), "\(check)")
    // At once when the file changes, not after a minute; then the next error appears.
    try folder.write(credentials(moto.secretAccessKey), to: "home/.aws/credentials")
    try await stands("NoSuchBucket")
    // Wherever an operator looks: the log, the journal, `status`, the dashboard, `check`.
    try await eventually("the log to say it") { driver.said.contains("NoSuchBucket") }
    #expect(folder.text("state/cold/journal.jsonl").contains("NoSuchBucket"))
    for (command, code) in [(["status"], 2), (["watch", "--once"], 0), (["check"], 2)] {
      let said = try await folder.run(command)
      #expect(Int(said.code) == code && said.text.contains("NoSuchBucket"), "\(command): \(said)")
      #expect(said.text.contains(missing), "\(said)")
      #expect(said.text.contains("Check the bucket's name"), "\(said)")
    }
    try moto.make(missing)
    _ = try await folder.run("retry", "cold")
    try await eventually("recovery; \(driver.said)", within: .seconds(50)) {
      try await status()["state"] as? String == "ok"
    }
    #expect(folder.checkpoint("cold") == 299)
    // They are written with a heartbeat.
    try await eventually("the sink's facts") {
      let facts = folder.json("state/cold/driver.json")?["sink"] as? [String: String]
      return facts?["credentials"] == "profile default of \(file)"
    }
    let json = try await folder.run("status", "--json")
    driver.send(SIGTERM)
    let ended = try await driver.end()
    #expect(ended.code == 0, "\(ended)")
    #expect(try folder.filesWith([wrong, moto.secretAccessKey]) == ["home/.aws/credentials"])
    #expect(!json.output.isEmpty)
  }

  @Test("secrets of the environment are neither shown, nor written, nor handed on as arguments")
  func environmentSecrets() async throws {
    try folder.configure(
      "{name: cold, kind: s3, bucket: \(bucket), endpoint: \"\(moto.endpoint)\"}",
      "{name: audit, kind: command, mode: stream, command: [./arguments]}")
    let arguments = "#!/bin/sh\ntr '\\0' ' ' </proc/$$/cmdline >arguments-$$\nexec cat >/dev/null\n"
    try folder.write(arguments, to: "arguments", mode: 0o700)
    try await folder.simulate(30)
    let secrets = ["aMarkedSecretKey", "aMarkedSessionToken"]
    let environment = [
      "AWS_ACCESS_KEY_ID": moto.accessKeyId, "AWS_SECRET_ACCESS_KEY": secrets[0],
      "AWS_SESSION_TOKEN": secrets[1],
    ]
    let driver = try folder.start(["run"], adding: environment)
    try await eventually("a refusal; \(driver.said)") {
      try await status()["lastError"] is String
        && folder.text("state/cold/journal.jsonl").contains("error")
    }
    let cmdline = try #require(
      FileManager.default.contents(atPath: "/proc/\(driver.pid)/cmdline"))
    #expect(secrets.allSatisfy { cmdline.range(of: Data($0.utf8)) == nil } && !cmdline.isEmpty)
    for command in [
      ["check"], ["status"], ["status", "--json"], ["verify", "cold"], ["watch", "--once"],
      ["events", "--of", "cold"], ["replay", "cold", "--from", "start", "--json"],
    ] {
      _ = try await folder.start(command, adding: environment).end()
    }
    driver.send(SIGTERM)
    _ = try await driver.end()
    #expect(try folder.filesWith(secrets) == [])
  }

  @Test("a second state directory is refused with 75, and the owner of the prefix is named")
  func owners() async throws {
    try configure()
    try await folder.simulate(50)
    let run = try await folder.run("run", "--until-head", adding: moto.environment)
    #expect(run.code == 0, "\(run)")
    try folder.write(
      folder.text("hydra-sinks.yaml").replacing("state-dir: state", with: "state-dir: other"),
      to: "other.yaml")
    let refused = try await folder.run(
      "run", "--config", "other.yaml", "--no-wait", adding: moto.environment)
    #expect(refused.code == 75, "\(refused)")
    #expect(refused.errors.contains("\(folder.path)/state/cold"), "\(refused)")
    let check = try await folder.run("check", "--config", "other.yaml", adding: moto.environment)
    #expect(check.code == 2 && check.text.contains("held"), "\(check)")
  }

  @Test("another state directory takes the prefix over, planned first, once its driver is gone")
  func takeOver() async throws {
    try configure()
    try await folder.simulate(50)
    try folder.write(
      folder.text("hydra-sinks.yaml").replacing("state-dir: state", with: "state-dir: other"),
      to: "other.yaml")
    func run(_ arguments: String...) async throws -> CLIProgram.Outcome {
      try await folder.start(arguments, adding: moto.environment).end()
    }
    func takeOver(_ more: String...) async throws -> CLIProgram.Outcome {
      try await folder.start(
        ["adopt", "cold", "--take-over", "--config", "other.yaml"] + more, adding: moto.environment
      ).end()
    }
    let driver = try folder.start(["run"], adding: moto.environment)
    try await eventually("all to be stored; \(driver.said)") { folder.checkpoint("cold") == 49 }
    let live = try await takeOver("--execute")
    #expect(live.code == 75 && live.errors.contains("running on this machine"), "\(live)")
    driver.send(SIGTERM)
    _ = try await driver.end()
    let plan = try await takeOver()
    #expect(plan.code == 0 && plan.text.contains("Nothing was changed"), "\(plan)")
    #expect(plan.text.contains("\(folder.path)/state/cold"), "\(plan)")
    #expect(plan.text.contains("events through 49") && plan.text.contains("since 20"), "\(plan)")
    #expect(folder.read("other/cold/secondary.json") == nil)
    let done = try await takeOver("--execute")
    #expect(done.code == 0, "\(done)")
    #expect(folder.text("other/cold/journal.jsonl").contains("taken over"))
    try await folder.simulate(5)
    let next = try await run("run", "--config", "other.yaml", "--until-head")
    #expect(next.code == 0, "\(next)")
    #expect(folder.json("other/cold/checkpoint.json")?["eventId"] as? Int == 54)
    // The first one now finds that it is another's, and how to have it back.
    let back = try await run("run", "--until-head", "--no-wait")
    #expect(back.code == 75, "\(back)")
    #expect(back.errors.contains("hydra-sinks adopt cold --take-over"), "\(back)")
    #expect(try await lines() == folder.read("log/state"))
  }

  @Test("events that the node lost are set aside, and its new events are stored")
  func divergence() async throws {
    try configure()
    try await folder.simulate(400)
    let first = try await folder.run("run", "--until-head", adding: moto.environment)
    #expect(first.code == 0, "\(first)")
    let held = try await archive.objects(.batches)
    // The node loses its last events and reuses their ids.
    let log = try #require(folder.read("log/state")).split(separator: 0x0A)
    let kept = log[..<380].joined(separator: [0x0A]) + [0x0A]
    let anew = (380..<410).map {
      "{\"eventId\":\($0),\"stateChanged\":{\"tag\":\"NetworkConnected\"},\"time\":\"2026-11-24T23:00:00Z\"}\n"
    }
    try Data(kept + anew.joined().utf8).write(to: URL(fileURLWithPath: "\(folder.log)/state"))
    let diverged = try await folder.run("run", "--until-head", adding: moto.environment)
    #expect(diverged.code == 2 && diverged.errors.contains("diverged"), "\(diverged)")
    let plan = try await folder.run(
      "replay", "cold", "--json", adding: moto.environment)
    let replay = try await folder.run(
      "replay", "cold", "--execute", adding: moto.environment)
    #expect(replay.code == 0, "\(plan)\n\(replay)")
    let run = try await folder.run("run", "--until-head", adding: moto.environment)
    #expect(run.code == 0, "\(run)")
    #expect(try await lines() == folder.read("log/state"))
    #expect(try await archive.supersededKeys().count >= 1)
    #expect(held.count >= 1)
  }
}
