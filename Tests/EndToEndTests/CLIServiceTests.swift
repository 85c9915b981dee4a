import Foundation
import Testing

/// A driver as a service: it tells its manager how it is, and reads its configuration anew.
@Suite("the command line: a service")
struct CLIServiceTests {
  /// Without a terminal of its own, as a service manager starts it.
  private func start(_ folder: CLIFolder, adding environment: [String: String] = [:]) throws
    -> CLIRun
  {
    try CLIRun(
      ["--wait", CLIProgram.path, "run"], in: folder.path,
      environment: folder.environment.merging(environment) { $1 }, program: "/usr/bin/setsid")
  }

  private func driver(_ folder: CLIFolder, _ name: String) -> (pid: Int, startedAt: String)? {
    guard let report = folder.json("state/\(name)/driver.json"), report["endedAt"] is NSNull,
      let pid = report["pid"] as? Int, let startedAt = report["startedAt"] as? String
    else { return nil }
    return (pid, startedAt)
  }

  @Test(
    "SIGHUP reads the configuration anew: added, removed, changed; the rest goes on undisturbed")
  func reload() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(50)
    try folder.configure(
      "{name: same, kind: file, path: same}", "{name: gone, kind: file, path: gone}",
      "{name: other, kind: file, path: other}")
    let run = try start(folder)
    try await eventually("all of the first; \(run.said)") {
      ["same", "gone", "other"].allSatisfy {
        folder.checkpoint($0) == 49 && driver(folder, $0) != nil
      }
    }
    let before = try #require(driver(folder, "same"))
    let changedBefore = try #require(driver(folder, "other"))
    let pid = Int32(before.pid)

    try folder.configure(
      "{name: same, kind: file, path: same}", "{name: new, kind: file, path: new}",
      "{name: other, kind: file, path: other, max-events: 7}")
    // Other limits of a segment would be refused for an archive that was begun.
    try FileManager.default.removeItem(atPath: "\(folder.path)/other")
    kill(pid, SIGHUP)
    try await eventually("the change; \(run.said)") {
      run.said.contains("read anew: added new; removed gone; changed other")
    }
    try await folder.simulate(10)
    try await eventually("the rest; \(run.said)") {
      ["same", "new", "other"].allSatisfy { folder.checkpoint($0) == 59 }
    }
    #expect(driver(folder, "same")! == before, "it was disturbed")
    #expect(driver(folder, "other")!.startedAt != changedBefore.startedAt)
    #expect(folder.checkpoint("gone") == 49 && driver(folder, "gone") == nil)

    // What only looks use is told, too, and disturbs no driver.
    try folder.configure(
      "{name: same, kind: file, path: same}",
      "{name: new, kind: file, path: new, warn: {events: 5}}",
      "{name: other, kind: file, path: other, max-events: 7}",
      more: "on-state: {command: [/bin/cat]}\n")
    kill(pid, SIGHUP)
    try await eventually("the change of on-state; \(run.said)") {
      run.said.contains("read anew: changed on-state; changed warn of new")
    }
    kill(pid, SIGHUP)
    try await eventually("no change; \(run.said)") {
      run.said.contains("read anew: nothing changed")
    }
    #expect(driver(folder, "new")?.pid == before.pid)

