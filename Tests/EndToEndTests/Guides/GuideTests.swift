import EventPersistence
import Foundation
import SecondaryStatus
import Testing

/// The README and the guides: what they show is run, and what they list is complete.
@Suite("the guides")
struct GuideTests {
  @Test(
    "each command, configuration and document of a page works as shown",
    .timeLimit(.minutes(5)), arguments: GuidePage.all)
  func plays(page: GuidePage) async throws {
    guard page.blocks.contains(where: { ["sh", "yaml", "json"].contains($0.language) }) else {
      return
    }
    let stage = try await GuideStage(for: page)
    for block in page.blocks { try await stage.play(block) }
  }

  @Test("only these commands are not run, because they install, build or need rights")
  func unrun() {
    let lines = GuidePage.all.flatMap(\.blocks).filter { $0.purpose == "unrun" }
      .flatMap { $0.text.split(separator: "\n") }
    let commands = lines.map { line in
      line.split(separator: " ").filter { $0 != "sudo" }.prefix(2).joined(separator: " ")
    }
    #expect(
      commands.sorted() == [
        "Tests/package", "Tests/run", "Tests/run", "apt-get install", "apt-get install",
        "apt-get install", "docker build", "docker compose", "docker compose", "docker compose",
        "groupadd hydra-ops", "install -d",
        "install .build/release/hydra-sinks", "screenshots/make", "setfacl -R", "swift build",
        "swift build", "swift build", "swift package", "swift test", "usermod -aG", "usermod -aG",
      ])
  }

  @Test("each link leads to a file")
  func links() {
    for page in GuidePage.all {
      for link in page.links {
        #expect(
          FileManager.default.fileExists(atPath: page.target(of: link)), "\(page.path): \(link)")
      }
    }
  }

  @Test("the README has at most 250 lines, and links to each guide")
  func readme() throws {
    let readme = try GuidePage("README.md")
    #expect(readme.text.split(separator: "\n", omittingEmptySubsequences: false).count <= 250)
    let contents = try GuidePage.guide("Guides")
    for page in GuidePage.all where page.path.contains(".docc/") && page.path != contents.path {
      let name = try #require(page.path.split(separator: "/").last)
      #expect(readme.links.contains(page.path), "the README has no link to \(page.path)")
      #expect(contents.links.contains(String(name)), "Guides.md has no link to \(name)")
    }
  }

  @Test("the README installs the packages that the tests are run with")
  func packages() throws {
    let readme = try GuidePage("README.md")
    let line = try #require(readme.text.firstMatch(of: /apt-get install -y ([a-z0-9 -]+) &&/))
    let tests = try String(
      contentsOf: GuidePage.root.appending(path: "Tests/run"), encoding: .utf8)
    for package in line.output.1.split(separator: " ") {
      #expect(tests.contains(package), "\(package)")
    }
  }

  @Test("the page of states names each state")
  func states() throws {
    let page = try GuidePage.guide("States")
    for state in SecondaryState.allCases.map(\.rawValue) {
      #expect(page.text.contains("| `\(state)` |"), "\(state)")
      // The anchor that alerts link to.
      #expect(page.text.contains("\n### \(state)\n\n* **Seen:**"), "\(state)")
    }
  }

  @Test("the page of commands names each command and each option")
  func options() async throws {
    struct Help: Decodable {
      struct Name: Decodable {
        var kind: String
        var name: String
      }
      struct Argument: Decodable {
        var kind: String
        var names: [Name]?
      }
      struct Command: Decodable {
        var commandName: String
        var subcommands: [Command]?
        var arguments: [Argument]?
      }
      var command: Command
    }
    let page = try GuidePage.guide("Commands")
    let dump = try await CLIFolder().run("--experimental-dump-help")
    let help = try JSONDecoder().decode(Help.self, from: dump.output)
    let commands = try #require(help.command.subcommands).filter { $0.commandName != "help" }
    #expect(commands.count > 10)
    for command in commands {
      #expect(page.text.contains("`hydra-sinks \(command.commandName)"), "\(command.commandName)")
      for argument in command.arguments ?? [] where argument.kind != "positional" {
        for name in argument.names ?? [] where name.kind == "long" {
          #expect(page.text.contains("`--\(name.name)"), "\(command.commandName) --\(name.name)")
        }
      }
    }
  }

  @Test(
    "the page of the configuration names each key",
    arguments: [
      "nosuch: 1", "persistence-dir: log\nsilent-after: {nosuch: 1}",
      "persistence-dir: log\nwarn: {nosuch: 1}", "nodes: [{nosuch: 1}]",
      "persistence-dir: log\non-state: {nosuch: 1}",
      "persistence-dir: log\nsecondaries: [{kind: file, path: a, name: a, retain: {nosuch: 1}}]",
    ]
      + ["file", "s3", "feed", "command", "jetstream", "checkpoint"].map {
        "persistence-dir: log\nsecondaries: [{kind: \($0), nosuch: 1}]"
      })
  func keys(yaml: String) async throws {
    let page = try GuidePage.guide("Configuration")
    let folder = try CLIFolder()
    try folder.write(yaml, to: "hydra-sinks.yaml")
    let refusal = try await folder.run("check")
    let list = try #require(
      refusal.errors.firstMatch(of: /expected one of: ([a-z, -]+)/), "\(refusal)")
    for key in list.output.1.split(separator: ", ") {
      let isShown = ["`\(key)`", "\(key):"].contains { page.text.contains($0) }
      #expect(isShown, "\(key)")
    }
  }
}
