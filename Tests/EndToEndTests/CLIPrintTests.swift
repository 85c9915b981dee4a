import Foundation
import Testing

/// The files that the program prints for others.
@Suite("the command line: print")
struct CLIPrintTests {
  @Test("the example is a configuration once its comments are removed")
  func config() async throws {
    let folder = try CLIFolder()
    let example = try await folder.run("print", "config")
    #expect(example.code == 0)
    #expect(example.lines.allSatisfy { $0.hasPrefix("#") })
    let bare = example.lines.map { $0.dropFirst() }
      .filter { $0.first != " " || $0.hasPrefix("  ") }.joined(separator: "\n")
    try folder.write(bare + "\n", to: "all.yaml")
    let status = try await folder.run("status", "--config", "all.yaml", "--json")
    #expect(status.code != 78, "\(status)")
    let secondaries = try status.document()["secondaries"] as? [[String: Any]]
    #expect(
      secondaries?.compactMap { $0["name"] as? String }
        == ["archive", "cold", "scrolls", "bus", "audit", "explorer"])
  }

  @Test("the compose file shares the nodes' directories, and mounts what the configuration writes")
  func compose() async throws {
    let folder = try CLIFolder()
    try folder.write(
      """
      state-dir: /var/lib/hydra-sinks
      metrics: 0.0.0.0:9464
      nodes:
        - name: alice
          persistence-dir: /var/lib/hydra-alice
          secondaries:
            - { name: archive, kind: file, path: '/srv/a $b' }
            - { name: scrolls, kind: feed, listen: 127.0.0.1:4100 }
        - name: bob
          persistence-dir: /var/lib/hydra-bob
          secondaries: []

      """, to: "hydra-sinks.yaml")
    let file = try await folder.run("print", "compose")
    #expect(file.code == 0, "\(file)")
    let lines = file.text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
    for line in [
      "hydra-node-alice:", "hydra-node-bob:", "- hydra-node-alice:/var/lib/hydra-alice",
      "- hydra-node-alice:/var/lib/hydra-alice:ro", "- hydra-node-bob:/var/lib/hydra-bob:ro",
      "- hydra-sinks:/var/lib/hydra-sinks", "- /srv/a $$b:/srv/a $$b", "read_only: true",
      "user: '10001:0'", "- 127.0.0.1:9464:9464",
      "- \(folder.path)/hydra-sinks.yaml:\(folder.path)/hydra-sinks.yaml:ro",
      "# Make the archive's folder: sudo install -d -o 10001 '/srv/a $b'",
      "# Nothing outside the container reaches listen of alice/scrolls: set it to 0.0.0.0:4100.",
    ] {
      #expect(lines.contains(line), "\(line) is not in\n\(file.text)")
    }
    #expect(file.text.contains(">/dev/null || test $$? -eq 1"))
  }

  private static let analyzer = "/usr/bin/systemd-analyze"
  static let hasAnalyzer = FileManager.default.fileExists(atPath: analyzer)

  private func unit(_ folder: CLIFolder) async throws -> String {
    let unit = try await folder.run(
      "print", "systemd", "--program", CLIProgram.path, "--user", "daemon")
    #expect(unit.code == 0, "\(unit)")
    return unit.text
  }

  @Test("the unit of a configuration names what it reads and writes")
  func places() async throws {
    let folder = try CLIFolder()
    try folder.write(
      """
      persistence-dir: /var/lib/hydra
      state-dir: /var/lib/hydra-sinks
      secondaries:
        - { name: archive, kind: file, path: '/srv/a 100%' }

      """, to: "hydra-sinks.yaml")
    let lines = Set(try await unit(folder).split(separator: "\n").map(String.init))
    for line in [
      "Type=notify", "StateDirectory=hydra-sinks", "ReadOnlyPaths=-/var/lib/hydra",
      "ReadWritePaths=\"/srv/a 100%%\"", "MemoryDenyWriteExecute=yes", "RestrictSUIDSGID=yes",
      "ExecStart=\(CLIProgram.path) run --config \(folder.path)/hydra-sinks.yaml",
    ] {
      #expect(lines.contains(line), "\(line)")
    }
    try folder.write(
      """
      persistence-dir: /var/lib/hydra
      state-dir: /srv/state
      state-group: daemon
      secondaries:
        - { name: audit, kind: command, command: [/bin/cat] }

      """, to: "hydra-sinks.yaml")
    let shared = try await unit(folder)
    #expect(shared.contains("\nReadWritePaths=/srv/state\n") && shared.contains("\nUMask=0007\n"))
    #expect(!shared.contains("RestrictSUIDSGID") && !shared.contains("MemoryDenyWriteExecute"))
    try folder.write(
      """
      persistence-dir: /var/lib/hydra
      state-dir: /var/lib/hydra-sinks
      on-state: { command: [/bin/cat] }
      secondaries:
        - { name: archive, kind: file, path: /srv/archive }

      """, to: "hydra-sinks.yaml")
    let telling = try await unit(folder)
    #expect(telling.contains("on-state run with the same limits"), "\(telling)")
    #expect(!telling.contains("MemoryDenyWriteExecute"))
  }

  @Test(
    "systemd finds the unit right, and its exposure below 2",
    .enabled(if: hasAnalyzer, "systemd-analyze is not there"))
  func analyzed() async throws {
    let folder = try CLIFolder()
    try folder.write(
      """
      persistence-dir: /var/lib/hydra
      state-dir: /var/lib/hydra-sinks
      state-group: daemon
      secondaries:
        - { name: audit, kind: command, command: [/bin/cat] }

      """, to: "hydra-sinks.yaml")
    // Even the one with the fewest limits.
    try folder.write(try await unit(folder), to: "hydra-sinks.service")
    let file = "\(folder.path)/hydra-sinks.service"
    let verified = try await analyze(["verify", "--man=no", file], in: folder)
    let ours = verified.errors.split(separator: "\n").filter { $0.contains("hydra-sinks.service") }
    #expect(ours.isEmpty, "\(verified)")
    let judged = try await analyze(
      ["security", "--offline=true", "--threshold=20", "--no-pager", file], in: folder)
    #expect(judged.code == 0, "\(judged.text.suffix(400)) \(judged.errors)")
  }

  private func analyze(_ arguments: [String], in folder: CLIFolder) async throws
    -> CLIProgram.Outcome
  {
    try await CLIRun(
      arguments, in: folder.path, environment: folder.environment, program: Self.analyzer
    ).end()
  }
}
