import EventPersistence
import Foundation
import Testing

@testable import HydraLog

@Suite("a directory behind a symbolic link")
struct LinkTests {
  let first = LogFolder()
  let second = LogFolder()
  let place = LogFolder()
  private var link: String { place.path + "/node" }

  init() {
    first.write("state", Line.ticks(0...9))
    second.write("state", Line.ticks(0...19))
  }

  private func point(to folder: LogFolder) {
    unlink(link)
    #expect(symlink(folder.path, link) == 0)
  }

  @Test("is not read once the link leads elsewhere, and is read again when it is pointed back")
  func pointedElsewhere() async throws {
    point(to: first)
    let directory = PersistenceDirectory(path: link)
    let reader = directory.reader(from: .first)
    #expect(try await reader.all().count == 10)
    #expect(directory.surveyNow().head?.eventId == 9)

    point(to: second)
    let survey = directory.surveyNow()
    #expect(survey.state == .ambiguous)
    #expect(survey.sentence?.contains("\(link) leads to \(second.path) now") == true)
    let error = await #expect(throws: SourceError.self) {
      _ = try await directory.reader(from: .first).all()
    }
    #expect(error?.kind == .ambiguous)
    await #expect(throws: SourceError.self) { try await reader.all() }
    await #expect(throws: SourceError.self) {
      try await directory.status(of: Position(eventId: 9))
    }

    point(to: first)
    first.append("state", Line.tick(10) + "\n")
    #expect(try await reader.all().map(\.eventId) == [10])
    #expect(directory.surveyNow().head?.eventId == 10)
  }

  @Test("may be missing at first: where the link leads then is the log")
  func missingAtFirst() async throws {
    let directory = PersistenceDirectory(path: link)
    #expect(directory.surveyNow().state == .missing)
    point(to: first)
    #expect(directory.surveyNow().head?.eventId == 9)
    point(to: second)
    #expect(directory.surveyNow().state == .ambiguous)
  }
}
