import EventPersistence
import EventPersistenceTesting
import Foundation
import Testing

@testable import HydraLog

@Suite("a persistence directory")
struct PersistenceDirectoryTests {
  let folder = LogFolder()

  @Test("a state file is read byte for byte, and its ends are known")
  func reads() async throws {
    let lines = Line.ticks(0...99)
    folder.write("state", lines)
    let directory = folder.directory
    let events = try await directory.reader(from: .first).all(BatchLimits(events: 7))
    #expect(events.map(\.text) == lines)
    let survey = directory.surveyNow()
    #expect(survey.state == .live)
    #expect(survey.format == .state)
    #expect(survey.first?.eventId == 0)
    #expect(
      survey.head == Position(eventId: 99, tag: "TickObserved", time: Line.time(99)))
  }

  @Test("each start begins where it says")
  func starts() async throws {
    folder.write("state", Line.ticks(0...9999))
    let directory = folder.directory
    func first(_ start: Start) async throws -> UInt64? {
      try await directory.reader(from: start).next(BatchLimits(), through: nil)?.first.eventId
    }
    #expect(try await first(.first) == 0)
    #expect(try await first(.id(4711)) == 4711)
    #expect(try await first(.after(Position(eventId: 4711))) == 4712)
    #expect(
      try await first(
        .after(Position(eventId: 9998, tag: "TickObserved", time: Line.time(9998)))) == 9999)
    #expect(try await first(.time(Line.time(777))) == 777)
    #expect(try await first(.time(Line.time(777).advanced(bySeconds: 0.5))) == 778)
    #expect(try await first(.last(10)) == 9990)
    #expect(try await first(.head) == nil)
    #expect(try await first(.id(10_000)) == nil)
  }

  @Test("a reader waits for a line's line feed, even if the line parses")
  func tornTail() async throws {
    folder.write("state", [Line.tick(0), Line.tick(1)], end: "")
    let directory = folder.directory
    let reader = directory.reader(from: .first)
    #expect(try await reader.all().map(\.eventId) == [0])
    #expect(directory.surveyNow().head?.eventId == 0)
    folder.append("state", "\n" + Line.tick(2))
    #expect(try await reader.all().map(\.eventId) == [1])
    folder.append("state", "\n")
    #expect(try await reader.all().map(\.eventId) == [2])
    #expect(directory.surveyNow().head?.eventId == 2)
  }

  @Test("after the head of an empty log comes its first event")
  func headOfEmpty() async throws {
    folder.write("state", "")
    let reader = folder.directory.reader(from: .head)
    #expect(try await reader.all().isEmpty)
    folder.append("state", Line.tick(0) + "\n")
    #expect(try await reader.all().map(\.eventId) == [0])
  }
}

@Suite("the laws of sources, for a state file")
struct StateFileLawsTests {
  @Test("are kept")
  func laws() async throws {
    let folders = Folders()
    try await SourceLaws { events in
      let folder = LogFolder()
      await folders.keep(folder)
      folder.write("state", events.map { $0.text + "\n" }.joined())
      return folder.directory
    }.check()
  }
}

/// Keeps folders while a test runs.
private actor Folders {
  private var folders: [LogFolder] = []
  func keep(_ folder: LogFolder) { folders.append(folder) }
}
