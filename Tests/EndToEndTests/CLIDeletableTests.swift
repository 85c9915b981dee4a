import Foundation
import Testing

/// Which archives may go.
@Suite("the command line: archives that may be deleted")
struct CLIDeletableTests {
  @Test("only what a whole copy holds and nobody needs is named, and what stays is said why")
  func deletable() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(500, "--rotate-after", "100")
    try folder.configure("{name: archive, kind: file, path: archive}")
    let early = try await folder.run("archives", "--deletable")
    #expect(early.code == 0 && early.text.isEmpty && early.errors.contains("needed by archive"))
    try await folder.run("run", "--until-head")
    let all = try await folder.run("archives", "--deletable", "--verify-with", "archive")
    #expect(all.code == 0 && all.lines.count >= 4 && all.errors.isEmpty, "\(all)")
    for path in all.lines { #expect(FileManager.default.fileExists(atPath: String(path))) }
    let null = try await folder.run("archives", "--deletable", "-0")
    #expect(null.output.split(separator: 0).count == all.lines.count)

    // What is named may really go: everything is still there.
    for path in all.lines { try FileManager.default.removeItem(atPath: String(path)) }
    #expect(try await folder.run("run", "--until-head").code == 0)
    #expect(try await folder.run("events", "--of", "archive").lines.count >= 500)
  }

  @Test(
    "a copy of a part, one that retires events, and a feed without a history keep them all",
    arguments: [
      ("{name: a, kind: file, path: a, select: transactions}", "no secondary keeps a whole copy"),
      ("{name: a, kind: file, path: a, retain: { bytes: 1G }}", "no secondary keeps a whole copy"),
      ("{name: a, kind: file, path: a, start: 250}", "began later"),
    ])
  func refused(_ secondary: String, _ reason: String) async throws {
    let folder = try CLIFolder()
    try await folder.simulate(400, "--rotate-after", "100")
    try folder.configure(secondary)
    #expect(try await folder.run("run", "--until-head").code == 0)
    let found = try await folder.run("archives", "--deletable")
    #expect(found.code == 0 && found.errors.contains(reason), "\(found)")
    if reason.hasPrefix("no") { #expect(found.text.isEmpty) }
  }

  @Test("a damaged copy is no proof")
  func damaged() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(300, "--rotate-after", "100")
    try folder.configure("{name: archive, kind: file, path: archive}")
    try await folder.run("run", "--until-head")
    let segment = try #require(
      try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/archive/events").min())
    let text = folder.text("archive/events/\(segment)")
    try folder.write(
      text.split(separator: "\n").dropFirst(5).joined(separator: "\n") + "\n",
      to: "archive/events/\(segment)")
    let found = try await folder.run("archives", "--deletable", "--verify-with", "archive")
    #expect(
      found.code == 2 && found.text.isEmpty && found.errors.contains("Delete nothing"), "\(found)")
  }

  @Test("the file that a migration left may go by the same rules")
  func migrated() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(600, "--migrate-at", "300")
    try folder.configure("{name: archive, kind: file, path: archive}")
    let path = "\(folder.path)/log/state.migrated"
    #expect(FileManager.default.fileExists(atPath: path))
    let early = try await folder.run("archives", "--deletable")
    #expect(early.text.isEmpty && early.errors.contains("state.migrated: needed by archive"))
    try await folder.run("run", "--until-head")
    #expect(try await folder.run("archives").text.contains("state.migrated"))
    let found = try await folder.run("archives", "--deletable", "--verify-with", "archive")
    #expect(found.code == 0 && found.lines == ["\(path)"], "\(found)")
    try FileManager.default.removeItem(atPath: path)
    #expect(try await folder.run("verify", "archive").code == 0)
  }

  @Test("a file that a migration of another log left is kept")
  func migratedElsewhere() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(600, "--migrate-at", "300")
    try await folder.run("simulate", "other", "--count", "200", "--seed", "9")
    try folder.configure("{name: archive, kind: file, path: archive}")
    try FileManager.default.removeItem(atPath: "\(folder.path)/log/state.migrated")
    try FileManager.default.moveItem(
      atPath: "\(folder.path)/other/state", toPath: "\(folder.path)/log/state.migrated")
    try await folder.run("run", "--until-head")
    let found = try await folder.run("archives", "--deletable")
    #expect(found.text.isEmpty && found.errors.contains("no longer has"), "\(found)")
  }
}
