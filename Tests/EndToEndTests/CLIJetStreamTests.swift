import EventPersistenceTesting
import Foundation
import NATSServer
import Testing

/// Driving into streams of real servers.
@Suite(
  "the command line: JetStream", .serialized,
  .enabled(if: NATSServer.isInstalled, "nats-server is not installed: Tests/run does that"))
struct CLIJetStreamTests {
  private let folder: CLIFolder

  init() throws { folder = try CLIFolder() }

  private func configure(_ servers: [NATSServer], _ more: String) throws {
    let urls = servers.map { "\"\($0.url)\"" }.joined(separator: ", ")
    try folder.configure(
      "{name: bus, kind: jetstream, servers: [\(urls)], stream: EVENTS, node: alice, \(more)}")
  }

  private func status() async throws -> [String: Any] {
    let document = try await folder.run("status", "--json").document()
    return (document["secondaries"] as? [[String: Any]])?.first ?? [:]
  }

  private func stands(_ state: String, _ code: String, _ driver: CLIRun) async throws {
    try await eventually("\(state) with \(code); \(driver.said)", within: .seconds(50)) {
      let now = try await status()
      return now["state"] as? String == state
        && (code.isEmpty || (now["lastError"] as? String)?.contains(code) == true)
    }
  }

  @Test(
    "events are published, read back and compared; the stream restores the log",
    .timeLimit(.minutes(5)))
  func archive() async throws {
    let server = try NATSServer()
    try configure([server], "create: {storage: file}")
    try await folder.simulate(20_000, "--payload", "300")
    let before = try await folder.run("check")
    #expect(before.code == 0 && before.text.contains("no stream EVENTS yet"), "\(before)")
    let run = try await folder.run("run", "--until-head")
    #expect(run.code == 0, "\(run)")
    let after = try await folder.run("check")
    #expect(after.code == 0 && after.text.contains("through 19999"), "\(after)")
    let log = try #require(folder.read("log/state"))
    let held = try await folder.run("events", "--of", "bus")
    #expect(held.code == 0 && held.output == log, "\(held.code)")
    let verified = try await folder.run("verify", "bus")
    #expect(verified.code == 0, "\(verified)")
    // A rewind of everything, and a driver that lost its state: each event is there once.
    let replay = try await folder.run("replay", "bus", "--from", "start", "--execute")
    #expect(replay.code == 0, "\(replay)")
    try FileManager.default.removeItem(atPath: folder.state)
    #expect(try await folder.run("run", "--until-head").code == 0)
    #expect(try await folder.run("verify", "bus").code == 0)
    #expect(try await folder.run("events", "--of", "bus").output == log)
    let restored = try await folder.run("restore", "bus", "\(folder.path)/restored")
    #expect(restored.code == 0, "\(restored)")
    #expect(folder.read("restored/state") == log)
  }

  @Test(
    "a server that is gone, and one without the stream, are told with what to do; it recovers",
    .timeLimit(.minutes(5)))
  func gone() async throws {
    let server = try NATSServer()
    try configure([server], "create: false")
    try await folder.simulate(300)
    let driver = try folder.start(["run"])
    try await stands("stalled", "no stream", driver)
    let check = try await folder.run("check")
    #expect(check.code == 2 && check.text.contains("set create: true"), "\(check)")
    #expect(check.text.contains("nats stream add EVENTS --subjects 'hydra."), "\(check)")
    driver.send(SIGTERM)
    _ = try await driver.end()
    try configure([server], "create: true")
    let next = try folder.start(["run"])
    try await stands("ok", "", next)
    server.kill()
    try await eventually("the driver to notice; \(next.said)", within: .seconds(30)) {
      try await (status()["lastError"] as? String)?.isEmpty == false
    }
    try server.start()
    try await eventually("recovery; \(next.said)", within: .seconds(90)) {
      let now = try await status()
      return now["state"] as? String == "ok" && now["lastError"] as? String == nil
    }
    next.send(SIGTERM)
    _ = try await next.end()
  }

