import Foundation
import Testing

/// The program creates and changes nothing in the node's directory, whatever the node does meanwhile.
@Suite(
  "the node's directory stays the node's", .serialized,
  // Without strace nothing can be seen of it.
  .enabled(if: TracedProgram.isPossible))
struct NodeSafetyTests {
  @Test(
    "nothing is created, written or locked out: node down",
    arguments: ["state", "sqlite-json", "sqlite-cbor"])
  func nodeDown(format: String) async throws {
    let folder = try CLIFolder()
    try folder.configure(Self.archive)
    try await folder.simulate(400, "--format", format, "--rotate-after", "150")
    let before = fingerprint(folder.log)
    for arguments in Self.readers + [["run", "--until-head"]] {
      let run = try TracedProgram.start(arguments, in: folder, trace: arguments[0])
      let outcome = try await run.end()
      #expect(outcome.code == 0 || arguments[0] == "status", "\(arguments): \(outcome)")
      expectNoTrespass(folder, arguments[0])
    }
    #expect(fingerprint(folder.log) == before)
    #expect(try CLIFolder.ids(folder.archive("archive")).count >= 400)
  }

  @Test(
    "nothing is created, written or locked out: node up, killed, restarted and going down",
    arguments: ["state", "sqlite-json", "sqlite-cbor"])
  func nodeUp(format: String) async throws {
    let folder = try CLIFolder()
    let simulate = ["simulate", folder.log, "--format", format, "--rate", "200"]
    var node = try folder.start(simulate)
    try folder.configure(Self.archive)
    let driver = try TracedProgram.start(["run"], in: folder, trace: "run")
    let follower = try TracedProgram.start(
      ["events", "log", "--follow"], in: folder, trace: "follow")
    func progress(_ past: Int) async throws -> Int {
      try await eventually("the archive to go beyond \(past)") {
        (folder.checkpoint("archive") ?? -1) > past
      }
      return folder.checkpoint("archive")!
    }
    var at = try await progress(0)
    for arguments in Self.readers {
      _ = try await TracedProgram.start(arguments, in: folder, trace: arguments[0]).end()
      expectNoTrespass(folder, arguments[0])
    }
    for signal in [SIGKILL, SIGTERM, SIGKILL] {
      at = try await progress(at)
      node.send(signal)
      _ = try await node.end()
      _ = try await TracedProgram.start(["status", "log"], in: folder, trace: "status").end()
      expectNoTrespass(folder, "status")
      node = try folder.start(simulate)
    }
    at = try await progress(at)
    node.send(SIGTERM)
    _ = try await node.end()
    let head = try await lastId(folder)
    try await eventually("the archive to reach \(head)") { folder.checkpoint("archive") == head }
    for (run, trace) in [(driver, "run"), (follower, "follow")] {
      // strace hands its own end on.
      kill(child(of: run.pid), SIGTERM)
      _ = try await run.end()
      expectNoTrespass(folder, trace)
    }
    let archived = try CLIFolder.ids(folder.archive("archive"))
    #expect(archived == Array(0...head))
    #expect(try CLIFolder.ids(follower.written) == archived)
  }

  @Test(
    "another user reads a directory that is not writable: node up and down",
    // Only root can become another user.
    .enabled(if: geteuid() == 0 && FileManager.default.isExecutableFile(atPath: setpriv)),
    arguments: ["state", "sqlite-json", "sqlite-cbor"])
  func anotherUser(format: String) async throws {
    let folder = try CLIFolder()
    func lastIds() async throws -> [Int] {
      let run = try CLIRun(
        [
          "--reuid=65534", "--regid=65534", "--clear-groups", CLIProgram.path, "events", "log",
          "--last", "3",
        ], in: folder.path, environment: folder.environment, program: Self.setpriv)
      let outcome = try await run.end()
      #expect(outcome.code == 0, "\(outcome)")
      return try CLIFolder.ids(outcome.output)
    }
    try await folder.simulate(10, "--format", format)
    #expect(try await lastIds() == [7, 8, 9])
    let node = try folder.start(["simulate", folder.log, "--format", format, "--rate", "100"])
    try await eventually("new events") { try await lastIds().last! > 9 }
    node.send(SIGKILL)
    _ = try await node.end()
    #expect(try await lastIds().last! > 9)
    for file in try FileManager.default.contentsOfDirectory(atPath: folder.log) {
      chmod("\(folder.log)/\(file)", 0o600)
    }
    let refused = try await CLIRun(
      [
        "--reuid=65534", "--regid=65534", "--clear-groups", CLIProgram.path, "status", "log",
      ], in: folder.path, environment: folder.environment, program: Self.setpriv
    ).end()
    #expect(refused.code == 2, "\(refused)")
    #expect(refused.text.contains("setfacl"), "\(refused)")
  }

  private static let setpriv = "/usr/bin/setpriv"

  @Test("the trace would show a write")
  func trespassIsSeen() async throws {
    let folder = try CLIFolder()
    let run = try TracedProgram.start(
      ["simulate", folder.log, "--count", "5", "--format", "sqlite-json"], in: folder,
      trace: "trace")
    _ = try await run.end()
    let found = TracedProgram.trespasses(
      TracedProgram.calls(in: folder, trace: "trace"), into: folder.log)
    for part in ["O_CREAT", "hydra.db-wal", "F_WRLCK", "pwrite64", "unlink"] {
      #expect(found.contains { $0.contains(part) }, "\(part)")
    }
  }

  // MARK: -

  private static let readers = [
    ["status", "log"], ["status", "log", "--json"], ["events", "log", "--last", "20"],
    ["events", "log", "--through", "300"],
  ]

  private static let archive = "{name: archive, kind: file, path: archive}"

  private func expectNoTrespass(_ folder: CLIFolder, _ trace: String) {
    let calls = TracedProgram.calls(in: folder, trace: trace)
    #expect(calls.contains { $0.contains(folder.log) }, "\(trace): nothing was traced")
    let found = TracedProgram.trespasses(calls, into: folder.log)
    #expect(found.isEmpty, "\(trace): \(found.prefix(5).joined(separator: "\n"))")
  }

  private func lastId(_ folder: CLIFolder) async throws -> Int {
    let outcome = try await folder.run("events", "log", "--last", "1")
    return try #require(CLIFolder.ids(outcome.output).last)
  }

  private func child(of pid: Int32) -> Int32 {
    let text = try? String(contentsOfFile: "/proc/\(pid)/task/\(pid)/children", encoding: .utf8)
    return text?.split(separator: " ").first.flatMap { Int32($0) } ?? pid
  }

  /// Of each file below `folder` all that its owner could see a change in, but when it was read.
  private func fingerprint(_ folder: String) -> [String: [Int]] {
    var found: [String: [Int]] = [:]
    let names = FileManager.default.enumerator(atPath: folder)?.allObjects as? [String] ?? []
    for name in names + ["."] {
      var status = stat()
      guard lstat("\(folder)/\(name)", &status) == 0 else { continue }
      found[name] = [
        Int(status.st_size), Int(status.st_ino), Int(status.st_mode), Int(status.st_uid),
        Int(status.st_nlink), Int(status.st_mtim.tv_sec), Int(status.st_mtim.tv_nsec),
        Int(status.st_ctim.tv_sec), Int(status.st_ctim.tv_nsec),
      ]
    }
    return found
  }
}
