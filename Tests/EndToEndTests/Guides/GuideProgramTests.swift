import EventPersistenceTesting
import Foundation
import SQLite
import Testing

/// Runs the programs in the guide to a sink of your own.
@Suite("the guides: a sink of your own", .serialized)
struct GuideProgramTests {
  static let programs = ["python batch", "sh batch", "python stream", "sh stream"]

  /// The text of the guide's one block of this sort.
  static func block(_ sort: String) throws -> String {
    let blocks = try GuidePage.guide("CommandSink").blocks
      .filter { $0.info.joined(separator: " ") == sort }
    try #require(blocks.count == 1, "\(blocks.count) blocks of ```\(sort)")
    return blocks[0].text
  }

  func folder(_ sort: String) throws -> CLIFolder {
    let folder = try CLIFolder()
    try folder.write(Self.block(sort), to: "audit", mode: 0o700)
    let mode = sort.hasSuffix("stream") ? "stream" : "batch"
    try folder.configure(
      "{name: audit, kind: command, command: [./audit, kept], mode: \(mode)}")
    return folder
  }

  /// The lines that the program keeps, sorted.
  func kept(_ folder: CLIFolder, _ sort: String) throws -> [String] {
    let lines: [String]
    if sort.hasPrefix("python") {
      lines = try SQLiteDatabase("\(folder.path)/kept").rows("SELECT json FROM events") {
        (row) throws(SQLiteFailure) in String(decoding: try row.bytes(0), as: UTF8.self)
      }
    } else {
      lines = folder.text("kept").split(separator: "\n").map(String.init)
    }
    return lines.map { $0.trimmingCharacters(in: .newlines) }.sorted()
  }

  func expectAll(_ folder: CLIFolder, _ sort: String) async throws {
    let log = try await folder.run("events", "log").lines.map(String.init).sorted()
    let kept = try kept(folder, sort)
    #expect(kept.count == log.count)
    #expect(kept == log)
  }

  /// The processes whose command line names `path`, which is this test's alone.
  func pids(of path: String) -> [Int32] {
    let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return all.compactMap { Int32($0) }.filter { pid in
      let line = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()
      return line.range(of: Data(path.utf8)) != nil
    }
  }

  @Test(
    "each keeps every event once, across a rotation, a second drive and a rewind",
    arguments: programs
  )
  func keeps(sort: String) async throws {
    #expect(try Self.block(sort).split(separator: "\n").count <= 12, "a ten-line example")
    let folder = try folder(sort)
    try await folder.simulate(120, "--rotate-after", "50", "--payload", "100")
    #expect(try await folder.run("run", "--until-head").code == 0)
    try await folder.simulate(40, "--rotate-after", "50", "--payload", "100")
    let run = try await folder.run("run", "--until-head")
    #expect(run.code == 0, "\(run)")
    try await expectAll(folder, sort)
    let replay = try await folder.run("replay", "audit", "--from", "start", "--execute")
    #expect(replay.code == 0, "\(replay)")
    try await expectAll(folder, sort)
  }

  @Test(
    "a driver or a program that is killed at random loses nothing",
    .timeLimit(.minutes(5)), arguments: ["python stream", "python batch"], SeededRandom.freshSeed())
  func strikes(sort: String, seed: UInt64) async throws {
    let folder = try folder(sort)
    let node = try folder.start(["simulate", folder.log, "--rate", "300", "--payload", "200"])
    try await eventually("a log") { folder.read("log/state") != nil }
    var random = SeededRandom(seed)
    for round in 0..<12 {
      let driver = try folder.start(["run"])
      // The moment of the strike is the point of the test.
      try await Task.sleep(for: .milliseconds(Int.random(in: 5...700, using: &random)))
      if round % 2 == 0 {
        for pid in pids(of: "\(folder.path)/audit") { kill(pid, SIGKILL) }
        try await Task.sleep(for: .milliseconds(Int.random(in: 5...300, using: &random)))
      }
      driver.send(SIGKILL)
      #expect(try await driver.end().code == -SIGKILL)
    }
    node.send(SIGTERM)
    #expect(try await node.end().code == 0)
    let run = try await folder.run("run", "--until-head", within: .seconds(120))
    #expect(run.code == 0, "\(run)")
    try await expectAll(folder, sort)
  }
}
