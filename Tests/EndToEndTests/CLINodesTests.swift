import Foundation
import Testing

/// Several nodes in one configuration.
@Suite("the command line: several nodes")
struct CLINodesTests {
  private func folder() async throws -> CLIFolder {
    let folder = try CLIFolder()
    for (name, count) in [("n1", 40), ("n2", 30)] {
      let made = try await folder.run(
        "simulate", "\(folder.path)/\(name)", "--count", "\(count)")
      #expect(made.code == 0, "\(made)")
    }
    try folder.write(
      """
      state-dir: state
      nodes:
        - name: n1
          persistence-dir: n1
          secondaries:
            - { name: archive, kind: file, path: archive-1 }
        - name: n2
          persistence-dir: n2
          secondaries:
            - { name: archive, kind: file, path: archive-2 }
      """, to: "hydra-sinks.yaml")
    return folder
  }

  private func documents(_ output: String) throws -> [[String: Any]] {
    try output.split(separator: "\n").map {
      try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
  }

  @Test(
    "run drives all nodes' secondaries, each with its own state; status prints a line per node"
  )
  func drives() async throws {
    let folder = try await folder()
    let run = try await folder.run("run", "--until-head")
    #expect(run.code == 0, "\(run)")
    #expect(try folder.archive("archive-1") == folder.read("n1/state"))
    #expect(try folder.archive("archive-2") == folder.read("n2/state"))
    #expect(run.errors.contains("n2/archive: "), "\(run)")
    #expect(folder.read("state/n1/archive/checkpoint.json") != nil)
    #expect(folder.read("state/n1/primary.json") != nil)
    let status = try await folder.run("status", "--json")
    #expect(status.code == 0, "\(status)")
    let documents = try documents(status.text)
    #expect(documents.map { $0["node"] as? String } == ["n1", "n2"])
    #expect(
      documents.map { ($0["primary"] as? [String: Any])?["lastEventId"] as? Int } == [39, 29])
    let one = try await folder.run("status", "n2", "--json")
    #expect(try self.documents(one.text).count == 1)
    #expect(one.text.contains("\"lastEventId\":29"))
  }

  @Test("a secondary is named NODE/NAME, and a name alone is refused")
  func names() async throws {
    let folder = try await folder()
    let only = try await folder.run("run", "--until-head", "--only", "n2/archive")
    #expect(only.code == 0, "\(only)")
    #expect(folder.read("state/n1/archive/checkpoint.json") == nil)
    let plan = try await folder.run("replay", "n2/archive", "--from", "start", "--execute")
    #expect(plan.code == 0, "\(plan)")
    let alone = try await folder.run("replay", "archive")
    #expect(alone.code == 64 && alone.errors.contains("n1/archive"), "\(alone)")
    let pause = try await folder.run("pause", "n1/archive")
    #expect(pause.code == 0, "\(pause)")
    let status = try await folder.run("status", "n1", "--json")
    #expect(status.text.contains("\"state\":\"paused\""), "\(status)")
  }

  @Test("a node on another machine is seen through its own status")
  func remote() async throws {
    let folder = try await folder()
    try folder.write(
      """
      nodes:
        - name: far
          status: [\(CLIProgram.path), status, n2, --json, --watch, --config, hydra-sinks.yaml]
        - name: gone
          status: [sh, -c, "echo no route to host >&2; exit 255"]
      """, to: "watcher.yaml")
    let status = try await folder.run("status", "--json", "--config", "watcher.yaml")
    let documents = try documents(status.text)
    #expect(documents.map { $0["node"] as? String } == ["far", "gone"], "\(status)")
    #expect(status.text.contains("\"lastEventId\":29"))
    #expect(status.text.contains("no route to host"))
    #expect(status.code == 3)
  }
}
