import Foundation
import MotoServer
import SQLite
import Testing

/// A persistence directory in CBOR, from a folder and from a bucket.
@Suite("the command line: restore CBOR", .serialized)
struct CLIRestoreCBORTests {
  /// A kind of archive.
  enum Kind: Sendable {
    case file
    case s3

    static var all: [Kind] { MotoServer.isInstalled ? [.file, .s3] : [.file] }
  }

  /// A folder with a secondary of a kind, and what its commands find in their environment.
  private struct Stage {
    var folder: CLIFolder
    var environment: [String: String] = [:]

    init(_ kind: Kind) throws {
      switch kind {
      case .file:
        folder = try CLIFolder()
        try folder.configure("{name: archive, kind: file, path: archive, compression: zstd}")
      case .s3:
        let (moto, bucket, folder) = try CLIFolder.withBucket()
        self.folder = folder
        environment = moto.environment
        try folder.configure(
          "{name: archive, kind: s3, bucket: \(bucket), endpoint: \"\(moto.endpoint)\", "
            + "interval: 1s, grace: 100ms, max-events: 500}")
      }
    }

    func run(_ arguments: String...) async throws -> CLIProgram.Outcome {
      try await folder.start(arguments, adding: environment).end(within: .seconds(120))
    }
  }

  /// Of each database in a directory its facts and its rows.
  private func databases(_ directory: String) throws -> [String: [String]] {
    let names = try FileManager.default.subpathsOfDirectory(atPath: directory)
      .filter { $0.hasSuffix(".db") }
    return try Dictionary(
      uniqueKeysWithValues: names.map { name in
        let database = try SQLiteDatabase("\(directory)/\(name)")
        let facts = try [
          "PRAGMA integrity_check", "PRAGMA user_version", "PRAGMA journal_mode",
          "SELECT sql FROM sqlite_schema", "SELECT event_id || hex(event_data) FROM events",
        ].flatMap { sql in
          try database.rows(sql) { (row) throws(SQLiteFailure) in
            String(decoding: try row.bytes(0), as: UTF8.self)
          }
        }
        return (name, facts)
      })
  }

  /// Restores in place of the lost directory, and compares both; then the secondary goes on.
  private func restore(_ stage: Stage) async throws -> String {
    let folder = stage.folder
    let lost = "\(folder.path)/lost"
    try FileManager.default.moveItem(atPath: folder.log, toPath: lost)
    let restored = try await stage.run("restore", "archive", "log")
    #expect(restored.code == 0, "\(restored)")
    let own = try databases(lost)
    #expect(own.count > 2)
    #expect(try databases(folder.log) == own)
    let verified = try await stage.run("verify", "archive")
    #expect(verified.code == 0, "\(verified)")
    return restored.text
  }

  @Test("row for row what the node wrote, with its rotations", arguments: Kind.all)
  func rows(kind: Kind) async throws {
    let stage = try Stage(kind)
    try await stage.folder.simulate(2000, "--format", "sqlite-cbor", "--rotate-after", "600")
    let drive = try await stage.run("run", "--until-head")
    #expect(drive.code == 0, "\(drive)")
    let text = try await restore(stage)
    #expect(text.contains("as sqlite-cbor") && !text.contains("sqlite-json"), "\(text)")
  }

  @Test("a log that was upgraded in the middle, with each part as it was", arguments: Kind.all)
  func upgraded(kind: Kind) async throws {
    let stage = try Stage(kind)
    try await stage.folder.simulate(900, "--format", "sqlite-json", "--rotate-after", "400")
    let drive = try await stage.run("run", "--until-head")
    #expect(drive.code == 0, "\(drive)")
    try await stage.folder.simulate(
      900, "--format", "sqlite-json", "--rotate-after", "400", "--upgrade-at", "100")
    let more = try await stage.run("run", "--until-head")
    #expect(more.code == 0, "\(more)")
    let text = try await restore(stage)
    #expect(text.contains("as sqlite-cbor"), "\(text)")
    #expect(text.contains("as sqlite-json"), "the logs that were rotated before: \(text)")
    let other = try await stage.run("restore", "archive", "other", "--format", "sqlite-cbor")
    #expect(other.code == 0 && !other.text.contains("sqlite-json"), "\(other)")
    #expect(try databases("\(stage.folder.path)/other").values.allSatisfy { $0[1] == "2" })
    let json = try await stage.run("restore", "archive", "json", "--format", "sqlite-json")
    #expect(json.code == 2 && json.errors.contains("Use --format sqlite-cbor"), "\(json)")
  }
}
