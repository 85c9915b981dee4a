import EventPersistence
import Foundation
import MotoServer
import S3Sink
import Testing

/// Verifying, repairing and restoring an archive in a bucket.
@Suite(
  "the command line: an archive in S3", .serialized,
  .enabled(if: MotoServer.isInstalled, "moto is not installed: Tests/run does that"))
struct CLIS3ArchiveTests {
  private let moto: MotoServer
  private let bucket: String
  private let folder: CLIFolder

  init() throws { (moto, bucket, folder) = try CLIFolder.withBucket() }

  private func run(_ arguments: [String]) async throws -> CLIProgram.Outcome {
    try await folder.start(arguments, adding: moto.environment).end(within: .seconds(120))
  }

  /// A log of 3,000 events, archived in objects of 500 at most.
  private func archive(_ more: String = "") async throws {
    try folder.configure(
      "{name: cold, kind: s3, bucket: \(bucket), prefix: p, endpoint: \"\(moto.endpoint)\", "
        + "interval: 1s, grace: 100ms, max-events: 500\(more)}")
    try await folder.simulate(3000)
    let outcome = try await run(["run", "--until-head"])
    #expect(outcome.code == 0, "\(outcome)")
  }

  @Test(
    "damage to an object is found, and the printed replay repairs it",
    arguments: MotoServer.Damage.allCases, ["zstd", "none"])
  func damaged(damage: MotoServer.Damage, compression: String) async throws {
    try await archive(", compression: \(compression)")
    let whole = try await run(["verify", "cold"])
    #expect(whole.code == 0, "\(whole)")
    let reader = S3Archive(
      S3Sink.Options(
        address: S3Address(bucket: bucket, region: "us-east-1", endpoint: moto.endpoint),
        prefix: "p", environment: moto.environment))
    let objects = try await reader.objects(.batches)
    try moto.damage(objects[2].key, of: bucket, by: damage)
    let found = try await run(["verify", "cold"])
    #expect(found.code == 2, "\(found)")
    let line = try #require(found.lines.last)
    #expect(line.hasPrefix("To repair it: hydra-sinks replay cold --from "), "\(found)")
    let command = try #require(line.split(separator: "hydra-sinks ").last)
    let replay = try await run(command.split(separator: " ").map(String.init))
    #expect(replay.code == 0, "\(replay)")
    let mended = try await run(["verify", "cold"])
    #expect(mended.code == 0, "\(mended)")
    let events = try await run(["events", "--of", "cold"])
    #expect(events.output == folder.read("log/state"))
  }

  @Test("it is restored as a log that a node starts from")
  func restored() async throws {
    try await archive()
    let outcome = try await run(["restore", "cold", "\(folder.path)/again"])
    #expect(outcome.code == 0, "\(outcome)")
    #expect(folder.read("again/state") == folder.read("log/state"))
  }
}
