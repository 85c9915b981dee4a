import EventPersistenceTesting
import Foundation
import Loopback
import MotoServer
import NATSServer
import Testing

/// A log that lacks its beginning, and an archive that has it.
@Suite("the command line: history", .serialized, .timeLimit(.minutes(10)))
struct CLIHistoryTests {
  enum Archive: String, Sendable, CaseIterable {
    case file, zstd, s3, jetstream

    static var available: [Archive] {
      [.file, .zstd] + (MotoServer.isInstalled ? [.s3] : [])
        + (NATSServer.isInstalled ? [.jetstream] : [])
    }
  }

  /// A folder, a log, and an archive of the kind under test.
  private struct Stage {
    let folder: CLIFolder
    var environment: [String: String] = [:]
    let archive: String
    private var server: NATSServer?

    init(_ kind: Archive) throws {
      switch kind {
      case .file, .zstd:
        folder = try CLIFolder()
        let packing = kind == .zstd ? ", compression: zstd, max-events: 300" : ""
        archive = "{name: archive, kind: file, path: archive\(packing)}"
      case .s3:
        let (moto, bucket, folder) = try CLIFolder.withBucket()
        self.folder = folder
        environment = moto.environment
        archive =
          "{name: archive, kind: s3, bucket: \(bucket), endpoint: \"\(moto.endpoint)\", "
          + "interval: 1s, grace: 100ms, max-events: 300}"
      case .jetstream:
        folder = try CLIFolder()
        let server = try NATSServer()
        self.server = server
        archive =
          "{name: archive, kind: jetstream, servers: [\"\(server.url)\"], stream: HISTORY, "
          + "node: alice, create: true}"
      }
    }

    func run(_ arguments: String...) async throws -> CLIProgram.Outcome {
      try await folder.start(arguments, adding: environment).end(within: .seconds(120))
    }

    func done(_ arguments: String...) async throws {
      let outcome = try await folder.start(arguments, adding: environment).end(
        within: .seconds(120))
      guard outcome.code == 0 else { throw CLIFailure("\(arguments): \(outcome)") }
    }

    /// Moves the log's archives away, as an operator does.
    func takeArchives() throws {
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.log)
      try FileManager.default.createDirectory(
        atPath: "\(folder.path)/gone", withIntermediateDirectories: true)
      for name in names where name.hasPrefix("state-") {
        try FileManager.default.moveItem(
          atPath: "\(folder.log)/\(name)", toPath: "\(folder.path)/gone/\(name)")
      }
    }

    /// Everything that the node ever wrote.
    func everything() throws -> Data {
      let gone = (try? FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/gone")) ?? []
      let here = try FileManager.default.contentsOfDirectory(atPath: folder.log)
      var files = gone.map { (name: $0, path: "gone/\($0)") }
      files += here.filter { $0.hasPrefix("state-") }.map { (name: $0, path: "log/\($0)") }
      files.sort { Int($0.name.dropFirst(6))! < Int($1.name.dropFirst(6))! }
      return (files.map(\.path) + ["log/state"]).reduce(into: Data()) { $0 += folder.read($1)! }
    }

    func journal(_ name: String) -> String { folder.text("state/\(name)/journal.jsonl") }
  }

