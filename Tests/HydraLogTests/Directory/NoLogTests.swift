import EventPersistence
import Testing

@testable import HydraLog

@Suite("a file that is no node's log")
struct NoLogTests {
  private let folder = LogFolder()

  @Test(
    "is damage, with what it begins with",
    arguments: [
      "hello garbage", "hello garbage\n", "hello\nworld", "\0\0x", "\u{1f}zip", "[1,2]",
      "\n\n1", "x{\"eventId\":1",
    ])
  func garbage(text: String) async throws {
    folder.write("state", text)
    let directory = folder.directory
    let survey = await directory.survey()
    #expect(survey.state == .unreadable && survey.head == nil)
    #expect(survey.sentence?.contains("\(folder.path)/state has \(text.utf8.count) bytes") == true)
    for _ in 0..<2 {
      let error = await #expect(throws: SourceError.self) { try await directory.status(of: nil) }
      #expect(error?.kind == .damaged(next: nil))
    }
    let error = await #expect(throws: SourceError.self) {
      try await directory.reader(from: .first).all()
    }
    #expect(error?.kind == .damaged(next: nil))
    // Once the file is replaced by a log, that is read.
    folder.write("state", Line.ticks(0...3))
    #expect(await directory.survey().head?.eventId == 3)
  }

  @Test(
    "but the beginning of the first event is none: the node is writing it",
    arguments: [
      "", "\n", "\0\0\0", "{", "{\0", "{\"", "{\"eventId\":0,\"stateCh", "{\"chainSlot\":1",
      "{\"a\":1}\n",
    ])
  func beginning(text: String) async throws {
    folder.write("state", text)
    let survey = await folder.directory.survey()
    #expect(survey.state == .live && survey.head == nil)
    #expect(try await folder.directory.status(of: nil) == PositionStatus(match: .found, next: nil))
  }
}
