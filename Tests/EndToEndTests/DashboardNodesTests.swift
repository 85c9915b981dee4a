import Foundation
import Testing

/// The dashboard of several nodes, and of none yet, in a real terminal.
@Suite(
  "The dashboard of several nodes", .serialized,
  // tmux is a package of every distribution, but not of every machine.
  .enabled(if: DashboardTerminal.isAvailable))
struct DashboardNodesTests {
  private func folder() async throws -> CLIFolder {
    let folder = try CLIFolder()
    for (name, count) in [("alice", 140), ("bob", 130)] {
      let made = try await folder.run("simulate", "\(folder.path)/\(name)", "--count", "\(count)")
      #expect(made.code == 0, "\(made)")
    }
    return folder
  }

  private static let configuration = """
    state-dir: state
    nodes:
      - name: alice
        persistence-dir: alice
        secondaries:
          - { name: archive, kind: file, path: archive-a }
      - name: bob
        persistence-dir: bob
        secondaries:
          - { name: archive, kind: file, path: archive-b }
      - name: n7
        status: [sh, -c, "echo no route to host >&2; exit 255"]
    """

  @Test("all are seen with their worst state; one is entered, driven, and left again")
  func nodes() async throws {
    let folder = try await folder()
    try folder.write(Self.configuration, to: "hydra-sinks.yaml")
    let terminal = try await DashboardTerminal(in: folder, columns: 110, lines: 30)
    try await terminal.start("watch")
    try await terminal.wait(for: "exit code 255")
    try await terminal.wait(for: "129")
    // The worst is first, and the whole error of the selected one is shown.
    try await terminal.press("g")
    try await terminal.wait(for: "no route to host")
    try await terminal.press("j", "j")
    try await terminal.press("Enter")
    try await terminal.wait(for: "\(folder.path)/bob")
    try await terminal.wait(for: "archive")
    try await terminal.press("R")
    try await terminal.wait(for: "y starts")
    try await terminal.press("y")
    try await eventually("the events of bob in its archive") {
      folder.checkpoint("bob/archive") == 129
    }
    try await terminal.wait(for: "done")
    try await terminal.press("Escape")
    try await terminal.press("Escape")
    try await terminal.wait(for: "3 nodes")
    try await terminal.press("q")
    try await terminal.waitForShell()
    #expect(folder.checkpoint("alice/archive") == nil)
  }

  @Test(
    "several directories are watched as several nodes, which / narrows; --once prints their view")
  func directories() async throws {
    let folder = try await folder()
    let terminal = try await DashboardTerminal(in: folder, columns: 110, lines: 30)
    try await terminal.start("watch alice bob")
    try await terminal.wait(for: "2 nodes")
    try await terminal.wait(for: "139")
    try await terminal.press("/")
    try await terminal.paste("bob")
    try await terminal.wait(for: "1 of 2")
    try await terminal.press("Enter")
    try await terminal.press("Enter")
    try await terminal.wait(for: "\(folder.path)/bob")
    try await terminal.wait(for: "No secondary yet")
    try await terminal.press("Escape")
    try await terminal.wait(for: "1 of 2")
    try await terminal.press("Escape")
    try await terminal.wait(for: "both again") { $0.contains("alice") && !$0.contains("1 of 2") }
    try await terminal.press("q")
    try await terminal.waitForShell()

    let once = try await folder.run("watch", "--once", "alice", "bob")
    #expect(once.code == 0, "\(once)")
    #expect(once.text.contains("2 nodes") && once.text.contains("139") && once.text.contains("129"))
    #expect(once.lines.count { $0.contains("hydra-sinks  ") } == 1, "\(once)")
    // One that does not answer neither delays nor hides another.
    try folder.write(Self.configuration, to: "hydra-sinks.yaml")
    let configured = try await folder.run("watch", "--once")
    #expect(configured.text.contains("no route to host"), "\(configured)")
    #expect(configured.text.contains("alice") && configured.text.contains("bob"))
  }

  @Test("a wrong configuration is shown on the screen, which continues once it is right")
  func wrong() async throws {
    let folder = try await folder()
    try folder.write("persistence-dirs: alice\n", to: "hydra-sinks.yaml")
    let terminal = try await DashboardTerminal(in: folder, columns: 100, lines: 24)
    try await terminal.start("watch")
    try await terminal.wait(for: "did you mean \"persistence-dir\"?")
    try folder.write("persistence-dir: alice\n", to: "hydra-sinks.yaml")
    try await terminal.wait(for: "No secondary yet")
    try await terminal.press("q")
    try await terminal.waitForShell()
  }

  @Test("watch --once finds a node that runs, and without one says what to name")
  func running() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(20)
    // Other tests have nodes, too, which it finds as well.
    let name = "node-\(UUID().uuidString.prefix(6))"
    let directory = "\(folder.path)/\(name)"
    try FileManager.default.moveItem(atPath: folder.log, toPath: directory)
    // A process that looks like a node until its input ends.
    let node = Process()
    node.executableURL = URL(filePath: "/bin/bash")
    node.arguments = [
      "-c", "exec -a hydra-node sh -c 'read x' --persistence-dir \"$0\"", directory,
    ]
    let input = Pipe()
    node.standardInput = input
    try node.run()
    defer { input.fileHandleForWriting.closeFile() }
    try await eventually("the process to be called so") {
      let name = try? String(
        contentsOfFile: "/proc/\(node.processIdentifier)/cmdline", encoding: .utf8)
      return name?.hasPrefix("hydra-node") == true
    }
    let once = try await folder.run("watch", "--once", adding: ["COLUMNS": "200"])
    #expect(once.code == 0 && once.text.contains(name), "\(once)")
  }
}
