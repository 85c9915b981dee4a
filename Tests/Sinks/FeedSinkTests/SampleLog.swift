import EventPersistence
import Foundation
import SimulatedNode

/// Payloads of the simulated node, and of real ones where they are: in `../shared` beside the
/// project (or in HYDRA_SINKS_SHARED), since they are not part of it.
enum SampleLog {
  static let simulated = "simulated"

  static let all = [simulated] + (isThere ? ["0.20.0", "1.3.0", "2.3.0"] : [])

  static let folder: String = {
    if let given = ProcessInfo.processInfo.environment["HYDRA_SINKS_SHARED"] {
      return given + "/hydra/samples"
    }
    var root = URL(fileURLWithPath: #filePath)
    for _ in 0..<4 { root.deleteLastPathComponent() }
    return root.path + "/../shared/hydra/samples"
  }()

  static var isThere: Bool { FileManager.default.fileExists(atPath: folder) }

  /// The events of a sample as in its `state` file, one on each line.
  static func lines(_ sample: String) async throws -> [String] {
    guard sample == simulated else {
      let path = "\(folder)/state-changed-\(sample).jsonl"
      return try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").enumerated()
        .map { event($0.offset, String($0.element)) }
    }
    let node = try TestFolder()
    try await simulate(.state, in: node)
    return try String(contentsOfFile: "\(node.path)/state", encoding: .utf8)
      .split(separator: "\n").map(String.init)
  }

  /// Writes the changes of a sample so many times over as one log; returns its lines.
  static func write(
    _ sample: String, times: Int, to folder: TestFolder
  ) async throws -> [String] {
    let changes = try await lines(sample).map { line -> String in
      let start = line.range(of: "\"stateChanged\":")!.upperBound
      let end = line.range(of: ",\"time\":\"2026-07-15", options: .backwards)!.lowerBound
      return String(line[start..<end])
    }
    let lines = (0..<times).flatMap { _ in changes }.enumerated().map {
      event($0.offset, $0.element)
    }
    try folder.append(lines)
    return lines
  }

  /// Without the program, no database can be made of rows.
  static let canMakeDatabases =
    isThere && FileManager.default.isExecutableFile(atPath: "/usr/bin/sqlite3")

  /// Writes the real rows of CBOR as a node's database; returns them.
  static func writeRows(to folder: TestFolder) throws -> [String] {
    let rows = try rows()
    let inserts = rows.enumerated().map {
      "INSERT INTO events VALUES(\($0.offset), X'\($0.element)');"
    }
    let script =
      "CREATE TABLE events(event_id INTEGER NOT NULL PRIMARY KEY, event_data BLOB NOT NULL);"
      + "PRAGMA user_version = 2;" + inserts.joined()
    let sqlite = Process()
    sqlite.executableURL = URL(fileURLWithPath: "/usr/bin/sqlite3")
    sqlite.arguments = ["-batch", "\(folder.path)/hydra.db"]
    let input = Pipe()
    sqlite.standardInput = input
    try sqlite.run()
    try input.fileHandleForWriting.write(contentsOf: Data(script.utf8))
    try input.fileHandleForWriting.close()
    sqlite.waitUntilExit()
    return rows
  }

  /// Writes the simulated node's log, whose events are the same in each format.
  static func simulate(_ format: LogFormat, in folder: TestFolder) async throws {
    try await SimulatedNode(
      SimulatedNode.Options(
        directory: folder.path, format: format, count: 400,
        firstTime: EventTime(seconds: 1_784_109_600))
    ).run()
  }

  /// The transactions that the events of `lines` applied, as hexadecimal CBOR.
  static func transactions(_ lines: [String]) throws -> [String] {
    try lines.compactMap { line in
      let change = try TestConsumer.json(line)["stateChanged"] as? [String: Any]
      guard change?["tag"] as? String == "TransactionAppliedToLocalUTxO" else { return nil }
      return (change?["tx"] as? [String: Any])?["cborHex"] as? String
    }
  }

  /// The rows of a database of version 2.
  static func rows() throws -> [String] {
    try String(contentsOfFile: "\(folder)/state-events-cbor.hex", encoding: .utf8)
      .split(separator: "\n").map { String($0.split(separator: "\t")[1]) }
  }

  static func event(_ id: Int, _ stateChanged: String) -> String {
    let time = EventTime(seconds: 1_784_109_600 + Int64(id), picoseconds: 123_456_789_012)
    return "{\"eventId\":\(id),\"stateChanged\":\(stateChanged),\"time\":\"\(time)\"}"
  }

  /// The event of a line.
  static func event(_ line: String) -> StateEvent {
    let json = Array(line.utf8)
    return StateEvent(
      position: json.withUnsafeBytes { Position(json: $0) }!, json: json)
  }
}

/// A folder for one test, removed with the value.
final class TestFolder {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/feed-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func append(_ lines: [String], to file: String = "state") throws {
    let name = "\(path)/\(file)"
    if !FileManager.default.fileExists(atPath: name) {
      _ = FileManager.default.createFile(atPath: name, contents: nil)
    }
    let handle = FileHandle(forWritingAtPath: name)!
    defer { try? handle.close() }
    try handle.seekToEnd()
    try handle.write(contentsOf: Data(lines.map { $0 + "\n" }.joined().utf8))
  }
}
