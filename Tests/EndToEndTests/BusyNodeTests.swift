import Foundation
import SQLite
import Testing

/// A node that commits 200 times a second, and gives up after five seconds of waiting, beside
/// readers.
@Suite("a busy node", .serialized) struct BusyNodeTests {
  /// 600 commits; `HYDRA_SINKS_COMMITS` sets another number.
  private static let commitCount =
    ProcessInfo.processInfo.environment["HYDRA_SINKS_COMMITS"].flatMap(Int.init) ?? 600

  private static func event(_ id: Int) -> Data {
    let padding = String(repeating: "x", count: 8000)
    let change = "{\"tag\":\"TickObserved\",\"chainSlot\":\(id),\"padding\":\"\(padding)\"}"
    return Data(
      "{\"eventId\":\(id),\"stateChanged\":\(change),\"time\":\"2026-07-15T10:00:00Z\"}".utf8)
  }

  @Test(
    "no commit is refused, the write-ahead log stays as small as without readers, and nothing stays open",
    .timeLimit(.minutes(10)))
  func busy() async throws {
    let folder = try CLIFolder()
    let file = "\(folder.log)/hydra.db"
    try CLILogTests.database(at: file, version: 1, events: (0..<10).map(Self.event))
    try folder.configure("{name: archive, kind: file, path: archive}")
    var node: SQLiteDatabase? = try SQLiteDatabase(file)
    try node?.execute("PRAGMA busy_timeout = 5000")
    let readers = try [["run"], ["events", "log", "--follow"]].map { try folder.start($0) }
    try await eventually("the readers") {
      folder.checkpoint("archive") == 9 && !readers[1].written.isEmpty
    }
    let clock = ContinuousClock()
    let start = clock.now
    for number in 0..<Self.commitCount {
      let id = number + 10
      // That many a second is what the test is about.
      try await clock.sleep(until: start + .milliseconds(5 * number))
      // Fails if it must wait for more than five seconds.
      _ = try Self.event(id).withUnsafeBytes { try node?.insert(Int64(id), $0) }
      if number % 200 == 100 { _ = try await folder.run("watch", "--once") }
    }
    // SQLite moves the log back into the database each 1,000 pages of 4 KiB, unless a reader is in
    // the way.
    let walBytes = folder.read("log/hydra.db-wal")?.count ?? 0
    #expect(walBytes > 0 && walBytes < 12 << 20, "\(walBytes)")
    let last = Self.commitCount + 9
    try await eventually("the archive") { folder.checkpoint("archive") == last }
    // The node goes down, and takes its write-ahead log with it: none comes back.
    node = nil
    try await eventually("nothing open of the log") {
      readers.allSatisfy { run in
        let links = try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(run.pid)/fd")
        return (links ?? []).allSatisfy {
          let path = try? FileManager.default.destinationOfSymbolicLink(
            atPath: "/proc/\(run.pid)/fd/\($0)")
          return path?.hasPrefix(folder.log) != true
        }
      }
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.log) == ["hydra.db"])
    for run in readers {
      run.send(SIGTERM)
      _ = try await run.end()
    }
    #expect(try CLIFolder.ids(folder.archive("archive")) == Array(0...last))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.log) == ["hydra.db"])
  }
}
