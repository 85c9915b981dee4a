import Foundation
import Testing

/// What an archive gives back of each format, with the payloads of a simulated node.
@Suite("the command line: restore each format", .serialized)
struct CLIRestoreFormatTests {
  @Test(
    "a state comes back byte for byte, with and without times, and bare",
    arguments: ["state", "untimed", "bare"])
  func state(format: String) async throws {
    let folder = try CLIFolder()
    try await folder.simulate(1200, "--format", format)
    try folder.configure("{name: archive, kind: file, path: archive}")
    let run = try await folder.run("run", "--until-head")
    #expect(run.code == 0, "\(run)")
    let restored = try await folder.run("restore", "archive", "restored")
    #expect(restored.code == 0, "\(restored)")
    let log = try #require(folder.read("log/state"))
    #expect(log.count > 100_000)
    #expect(folder.read("restored/state") == log)
  }
}
