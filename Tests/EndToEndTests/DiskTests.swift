import Foundation
import Testing

/// A disk that is full, read-only, closed or gone, under the state and under an archive: what is
/// shown, and what is held once the trouble has passed.
@Suite(
  "the disk", .serialized,
  .enabled(
    if: MountNamespace.isPossible && geteuid() == 0,
    "Mounting, and becoming a user who may be refused, need root: skipped."))
struct DiskTests {
  enum Place: String { case state, archive }

  enum Fault: String, CaseIterable {
    case full, readOnly, closed, vanished

    var code: String {
      switch self {
      case .full: "no space left on device"
      case .readOnly: "read-only file system"
      case .closed: "permission denied"
      case .vanished: "no such file or directory"
      }
    }
  }

  /// Waits for the driver to try again unasked, which takes it a minute after some faults, if
  /// `HYDRA_SINKS_LONG` is set; else the operator asks it to.
  private static let waits = ProcessInfo.processInfo.environment["HYDRA_SINKS_LONG"] != nil

  @Test(
    "trouble under an archive is shown with what to do, and nothing is missing after it",
    arguments: Fault.allCases)
  func archive(fault: Fault) async throws {
    let disk = try await DiskStage(.archive)
    try await disk.begin(fault)
    // A full disk passes by itself: that is a lag, and after 30 s a stall.
    let expected: Set<String> = fault == .full ? ["lagging", "stalled"] : ["stalled"]
    var shown: [String: Any] = [:]
    try await eventually("\(fault) to be shown") {
      shown = try await disk.secondary()
      return (shown["lastError"] as? String)?.lowercased().contains(fault.code) == true
        && expected.contains(shown["state"] as? String ?? "")
    }
    #expect((shown["lastError"] as? String)?.contains("\(disk.folder.path)/disk") == true)
    try await disk.end(fault)
    if fault != .full, !Self.waits { _ = try await disk.run("retry", "archive") }
    try await disk.expectWhole()
  }

  @Test(
    "trouble under the state is logged and stops the delivery, and nothing is missing after it",
    arguments: Fault.allCases)
  func state(fault: Fault) async throws {
    let disk = try await DiskStage(.state)
    try await disk.begin(fault)
    // Where the state cannot be written, no status can say so.
    let sentence = fault == .vanished ? "is not the file that this driver locked" : fault.code
    try await eventually("\(fault) to be logged") {
      disk.driver.said.contains(sentence) && disk.driver.said.contains("checkpoint.json cannot")
        || fault == .vanished && disk.driver.said.contains(sentence)
    }
    if fault == .vanished {
      #expect(!FileManager.default.fileExists(atPath: disk.path("disk/srv/state/archive")))
    }
    // A heartbeat a second must not be a line a second.
    let lines = disk.driver.said.split(separator: "\n").filter { $0.contains("driver.json") }
    #expect(lines.count <= 1, "\(lines)")
    try await disk.end(fault)
    try await disk.expectWhole()
  }

  @Test("no temporary folder is needed")
  func temporary() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(20)
    try folder.write(CLIDriveTests.collector, to: "collect", mode: 0o700)
    try folder.configure(
      "{name: archive, kind: file, path: archive, compression: zstd, max-events: 8}",
      "{name: audit, kind: command, command: [./collect, audit.jsonl]}")
    let run = try await folder.run("run", "--until-head", adding: ["TMPDIR": "/nowhere"])
    #expect(run.code == 0, "\(run)")
    #expect(try CLIFolder.ids(folder.read("audit.jsonl") ?? Data()) == Array(0..<20))
  }
}

/// A driver with its state or its archive on a small disk of its own.
private final class DiskStage {
  let folder: CLIFolder
  let driver: CLIRun
  private let place: DiskTests.Place
  /// Has the mounts, which its descendants see.
  private let holder: CLIRun

