import EventPersistence
import Foundation
import Testing

@testable import HydraLog

@Suite("torn lines")
struct TornLinesTests {
  let folder = LogFolder()

  @Test(
    "are unknown until a reader began at the log's beginning, then counted with their offsets")
  func counted() async throws {
    let torn = "{\"eventId\":2,\"stateCh"
    let lines = [Line.tick(0), torn, Line.tick(1), "\0\0\0" + Line.tick(2)]
    folder.write("state", lines)
    let directory = folder.directory
    #expect(directory.surveyNow().tornLines == nil)
    #expect(try directory.tornLines().isEmpty)
    #expect(try await directory.reader(from: .first).all().map(\.eventId) == [0, 1, 2])
    #expect(directory.surveyNow().tornLines == 2)
    let first = UInt64(lines[0].utf8.count + 1)
    let second = first + UInt64(lines[1].utf8.count + lines[2].utf8.count + 2)
    #expect(
      try directory.tornLines() == [
        TornLine(file: "state", offset: first, length: UInt64(torn.utf8.count)),
        TornLine(file: "state", offset: second, length: 3),
      ])
    // Reading them again does not count them again, in this process or the next.
    _ = try await directory.reader(from: .first).all(BatchLimits(events: 1))
    #expect(directory.surveyNow().tornLines == 2)
    let next = folder.directory
    next.adopt(try directory.record())
    _ = try await next.reader(from: .first).all()
    #expect(next.surveyNow().tornLines == 2)
  }

  @Test("a record with any numbers is adopted or left, and every look still answers")
  func hostileRecord() async throws {
    folder.write("state-2", [#"{"tag":"A"}"#, "torn", #"{"tag":"B"}"#, Line.tick(2), "torn"])
    folder.write("state", [Line.tick(3), "torn"])
    let directory = folder.directory
    #expect(try await directory.reader(from: .first).all().map(\.eventId) == [0, 1, 2, 3])
    let text = String(decoding: JSONFile.data(of: try directory.record()), as: UTF8.self)
    let numbers = text.matches(of: /[:,\[]([0-9]+)(?=[,}\]])/).map(\.output.1)
    #expect(numbers.count >= 20)
    for number in numbers {
      let range = number.startIndex..<number.endIndex
      for hostile in ["-1", "0", "1", "9223372036854775807", "18446744073709551615"] {
        let json = text.replacingCharacters(in: range, with: hostile)
        guard let record = try? JSONDecoder().decode(PrimaryRecord.self, from: Data(json.utf8))
        else { continue }
        let next = folder.directory
        next.adopt(record)
        #expect(next.surveyNow().state == .live)
        #expect(try await next.reader(from: .first).all().map(\.eventId) == [0, 1, 2, 3])
        _ = try (next.surveyNow().tornLines, next.tornLines(), next.record())
      }
    }
  }

  @Test("keep their offsets when a rotation renames their file")
  func rotated() async throws {
    folder.write("state", [Line.tick(0), "x", Line.tick(1)])
    let directory = folder.directory
    _ = try await directory.reader(from: .first).all()
    folder.move("state", to: "state-1")
    folder.write("state", [Line.checkpoint(1)])
    #expect(try directory.tornLines().map(\.file) == ["state-1"])
    _ = try await directory.reader(from: .first).all()
    #expect(directory.surveyNow().tornLines == 1)
  }

  @Test("those of a rewritten file are its own")
  func writtenAnew() async throws {
    folder.write("state", ["torn", Line.tick(0)])
    let directory = folder.directory
    _ = try await directory.reader(from: .first).all()
    #expect(directory.surveyNow().tornLines == 1)
    // In place: the inode stays, as it may when a file is removed and another made.
    folder.resize("state", to: 0)
    folder.append("state", Line.tick(0) + "\n" + Line.tick(1) + "\n")
    #expect(directory.surveyNow().tornLines == nil)
    _ = try await directory.reader(from: .first).all()
    #expect(directory.surveyNow().tornLines == 0)
  }

  @Test("an archive without an event has no known torn lines")
  func emptyArchive() {
    folder.write("state-9", "")
    folder.write("state-10", "{\"eventId\":1")
    #expect(folder.directory.surveyNow().tornLines == 0)
  }

  @Test("are 0 if nothing is torn and all was read")
  func none() async throws {
    folder.write("state", Line.ticks(0...9))
    let directory = folder.directory
    _ = try await directory.reader(from: .head).all()
    #expect(directory.surveyNow().tornLines == nil)
    _ = try await directory.reader(from: .first).all()
    #expect(directory.surveyNow().tornLines == 0)
  }

  @Test("more tags than a scanner's table holds are distinguished among torn lines")
  func manyTags() async throws {
    let folder = LogFolder()
    let lines = (0..<5000).flatMap { id in
      let event = "{\"eventId\":\(id),\"stateChanged\":{\"tag\":\"T\(id)\"}}"
      return id % 20 == 7 ? [String(event.dropLast(12)), event] : [event]
    }
    folder.write("state", lines)
    let events = try await folder.directory.reader(from: .first).all()
    #expect(events.map(\.position.tag) == (0..<5000).map { "T\($0)" })
  }
}
