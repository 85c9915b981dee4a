import Foundation
import Testing

/// What an operator deletes of the log gives its disk space back: no process of ours still has it open.
@Suite("deleted files of the log", .serialized, .timeLimit(.minutes(5)))
struct DeletedFilesTests {
  @Test(
    "no driver, watcher or reader holds an archive that was deleted",
    arguments: ["state", "sqlite-json", "sqlite-cbor"])
  func archives(format: String) async throws {
    let folder = try CLIFolder()
    try await folder.simulate(1700, "--format", format, "--rotate-after", "500")
    let readers = try await Readers(in: folder)
    try await eventually("the archive") { folder.checkpoint("archive") == 1699 }
    #expect(try Self.archives(of: folder).count >= 2)
    for archive in try Self.archives(of: folder) {
      try FileManager.default.removeItem(atPath: archive)
    }
    try await folder.simulate(20, "--format", format)
    try await eventually("the events after it") { folder.checkpoint("archive") == 1719 }
    try await readers.expectNothingDeleted()
    try await readers.end()
  }

  @Test("none holds a database that was deleted with its write-ahead log")
  func database() async throws {
    let folder = try CLIFolder()
    let node = try folder.start(
      ["simulate", folder.log, "--format", "sqlite-json", "--rate", "200", "--payload", "2000"])
    // More than a pipe holds.
    try await eventually("the log") { (folder.read("log/hydra.db-wal")?.count ?? 0) > 300_000 }
    let readers = try await Readers(in: folder)
    try await eventually("some events") { (folder.checkpoint("archive") ?? 0) > 100 }
    // A node that is killed leaves the write-ahead log.
    node.send(SIGKILL)
    _ = try await node.end()
    for name in ["hydra.db", "hydra.db-wal", "hydra.db-shm"] {
      try FileManager.default.removeItem(atPath: "\(folder.log)/\(name)")
    }
    try await readers.expectNothingDeleted()
    #expect(try await folder.run("status", "log").code == 3)
    try await readers.end()
  }

  private static func archives(of folder: CLIFolder) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: folder.log)
      .filter { $0.hasPrefix("state-") || $0.hasPrefix("old-state/") }.map { "\(folder.log)/\($0)" }
  }
}

/// Everything that reads a log: a driver, a reader that follows, one whose output nobody takes, and
/// watchers.
private final class Readers {
  private let folder: CLIFolder
  private let runs: [CLIRun]
  private let terminal: DashboardTerminal?

  init(in folder: CLIFolder) async throws {
    self.folder = folder
    try folder.configure("{name: archive, kind: file, path: archive}")
    #expect(mkfifo("\(folder.path)/full", 0o600) == 0)
    // It opens the pipe for both, so that its write waits for ever.
    let stuck = try CLIRun(
      ["-c", "exec '\(CLIProgram.path)' events log 1<>full"], in: folder.path,
      environment: folder.environment, program: "/bin/sh")
    runs =
      try [["run"], ["events", "log", "--follow"], ["status", "--watch"]].map {
        try folder.start($0)
      } + [stuck]
    terminal =
      DashboardTerminal.isAvailable
      ? try await DashboardTerminal(in: folder, columns: 120, lines: 40) : nil
    try await terminal?.start("watch")
    try await terminal?.wait(for: "the dashboard") { $0.contains("Secondaries") }
    let follower = runs[1]
    try await eventually("the readers") { !follower.written.isEmpty }
  }

  /// Polls are tenths of a second apart; a process that keeps a file does so for good.
  func expectNothingDeleted() async throws {
    var held: [String] = []
    do {
      try await eventually("nothing that is deleted stays open", within: .seconds(10)) {
        held = try processes().flatMap(deleted)
        return held.isEmpty
      }
    } catch { throw CLIFailure("\(error): \(held)") }
    #expect(try processes().count == runs.count + (terminal == nil ? 0 : 1))
  }

  func end() async throws {
    for run in runs { run.send(SIGKILL) }
    for run in runs { _ = try await run.end() }
  }

  /// Those of our program that work in this folder, the terminal's included.
  private func processes() throws -> [Int32] {
    try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { Int32($0) }.filter {
      link("/proc/\($0)/cwd") == folder.path && link("/proc/\($0)/exe") == CLIProgram.realPath
    }
  }

  /// The files of the log that are deleted, and that the process has open or has mapped.
  private func deleted(by process: Int32) -> [String] {
    let numbers =
      (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd")) ?? []
    let open = numbers.compactMap { link("/proc/\(process)/fd/\($0)") }
    let maps = (try? String(contentsOfFile: "/proc/\(process)/maps", encoding: .utf8)) ?? ""
    let mapped = maps.split(separator: "\n").map(String.init)
    return (open + mapped).filter { $0.contains(folder.log) && $0.hasSuffix(" (deleted)") }
  }

  private func link(_ path: String) -> String? {
    try? FileManager.default.destinationOfSymbolicLink(atPath: path)
  }
}

extension CLIProgram {
  /// Without links, as `/proc` names it.
  fileprivate static let realPath = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
}