  @Test(
    "whoever is killed when: a sink added late and one that lags have everything, byte for byte",
    arguments: Archive.available)
  func killed(kind: Archive) async throws {
    let stage = try Stage(kind)
    let folder = stage.folder
    let seed = SeededRandom.freshSeed()[0]
    var random = SeededRandom(seed)
    try folder.configure(
      stage.archive, "{name: lag, kind: file, path: lag}", more: "history: archive\n")
    try await folder.simulate(900, "--payload", "300", "--rotate-after", "400")
    try await stage.done("run", "--until-head")
    // Now the node goes on, its files go, and only the archive follows it.
    for _ in 0..<4 {
      let node = try folder.start([
        "simulate", folder.log, "--payload", "300", "--rate", "3000", "--rotate-after", "400",
      ])
      let driver = try folder.start(["run", "--only", "archive"], adding: stage.environment)
      // The moment of the strike is the point of the test.
      try await Task.sleep(for: .milliseconds(Int.random(in: 300...900, using: &random)))
      driver.send(SIGKILL)
      _ = try await driver.end()
      node.send(SIGTERM)
      _ = try await node.end()
      try await stage.done("run", "--only", "archive", "--until-head")
      try stage.takeArchives()
    }
    // A late one; each is killed on its way through the archive.
    try folder.configure(
      stage.archive, "{name: lag, kind: file, path: lag}", "{name: late, kind: file, path: late}",
      more: "history: archive\n")
    for _ in 0..<5 {
      let driver = try folder.start(["run"], adding: stage.environment)
      try await Task.sleep(for: .milliseconds(Int.random(in: 50...500, using: &random)))
      driver.send(SIGKILL)
      _ = try await driver.end()
    }
    try await stage.done("run", "--until-head")
    let everything = try stage.everything()
    #expect(try folder.archive("lag") == everything, "seed \(seed)")
    #expect(try folder.archive("late") == everything, "seed \(seed)")
    let journal = stage.journal("lag") + stage.journal("late")
    #expect(journal.contains("reading on from there in the history archive"), "\(journal)")
    #expect(journal.contains("filled in the events"), "\(journal)")
    for name in ["lag", "late"] {
      let verified = try await stage.run("verify", name)
      #expect(verified.code == 0, "\(verified)")
    }
    let status = try await stage.run("status", "--json")
    #expect(status.code == 0, "\(status)")
  }

  @Test(
    "a rewind and a range go back into the archive; the plan says what comes from where",
    arguments: Archive.available)
  func rewinds(kind: Archive) async throws {
    let stage = try Stage(kind)
    let folder = stage.folder
    try folder.write(CLIReplayTests.collector, to: "collect", mode: 0o700)
    let audit = "{name: audit, kind: command, command: [./collect], max-events: 50"
    try folder.configure(stage.archive, "\(audit)}")
    try await folder.simulate(500, "--payload", "300", "--rotate-after", "200")
    try await stage.done("run", "--until-head", "--only", "archive")
    try stage.takeArchives()
    // Without a history it begins where the log does.
    try await stage.done("run", "--until-head")
    let first = try CLIFolder.ids(folder.read("audit.jsonl") ?? Data())
    #expect(first.first == 400, "\(first.prefix(3))")
    let refused = try await stage.run("replay", "audit", "--from", "100")
    #expect(refused.code == 2 && refused.text.contains("is before the first event"), "\(refused)")
    let plan = try await stage.run("replay", "audit", "--from", "100", "--history", "archive")
    #expect(plan.code == 0, "\(plan)")
    #expect(plan.text.contains("the archive archive: "), "\(plan)")
    #expect(plan.text.contains("the node's log: "), "\(plan)")
    let document = try await stage.run(
      "replay", "audit", "--from", "100", "--history", "archive", "--json"
    ).document()
    let parts = try #require(document["parts"] as? [[String: Any]])
    #expect(parts.map { $0["archive"] as? String } == ["archive", nil], "\(parts)")
    #expect(parts.map { $0["from"] as? Int } == [100, 400], "\(parts)")
    try FileManager.default.removeItem(atPath: "\(folder.path)/audit.jsonl")
    try await stage.done("replay", "audit", "--from", "100", "--history", "archive", "--execute")
    let expected = try CLIFolder.ids(stage.everything())
    #expect(
      try CLIFolder.ids(folder.read("audit.jsonl") ?? Data())
        == Array(expected.drop { $0 < 100 }))