    kill(pid, SIGTERM)
    #expect(try await run.end().code == 0)
  }

  @Test("a mistake leaves the configuration as it is, and is told with its line")
  func mistakes() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(50)
    try folder.configure("{name: new, kind: file, path: new}")
    let run = try start(folder)
    try await eventually("all of it; \(run.said)") {
      folder.checkpoint("new") == 49 && driver(folder, "new") != nil
    }
    let pid = Int32(try #require(driver(folder, "new")).pid)
    let good = folder.text("hydra-sinks.yaml")
    try folder.write(good + "nosuch: 1\n", to: "hydra-sinks.yaml")
    kill(pid, SIGHUP)
    try await eventually("the mistake; \(run.said)") {
      run.said.contains("the old one stays: ") && run.said.contains("unknown key \"nosuch\"")
    }
    try folder.write(
      good.replacing("state-dir: state", with: "state-dir: elsewhere"), to: "hydra-sinks.yaml")
    kill(pid, SIGHUP)
    try await eventually("what cannot change; \(run.said)") {
      run.said.contains("\"state-dir\" cannot change while it runs")
    }
    // A sink that is another one has another state: it is refused, and the driver goes on.
    try folder.write(
      good.replacing("path: new", with: "path: another"), to: "hydra-sinks.yaml")
    kill(pid, SIGHUP)
    try await eventually("the other sink; \(run.said)") {
      run.said.contains("the old one stays: ") && run.said.contains("belongs to another secondary")
    }
    try await folder.simulate(5)
    try await eventually("the rest; \(run.said)") { folder.checkpoint("new") == 54 }
    kill(pid, SIGTERM)
    #expect(try await run.end().code == 0)
  }

  @Test("a terminal that closes ends it, though a SIGHUP does not")
  func terminal() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(20)
    try folder.configure("{name: archive, kind: file, path: archive}")
    // `script` gives it a terminal, which closes when `script` is killed.
    let run = try CLIRun(
      ["-qfc", "\(CLIProgram.path) run", "typescript"], in: folder.path,
      environment: folder.environment.merging(["SHELL": "/bin/sh"]) { $1 },
      program: "/usr/bin/script")
    try await eventually("the drive; \(folder.text("typescript"))") {
      folder.checkpoint("archive") == 19 && driver(folder, "archive") != nil
    }
    let pid = Int32(try #require(driver(folder, "archive")).pid)
    kill(pid, SIGHUP)
    try await eventually("the reload") { folder.text("typescript").contains("was read anew") }
    run.send(SIGKILL)
    try await eventually("its end in order") {
      folder.json("state/archive/driver.json")?["endedAt"] is String
    }
  }

  // MARK: - A service manager

  @Test("it is ready once each sink is open or has said why not, and says so when it ends")
  func ready() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(20)
    try folder.configure(
      "{name: archive, kind: file, path: archive}",
      "{name: audit, kind: command, command: [./none]}")
    let manager = try ManagerSocket("\(folder.path)/notify")
    let run = try start(
      folder, adding: ["NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "300000"])
    try await eventually("readiness; \(run.said)") {
      manager.take()
      return manager.messages.contains { $0.contains("READY=1") }
    }
    #expect(manager.messages[0] == "READY=1\nSTATUS=drives archive, audit")
    // It is logged in the same moment.
    try await eventually("the reason") { run.said.contains("no such program") }
    try await eventually("signs of life") {
      manager.take()
      return manager.messages.count { $0 == "WATCHDOG=1" } >= 3
    }
    let pid = Int32(try #require(driver(folder, "archive")).pid)
    kill(pid, SIGHUP)
    try await eventually("the reload") {
      manager.take()
      return manager.messages.contains { $0.hasPrefix("RELOADING=1\nMONOTONIC_USEC=") }
        && manager.messages.count { $0.hasPrefix("READY=1") } == 2
    }
    kill(pid, SIGTERM)
    #expect(try await run.end().code == 0)
    manager.take()
    #expect(manager.messages.contains { $0.hasPrefix("STOPPING=1") })
  }

  @Test("the name of a manager's socket may be abstract")
  func abstract() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(5)
    try folder.configure("{name: archive, kind: file, path: archive}")
    let manager = try ManagerSocket("@hydra-sinks-test-\(UUID().uuidString)")
    let run = try start(folder, adding: ["NOTIFY_SOCKET": manager.path])
    try await eventually("readiness; \(run.said)") {
      manager.take()
      return manager.messages.contains { $0.hasPrefix("READY=1") }
    }
    #expect(!manager.messages.contains("WATCHDOG=1"))
    let pid = Int32(try #require(driver(folder, "archive")).pid)
    kill(pid, SIGTERM)
    #expect(try await run.end().code == 0)
  }
}

/// The socket of a service manager, as systemd makes it.
private final class ManagerSocket {
  let path: String
  private let descriptor: Int32
  private(set) var messages: [String] = []

  init(_ path: String) throws {
    self.path = path
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    if path.first == "@" { address.sun_path.0 = 0 }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + path.utf8.count)
    let bound = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
    }
    guard bound == 0 else { throw CLIFailure("bind \(path): \(errno)") }
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
  }

  deinit { close(descriptor) }

  /// Takes what has arrived.
  func take() {
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count > 0 else { return }
      messages.append(String(decoding: buffer[..<count], as: UTF8.self))
    }
  }
}
