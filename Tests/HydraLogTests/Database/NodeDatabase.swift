import Foundation
import HydraLog
import Testing

/// A database as a hydra-node writes it, by a process of its own: SQLite's locks and its shared
/// memory are per process, so a writer in this one would test nothing.
///
/// It drives the `sqlite3` program, without which its tests are skipped.
final class NodeDatabase {
  static let program = "/usr/bin/sqlite3"
  static var isAvailable: Bool { FileManager.default.isExecutableFile(atPath: program) }

  let path: String
  private var process: Process?
  private var input = Pipe()
  private var output = Pipe()
  private var steps = 0

  /// The database `name` in `directory`, which a starting node opens or makes.
  init(in directory: String, name: String = "hydra.db") throws {
    path = "\(directory)/\(name)"
    try start()
  }

  deinit { kill() }

  /// Opens the database as a node does at its start.
  func start() throws {
    let process = Process()
    input = Pipe()
    output = Pipe()
    process.executableURL = URL(fileURLWithPath: Self.program)
    process.arguments = ["-batch", path]
    process.standardInput = input
    process.standardOutput = output
    process.standardError = output
    try process.run()
    self.process = process
    try run(
      """
      PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000;
      CREATE TABLE IF NOT EXISTS events(
        event_id INTEGER NOT NULL PRIMARY KEY, event_data BLOB NOT NULL);
      """)
    if try run("PRAGMA user_version;").contains("0") { try run("PRAGMA user_version = 1;") }
  }

  /// Runs `sql` and returns its output.
  @discardableResult
  func run(_ sql: String) throws -> String {
    steps += 1
    let done = "step \(steps) is done"
    input.fileHandleForWriting.write(Data("\(sql)\n.print \(done)\n".utf8))
    var text = ""
    while !text.contains(done) {
      let data = output.fileHandleForReading.availableData
      guard !data.isEmpty else { throw NodeDatabaseError(sql: sql, output: text) }
      text += String(decoding: data, as: UTF8.self)
    }
    guard !text.contains("rror") else { throw NodeDatabaseError(sql: sql, output: text) }
    return text
  }

  func insert(_ ids: ClosedRange<Int>, _ json: (Int) -> String = NodeDatabase.event) throws {
    let rows = ids.map { "(\($0), CAST('\(json($0))' AS BLOB))" }.joined(separator: ",")
    try run("INSERT INTO events VALUES \(rows);")
  }

  /// Closes the database as a node does when it ends: `-wal` and `-shm` vanish.
  func stop() {
    input.fileHandleForWriting.write(Data(".quit\n".utf8))
    process?.waitUntilExit()
    process = nil
  }

  /// Dies at once.
  func kill() {
    guard let process, process.isRunning else { return }
    Foundation.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    self.process = nil
  }

  /// The JSON of the event `id`, a second after the one before it.
  static func event(_ id: Int) -> String {
    event(id, tag: "TickObserved", time: "2026-07-15T10:\(two(id / 60 % 60)):\(two(id % 60))Z")
  }

  static func event(_ id: Int, tag: String, time: String) -> String {
    #"{"eventId":\#(id),"stateChanged":{"chainTime":"\#(time)","tag":"\#(tag)"},"time":"\#(time)"}"#
  }

  private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

struct NodeDatabaseError: Error {
  var sql: String
  var output: String
}

/// A directory for one test, removed with it.
final class TemporaryDirectory: Sendable {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/hydra-log-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Each file's name, size, inode, mode, owner and times of change: what must stay unchanged.
  func fingerprint(_ names: [String]? = nil) throws -> [String: [Int]] {
    var found: [String: [Int]] = [:]
    for name in try names ?? FileManager.default.contentsOfDirectory(atPath: path) {
      var status = stat()
      guard lstat("\(path)/\(name)", &status) == 0 else { continue }
      found[name] = [
        Int(status.st_size), Int(status.st_ino), Int(status.st_mode), Int(status.st_uid),
        Int(status.st_mtim.tv_sec), Int(status.st_mtim.tv_nsec), Int(status.st_ctim.tv_sec),
        Int(status.st_ctim.tv_nsec),
      ]
    }
    return found
  }
}
