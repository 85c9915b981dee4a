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
    try await terminal.wait(for: "no route to host")
    try await terminal.wait(for: "129")
    try await terminal.press("j")
    try await terminal.press("Enter")
    try await terminal.wait(for: "\(folder.path)/bob")
    try await terminal.wait(for: "archive")
    try await terminal.press("R")
    try await terminal.wait(for: "y")
    try await terminal.press("y")
    try await eventually("the events of bob in its archive") {
      folder.checkpoint("bob/archive") == 129
    }
    try await terminal.wait(for: "done")
    try await terminal.press("Escape")
    try await terminal.press("Escape")
    try await terminal.wait(for: "3 nodes")
    try await terminal.press("q")
    try await terminal.wait(for: DashboardTerminal.prompt)
    #expect(folder.checkpoint("alice/archive") == nil)
  }

  @Test("a wrong configuration is said on the screen, which goes on once it is right")
  func wrong() async throws {
    let folder = try await folder()
    try folder.write("persistence-dirs: alice\n", to: "hydra-sinks.yaml")
    let terminal = try await DashboardTerminal(in: folder, columns: 100, lines: 24)
    try await terminal.start("watch")
    try await terminal.wait(for: "did you mean \"persistence-dir\"?")
    try folder.write("persistence-dir: alice\n", to: "hydra-sinks.yaml")
    try await terminal.wait(for: "No secondary yet")
    try await terminal.press("q")
    try await terminal.wait(for: DashboardTerminal.prompt)
  }
}
