import Foundation
import MotoServer

/// A folder of a test's own, with a log, a state directory and a configuration; removed with the value.
final class CLIFolder {
  let path: String
  var log: String { "\(path)/log" }
  var state: String { "\(path)/state" }

  init() throws {
    path =
      FileManager.default.temporaryDirectory
      .appending(path: "hydra-sinks-cli-\(UUID().uuidString.prefix(8))").path
    try FileManager.default.createDirectory(atPath: log, withIntermediateDirectories: true)
  }

  /// A folder, and a bucket of its own on the server that verifies signatures.
  static func withBucket() throws -> (moto: MotoServer, bucket: String, folder: CLIFolder) {
    let moto = try MotoServer.shared.get()
    return (moto, try moto.makeBucket(), try CLIFolder())
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Without the tester's own settings: no configuration, no state, no colours.
  var environment: [String: String] {
    [
      "HOME": "\(path)/home", "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "",
      "TZ": "UTC",
    ]
  }

  // MARK: - Running

  func start(
    _ arguments: [String], adding environment: [String: String] = [:]
  ) throws -> CLIRun {
    try CLIRun(
      arguments, in: path, environment: self.environment.merging(environment) { $1 })
  }

  /// Runs the program to its end.
  @discardableResult
  func run(
    _ arguments: String...,
    adding environment: [String: String] = [:],
    within deadline: Duration = .seconds(60)
  ) async throws -> CLIProgram.Outcome {
    try await start(arguments, adding: environment).end(within: deadline)
  }

  @discardableResult
  func run(_ arguments: [String], within deadline: Duration = .seconds(60)) async throws
    -> CLIProgram.Outcome
  {
    try await start(arguments).end(within: deadline)
  }

  func simulate(_ count: Int, _ more: String...) async throws {
    let outcome = try await start(["simulate", log, "--count", "\(count)"] + more).end()
    guard outcome.code == 0 else { throw CLIFailure("simulate: \(outcome)") }
  }

  // MARK: - Files

  func write(_ text: String, to name: String, mode: Int = 0o600) throws {
    let file = "\(path)/\(name)"
    try FileManager.default.createDirectory(
      atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try Data(text.utf8).write(to: URL(fileURLWithPath: file))
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
  }

  /// A configuration with these entries under `secondaries`, each a flow mapping.
  func configure(_ secondaries: String..., more: String = "") throws {
    let entries = secondaries.map { "  - \($0)\n" }.joined()
    try write(
      "persistence-dir: log\nstate-dir: state\n\(more)secondaries:\n\(entries)",
      to: "hydra-sinks.yaml")
  }

  func read(_ name: String) -> Data? {
    FileManager.default.contents(atPath: "\(path)/\(name)")
  }

  /// The files in which one of `texts` is found, what the program printed included.
  func filesWith(_ texts: [String]) throws -> [String] {
    let names = try FileManager.default.subpathsOfDirectory(atPath: path)
    guard names.count > 10 else { throw CLIFailure("nothing to search: \(names)") }
    return names.filter { name in
      read(name).map { data in texts.contains { data.range(of: Data($0.utf8)) != nil } } ?? false
    }
  }

  func text(_ name: String) -> String {
    read(name).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  func json(_ name: String) -> [String: Any]? {
    read(name).flatMap { try? JSONSerialization.jsonObject(with: $0) } as? [String: Any]
  }

  /// The `eventId` of a secondary's checkpoint.
  func checkpoint(_ name: String) -> Int? {
    json("state/\(name)/checkpoint.json")?["eventId"] as? Int
  }

  /// What a file secondary holds: its segments, in order.
  func archive(_ name: String) throws -> Data {
    let folder = "\(path)/\(name)/events"
    let segments = try FileManager.default.contentsOfDirectory(atPath: folder)
      .filter { $0.hasSuffix(".jsonl") }.sorted()
    return segments.reduce(into: Data()) { $0 += read("\(name)/events/\($1)") ?? Data() }
  }

  /// The ids of JSON lines, in order.
  static func ids(_ lines: Data) throws -> [Int] {
    try lines.split(separator: 0x0A).map { line in
      let object = try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
      guard let id = object?["eventId"] as? Int else {
        throw CLIFailure("no event: \(String(decoding: line.prefix(200), as: UTF8.self))")
      }
      return id
    }
  }
}
