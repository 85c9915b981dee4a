import Foundation
import Loopback
import Testing

/// Who may read and write what the program makes, and what it never says.
@Suite("rights and secrets", .serialized)
struct RightsTests {
  @Test(
    "the state is its user's alone, whatever the creation mask", arguments: ["000", "027", "777"])
  func modes(mask: String) async throws {
    let folder = try CLIFolder()
    try await folder.simulate(30)
    try folder.write(CLIDriveTests.collector, to: "collect", mode: 0o700)
    // Nothing listens at port 1: the bucket's owner is recorded before that is known.
    try folder.configure(
      "{name: archive, kind: file, path: archive}",
      "{name: audit, kind: command, command: [./collect, audit.jsonl]}",
      "{name: cold, kind: s3, bucket: bucket, endpoint: \"http://127.0.0.1:1\"}",
      "{name: scrolls, kind: feed, listen: 127.0.0.1:\(try Loopback.freePort())}")
    func start(_ arguments: String...) throws -> CLIRun {
      try CLIRun(
        ["-c", "umask \(mask); exec \"$@\"", "sh", CLIProgram.path] + arguments, in: folder.path,
        environment: folder.environment.merging(["AWS_ACCESS_KEY_ID": "a"]) { $1 }
          .merging(["AWS_SECRET_ACCESS_KEY": "b"]) { $1 }, program: "/bin/sh")
    }
    let driver = try start("run")
    try await eventually("all to be stored; \(driver.said)") {
      ["archive", "audit"].allSatisfy { folder.checkpoint($0) == 29 }
        && folder.read("state/cold/s3-owner.json") != nil
        && folder.read("state/scrolls/driver.json") != nil
    }
    for arguments in [
      ["replay", "archive", "--from", "5", "--execute"], ["pause", "audit"],
    ] {
      let outcome = try await CLIRun(
        ["-c", "umask \(mask); exec \"$@\"", "sh", CLIProgram.path] + arguments, in: folder.path,
        environment: folder.environment, program: "/bin/sh"
      ).end()
      #expect(outcome.code == 0, "\(outcome)")
    }
    driver.send(SIGTERM)
    _ = try await driver.end()
    var seen: Set<String> = []
    for name in try FileManager.default.subpathsOfDirectory(atPath: folder.state) + ["."] {
      let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder.state)/\(name)")
      let isFolder = attributes[.type] as? FileAttributeType == .typeDirectory
      #expect(attributes[.posixPermissions] as? Int == (isFolder ? 0o700 : 0o600), "\(name)")
      seen.insert((name as NSString).lastPathComponent)
    }
    #expect(
      seen.isSuperset(of: [
        "primary.json", "secondary.json", "checkpoint.json", "driver.json", "replays.jsonl",
        "journal.jsonl", "pause.json", "lock", "child.lock", "s3-owner.json",
      ]), "\(seen)")
  }

  @Test(
    "a state directory of another user is not written to, since they could replace what is in it",
    .enabled(if: geteuid() == 0, "Only root can become another user: skipped."),
    arguments: [(12345, false), (0, true), (65534, true)] as [(uid_t, Bool)])
  func owner(of state: uid_t, isTrusted: Bool) async throws {
    let folder = try CLIFolder()
    try await folder.simulate(10)
    try folder.configure("{name: archive, kind: file, path: open/archive}")
    for name in ["state", "open"] {
      #expect(mkdir("\(folder.path)/\(name)", 0o700) == 0)
      #expect(chmod("\(folder.path)/\(name)", 0o777) == 0)
    }
    chown(folder.state, state, state)
    chmod("\(folder.path)/hydra-sinks.yaml", 0o644)
    let run = try await CLIRun(
      [
        "--reuid=65534", "--regid=65534", "--clear-groups", CLIProgram.path, "run", "--until-head",
      ], in: folder.path, environment: folder.environment, program: "/usr/bin/setpriv"
    ).end()
    let made = try FileManager.default.subpathsOfDirectory(atPath: folder.state)
    if isTrusted {
      #expect(run.code == 0, "\(run)")
    } else {
      #expect(run.code == 2 && run.errors.contains("state belongs to user 12345"), "\(run)")
      #expect(made.isEmpty)
    }
  }

  @Test("a password in an address is refused without being shown")
  func address() async throws {
    let folder = try CLIFolder()
    let secret = "aSecretInAnAddress"
    let address = "http://bob:\(secret)@127.0.0.1:1"
    try folder.configure("{name: cold, kind: s3, bucket: bucket, endpoint: \"\(address)\"}")
    for arguments in [
      ["check"], ["run", "--dir", "log", "--sink", "s3://bucket?endpoint=\(address)"],
      ["run", "--dir", "log", "--sink", "ws://bob:\(secret)@127.0.0.1:4100"],
      ["run", "--dir", "log", "--sink", "https://bob:\(secret)/x@127.0.0.1/a"],
    ] {
      let outcome = try await folder.run(arguments)
      #expect(outcome.code == 64 || outcome.code == 78, "\(outcome)")
      // "…" in ASCII.
      #expect(!"\(outcome)".contains(secret) && outcome.errors.contains("//~@"), "\(outcome)")
    }
  }

  /// Where the kernel leaves a core beside the program that dies.
  private static let leavesCores =
    (try? String(contentsOfFile: "/proc/sys/kernel/core_pattern", encoding: .utf8)) == "core\n"

  @Test(
    "no core of a process that holds credentials is left",
    .enabled(if: leavesCores, "Cores of this machine go elsewhere: skipped."),
    arguments: [true, false])
  func cores(hasCredentials: Bool) async throws {
    let folder = try CLIFolder()
    try await folder.simulate(10)
    // Nothing listens at port 1.
    try folder.configure(
      "{name: archive, kind: file, path: archive}",
      hasCredentials
        ? "{name: cold, kind: s3, bucket: bucket, endpoint: \"http://127.0.0.1:1\"}"
        : "{name: other, kind: file, path: other}")
    let secret = "aMarkedSecretInMemory"
    let driver = try CLIRun(
      ["-c", "ulimit -c unlimited; exec \"$@\"", "sh", CLIProgram.path, "run"], in: folder.path,
      environment: folder.environment.merging([
        "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": secret, "SWIFT_BACKTRACE": "enable=no",
      ]) { $1 }, program: "/bin/sh")
    try await eventually("the first drive; \(driver.said)") {
      folder.checkpoint("archive") == 9
        && (!hasCredentials || folder.read("state/cold/s3-owner.json") != nil)
    }
    driver.send(SIGABRT)
    #expect(try await driver.end().code == -SIGABRT)
    // The other shows that a core would be there.
    #expect(try folder.filesWith([secret]).isEmpty == hasCredentials)
  }
}
