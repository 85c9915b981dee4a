import EventPersistence
import EventPersistenceTesting
import Testing

@testable import HydraLog

/// Archives that a former log of the node left beside the next one.
@Suite("a log that begins anew beside old archives") struct LineageTests {
  private let folder = LogFolder()

  private func ids(_ directory: PersistenceDirectory) async throws -> [UInt64] {
    try await directory.reader(from: .first).all().map(\.eventId)
  }

  private func former(_ survey: Survey) -> [String] {
    survey.archives.filter(\.isFormer).map(\.path)
  }

  @Test("are not read, and are named as what they are")
  func left() async throws {
    folder.write("state-9", (0...9).map { Line.tick($0) })
    folder.write("state-19", [Line.checkpoint(9)] + (10...19).map { Line.tick($0) })
    folder.write("state", (0...3).map { Line.tick($0, later: 5000) })
    #expect(try await ids(folder.directory) == [0, 1, 2, 3])
    let survey = folder.directory.surveyNow()
    #expect(survey.first?.eventId == 0 && survey.missing.isEmpty)
    #expect(former(survey) == ["state-9", "state-19"])
  }

  @Test("are not mixed with the archives of the next log")
  func rotated() async throws {
    folder.write("state-9", (0...9).map { Line.tick($0) })
    folder.write("state-19", [Line.checkpoint(9)] + (10...19).map { Line.tick($0) })
    folder.write("state-12", (0...12).map { Line.tick($0, later: 5000) })
    folder.write(
      "state", [Line.checkpoint(12, later: 5000)] + (13...15).map { Line.tick($0, later: 5000) })
    #expect(try await ids(folder.directory) == Array(0...12) + Array(12...15))
    #expect(former(folder.directory.surveyNow()) == ["state-9", "state-19"])
  }

  @Test("a log with an archive missing in the middle keeps those before it")
  func gap() async throws {
    folder.write("state-9", (0...9).map { Line.tick($0) })
    folder.write("state", [Line.checkpoint(19)] + (20...22).map { Line.tick($0) })
    let survey = folder.directory.surveyNow()
    #expect(former(survey).isEmpty)
    #expect(survey.first?.eventId == 0)
    #expect(survey.missing == [Survey.Missing(from: 10, through: 19)])
  }

  @Test(
    "an archive that the node has just written, and whose events it still has, is of the same log")
  func copy() async throws {
    folder.write("state-9", (0...9).map { Line.tick($0) })
    folder.write("state", (0...9).map { Line.tick($0) })
    #expect(try await ids(folder.directory) == Array(0...9))
    #expect(former(folder.directory.surveyNow()).isEmpty)
  }
}
