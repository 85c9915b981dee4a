import Foundation
import Testing

/// An archive that is gone, beside a log that no longer has its beginning.
@Suite("the command line: an archive that is gone", .timeLimit(.minutes(5)))
struct CLIEmptiedTests {
  @Test(
    "it is not begun again where the log begins now: the driver stops, until it is back or an operator decides"
  )
  func gone() async throws {
    let folder = try CLIFolder()
    try folder.configure("{name: archive, kind: file, path: archive}")
    try await folder.simulate(500, "--rotate-after", "200")
    #expect(try await folder.run("run", "--until-head").code == 0)
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.log)
    where name.hasPrefix("state-") {
      try FileManager.default.removeItem(atPath: "\(folder.log)/\(name)")
    }
    let (archive, away) = ("\(folder.path)/archive", "\(folder.path)/away")
    func move(_ from: String, _ to: String) throws {
      try? FileManager.default.removeItem(atPath: to)
      try FileManager.default.moveItem(atPath: from, toPath: to)
    }
    try move(archive, away)
    let stopped = try await folder.run("run", "--until-head")
    #expect(stopped.code == 2 && stopped.errors.contains("the events 0 to "), "\(stopped)")
    #expect(folder.checkpoint("archive") == 499)
    let status = try await folder.run("status")
    #expect(status.code == 2 && status.text.contains("The sink holds nothing"), "\(status)")
    // It is back.
    try move(away, archive)
    #expect(try await folder.run("run", "--until-head").code == 0)
    #expect(try await folder.run("status").code == 0)
    // An operator does without.
    try move(archive, away)
    #expect(try await folder.run("run", "--until-head").code == 2)
    let replay = try await folder.run("replay", "archive", "--from", "start", "--execute")
    #expect(replay.code == 0, "\(replay)")
    #expect(try await folder.run("run", "--until-head").code == 0)
    #expect(try await folder.run("status").code == 0)
    let events = try await folder.run("events", "--of", "archive")
    #expect(try CLIFolder.ids(events.output).last == 499)
  }
}