    try folder.configure(stage.archive, "\(audit), history: archive}")
    try FileManager.default.removeItem(atPath: "\(folder.path)/audit.jsonl")
    try await stage.done(
      "replay", "audit", "--from", "start", "--through", "250", "--execute")
    #expect(
      try CLIFolder.ids(folder.read("audit.jsonl") ?? Data())
        == Array(expected.prefix { $0 <= 250 }))
  }

  @Test("a gap that the archive has, too, names the ids; the order that it offers passes it")
  func hole() async throws {
    let stage = try Stage(.file)
    let folder = stage.folder
    try folder.configure(
      stage.archive, "{name: late, kind: file, path: late, history: archive}")
    try await folder.simulate(
      300, "--format", "sqlite-json", "--rotate-after", "200", "--drop-archives")
    try await folder.simulate(1, "--format", "sqlite-json", "--rotate-after", "100000")
    let check = try await stage.run("check")
    #expect(check.text.contains("history"), "\(check)")
    let run = try await stage.run("run", "--until-head")
    #expect(run.code == 0, "\(run)")
    try await stage.done("run", "--until-head")
    // Both lack what comes now.
    try await folder.simulate(
      300, "--format", "sqlite-json", "--rotate-after", "200", "--drop-archives")
    let gap = try await stage.run("run", "--until-head", "--only", "late")
    #expect(gap.code == 2, "\(gap)")
    #expect(gap.errors.contains("neither a log of the node nor its history archive has"), "\(gap)")
    let status = try await stage.run("status", "--json")
    let rows = try status.document()["secondaries"] as? [[String: Any]]
    let late = try #require(rows?.first { $0["name"] as? String == "late" })
    #expect(late["state"] as? String == "gap" && late["history"] as? String == "archive", "\(late)")
    try await stage.done("replay", "late", "--clamp", "--execute")
  }

  @Test("a history that is none is refused by check, run and replay, with the reason")
  func refused() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(300)
    try folder.configure(
      "{name: part, kind: file, path: part, tags: [TickObserved]}",
      "{name: late, kind: file, path: late, history: part}")
    for command in ["check", "run"] {
      let outcome = try await folder.run(command)
      #expect(outcome.code == 78 && outcome.errors.contains("part of the events"), "\(outcome)")
    }
    // The archive was begun with a part, which the configuration no longer says.
    try folder.configure("{name: part, kind: file, path: part, tags: [TickObserved]}")
    #expect(try await folder.run("run", "--until-head").code == 0)
    try folder.configure(
      "{name: part, kind: file, path: part}",
      "{name: late, kind: file, path: late, history: part}")
    for command in ["check", "run"] {
      let outcome = try await folder.run(command)
      #expect(outcome.code == 78, "\(outcome)")
      #expect((outcome.text + outcome.errors).contains("part of the events"), "\(outcome)")
    }
    try folder.configure(
      "{name: part, kind: file, path: part}", "{name: late, kind: file, path: late}")
    let order = try await folder.run("replay", "late", "--history", "part")
    #expect(order.code == 78 && order.errors.contains("part of the events"), "\(order)")
    #expect(try await folder.run("replay", "late", "--history", "nobody").code == 64)
    #expect(try await folder.run("replay", "late", "--history", "late").code == 78)
  }

  @Test("a feed gives the whole history, and any place in it")
  func feed() async throws {
    let stage = try Stage(.zstd)
    let folder = stage.folder
    let port = try Loopback.freePort()
    try folder.configure(
      stage.archive, "{name: scrolls, kind: feed, listen: 127.0.0.1:\(port), history: archive}")
    try await folder.simulate(900, "--payload", "300", "--rotate-after", "400")
    try await stage.done("run", "--until-head", "--only", "archive")
    try stage.takeArchives()
    let driver = try folder.start(["run"], adding: stage.environment)
    let whole = FeedReader(port: port, path: "/?history=yes")
    try await eventually("the checkpoint at the head") { folder.checkpoint("scrolls") == 899 }
    let later = FeedReader(port: port, path: "/?from=500")
    try await eventually("the later part") {
      later.seqs.contains { $0 > 880 } && later.seqs == whole.seqs.filter { $0 >= 500 }
    }
    #expect(whole.isInOrder && later.isInOrder)
    #expect(whole.seqs.min().map { $0 < 20 } == true, "\(whole.seqs.min() ?? -1)")
    whole.end()
    later.end()
    driver.send(SIGTERM)
    _ = try await driver.end()
  }
}
