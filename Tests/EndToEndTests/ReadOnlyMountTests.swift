import Foundation
import Testing

/// A persistence directory on a read-only mount, as in a backup or a container.
@Suite(
  "A read-only mount", .serialized,
  .enabled(
    if: MountNamespace.isPossible,
    "Mounting needs root, or a kernel that lets users have mounts of their own: skipped."))
struct ReadOnlyMountTests {
  static let formats = ["bare", "untimed", "state", "sqlite-json", "sqlite-cbor"]

  @Test("gives the same output: node down", arguments: formats)
  func nodeDown(format: String) async throws {
    let folder = try CLIFolder()
    try folder.configure("{name: archive, kind: file, path: archive}")
    // The release that wrote bare lines never rotated.
    let rotation = format == "bare" ? [] : ["--rotate-after", "150"]
    let arguments = ["simulate", folder.log, "--count", "400", "--format", format] + rotation
    #expect(try await folder.run(arguments).code == 0)
    try await expectSame(folder)
  }

  @Test("gives the same output: node killed", arguments: formats)
  func nodeKilled(format: String) async throws {
    let folder = try CLIFolder()
    try folder.configure("{name: archive, kind: file, path: archive}")
    let node = try folder.start([
      "simulate", folder.log, "--format", format, "--rate", "2000",
    ])
    try await eventually("some hundred events") {
      let last = try await CLIFolder.ids(folder.run("events", "log", "--last", "1").output)
      return last.first.map { $0 > 200 } ?? false
    }
    node.send(SIGKILL)
    _ = try await node.end()
    if format.hasPrefix("sqlite") {
      // The point of the test: events that are only in the write-ahead log.
      #expect((folder.read("log/hydra.db-wal")?.count ?? 0) > 0)
    }
    try await expectSame(folder)
  }

  /// Expects each command to give the same with the directory mounted read-only.
  private func expectSame(_ folder: CLIFolder) async throws {
    let events = try await folder.run("events", "log").output
    for arguments in [["events", "log"], ["events", "log", "--follow", "--through", "100"]] {
      let outcome = try await ReadOnlyMount.start(arguments, in: folder).end()
      #expect(outcome.code == 0, "\(arguments): \(outcome)")
      #expect(events.starts(with: outcome.output) && !outcome.output.isEmpty, "\(arguments)")
    }
    let run = try await ReadOnlyMount.start(["run", "--until-head"], in: folder).end()
    #expect(run.code == 0, "\(run)")
    #expect(try folder.archive("archive") == events)
    let status = try await ReadOnlyMount.start(["status"], in: folder).end()
    #expect(status.code == 0 || status.code == 1, "\(status)")
  }
}

/// The program where a test's log cannot be written to.
private enum ReadOnlyMount {
  /// Runs the program where the log is mounted read-only, having made sure that it is.
  static func start(_ arguments: [String], in folder: CLIFolder) throws -> CLIRun {
    try MountNamespace.start(
      arguments,
      behind: """
        mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" || exit 99
        if touch "$0/probe" 2>/dev/null; then echo "not read-only" >&2; exit 99; fi
        """,
      in: folder)
  }
}