  @Test("a stream is taken over once its driver has been silent; without a state, it goes on")
  func takeOver() async throws {
    let server = try NATSServer()
    try configure([server], "create: true")
    try await folder.simulate(50)
    #expect(try await folder.run("run", "--until-head").code == 0)
    try folder.write(
      folder.text("hydra-sinks.yaml").replacing("state-dir: state", with: "state-dir: other"),
      to: "other.yaml")
    func adopt(_ file: String, _ more: String...) async throws -> CLIProgram.Outcome {
      try await folder.run(["adopt", "bus", "--take-over", "--config", file] + more)
    }
    let live = try await adopt("other.yaml", "--execute")
    #expect(live.code == 75 && live.errors.contains("it stored something"), "\(live)")
    #expect(folder.read("other/bus/secondary.json") == nil)
    // Of a stream that was never written to, nobody can be the driver.
    try folder.write(
      folder.text("other.yaml").replacing("stream: EVENTS", with: "stream: EMPTY"),
      to: "empty.yaml")
    let plan = try await adopt("empty.yaml")
    #expect(plan.code == 0 && plan.text.contains("nothing is stored there"), "\(plan)")
    let done = try await adopt("empty.yaml", "--execute")
    #expect(done.code == 0, "\(done)")
    #expect(folder.text("other/bus/journal.jsonl").contains("was taken over by"))
    try FileManager.default.removeItem(atPath: "\(folder.path)/other")
    let next = try await folder.run("run", "--until-head", "--config", "other.yaml")
    #expect(next.code == 0, "\(next)")
    #expect(try await folder.run("events", "--of", "bus").output == folder.read("log/state"))
  }

  /// `HYDRA_SINKS_LONG`: 300,000 events, and strikes for as long as they take.
  private static let isLong = ProcessInfo.processInfo.environment["HYDRA_SINKS_LONG"] != nil

  @Test(
    "three servers and drivers are killed at random: nothing is missing, nothing twice, in order",
    .timeLimit(.minutes(isLong ? 60 : 5)), arguments: SeededRandom.freshSeed())
  func strikes(seed: UInt64) async throws {
    var random = SeededRandom(seed)
    let servers = try NATSServer.cluster()
    let count = Self.isLong ? 300_000 : 4000
    try configure(servers, "timeout: 2s, max-events: 500, create: {replicas: 3}")
    try await folder.simulate(count, "--payload", "300")
    for strike in 0..<(Self.isLong ? 150 : 6) {
      let driver = try folder.start(["run"])
      // The moments of the strikes are the point of the test.
      try await Task.sleep(for: .milliseconds(Int.random(in: 100...1200, using: &random)))
      // For a while two at once, which leaves the stream without a leader.
      let isDouble = Self.isLong ? (60..<75).contains(strike) : strike == 4
      let first = Int.random(in: 0..<3, using: &random)
      let struck = isDouble ? [servers[first], servers[(first + 1) % 3]] : [servers[first]]
      for server in struck { server.kill() }
      try await Task.sleep(for: .milliseconds(Int.random(in: 100...1200, using: &random)))
      if Bool.random(using: &random) {
        driver.send(SIGKILL)
        _ = try await driver.end()
        for server in struck { try server.start() }
      } else {
        for server in struck { try server.start() }
        try await Task.sleep(for: .milliseconds(Int.random(in: 100...500, using: &random)))
        driver.send(SIGKILL)
        _ = try await driver.end()
      }
    }
    let run = try await folder.start(["run", "--until-head"])
      .end(within: .seconds(Self.isLong ? 600 : 180))
    #expect(run.code == 0, "\(run)")
    let held = try await folder.start(["events", "--of", "bus"]).end(within: .seconds(300))
    #expect(held.code == 0 && held.output == folder.read("log/state"), "\(held.code)")
    let verified = try await folder.start(["verify", "bus"]).end(within: .seconds(300))
    #expect(verified.code == 0, "\(verified)")
  }
}