  init(_ place: DiskTests.Place) async throws {
    self.place = place
    let folder = try CLIFolder()
    self.folder = folder
    try await folder.simulate(20)
    mkdir("\(folder.path)/disk", 0o777)
    mkdir("\(folder.path)/open", 0o777)
    for name in ["disk", "open"] { chmod("\(folder.path)/\(name)", 0o777) }
    let archive = place == .archive ? "disk/srv/archive" : "open/archive"
    try folder.configure("{name: archive, kind: file, path: \(archive), max-events: 10}")
    let yaml = folder.text("hydra-sinks.yaml").replacing(
      "state-dir: state", with: "state-dir: \(place == .state ? "disk/srv" : "open")/state")
    try folder.write(yaml, to: "hydra-sinks.yaml", mode: 0o644)
    holder = try CLIRun(
      [
        "--mount", "/bin/sh", "-c",
        "mount -t tmpfs -o size=256k,mode=777 none disk && mkdir -m 777 disk/srv && touch disk/up && "
          + "exec sleep 600",
      ], in: folder.path, environment: folder.environment, program: "/usr/bin/unshare")
    let holder = holder
    try await eventually("the disk; \(holder.said)") {
      access("/proc/\(holder.pid)/root\(folder.path)/disk/up", F_OK) == 0
    }
    driver = try Self.start(["run"], holder, folder)
    try await eventually("the first events; \(driver.said)") { try await checkpoint() == 19 }
  }

  deinit { holder.send(SIGKILL) }

  func path(_ name: String) -> String { "/proc/\(holder.pid)/root\(folder.path)/\(name)" }

  /// Runs `words` in the folder as the holder sees it: nsenter's own option would take it as this
  /// process does.
  private static func inside(_ words: [String], _ holder: CLIRun, _ folder: CLIFolder) throws
    -> CLIRun
  {
    try CLIRun(
      [
        "--target", "\(holder.pid)", "--mount", "/bin/sh", "-c",
        "cd '\(folder.path)' && mountpoint -q disk && exec \"$@\"", "sh",
      ] + words, in: folder.path, environment: folder.environment, program: "/usr/bin/nsenter")
  }

  private static func start(_ arguments: [String], _ holder: CLIRun, _ folder: CLIFolder) throws
    -> CLIRun
  {
    let user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    return try inside(user + [CLIProgram.path] + arguments, holder, folder)
  }

  func run(_ arguments: String...) async throws -> CLIProgram.Outcome {
    try await Self.start(arguments, holder, folder).end()
  }

  /// The secondary in `status --json`.
  func secondary() async throws -> [String: Any] {
    let status = try await run("status", "--json")
    return (try status.document()["secondaries"] as? [[String: Any]])?.first ?? [:]
  }

  private func checkpoint() async throws -> Int? {
    (try await secondary()["checkpoint"] as? [String: Any])?["eventId"] as? Int
  }

  private func shell(_ script: String) async throws {
    let outcome = try await Self.inside(["/bin/sh", "-c", script], holder, folder).end()
    guard outcome.code == 0 else { throw CLIFailure("\(script): \(outcome)") }
  }

  /// Then there are 30 events more.
  func begin(_ fault: DiskTests.Fault) async throws {
    switch fault {
    case .full: try await shell("! dd if=/dev/zero of=disk/filler bs=4k count=200 2>&1")
    case .readOnly: try await shell("mount --bind disk disk && mount -o remount,bind,ro disk")
    case .closed: try await shell("chmod -R a-w disk/srv")
    case .vanished: try await shell("mv disk/srv disk/away")
    }
    try await folder.simulate(30)
  }

  func end(_ fault: DiskTests.Fault) async throws {
    switch fault {
    case .full: try await shell("rm disk/filler")
    case .readOnly: try await shell("umount -l disk")
    case .closed: try await shell("chmod -R u+w disk/srv")
    case .vanished: try await shell("mv -T disk/away disk/srv")
    }
  }

  /// Expects the driver to deliver everything by itself, and the archive to be the log.
  func expectWhole() async throws {
    try await eventually("recovery; \(driver.said)", within: .seconds(100)) {
      let now = try await secondary()
      return now["state"] as? String == "ok" && now["lagEvents"] as? Int == 0
        && now["lastError"] is NSNull
    }
    let verify = try await run("verify", "archive")
    #expect(verify.code == 0 && verify.text.contains("50 held"), "\(verify)")
    let held = try await run("events", "--of", "archive")
    #expect(held.output == folder.read("log/state"))
    // nsenter, the shell and setpriv have become the program.
    driver.send(SIGTERM)
    let ended = try await driver.end()
    #expect(ended.code == 0, "\(ended)")
  }
}
