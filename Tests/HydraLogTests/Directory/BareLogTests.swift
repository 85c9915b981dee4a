import EventPersistence
import Foundation
import Testing

@testable import HydraLog

/// Logs of the first releases, whose lines have no ids or no times.
@Suite("a log of an early release")
struct BareLogTests {
  let folder = LogFolder()

  private func bare(_ index: Int) -> String { "{\"chainSlot\":\(index),\"tag\":\"TickObserved\"}" }

  private func wrapped(_ index: Int) -> String {
    "{\"eventId\":\(index),\"stateChanged\":\(bare(index))}"
  }

  /// Polls until all lines are counted.
  private func counted(_ directory: PersistenceDirectory) -> Survey {
    var token = directory.changeTokenNow()
    var survey = directory.surveyNow()
    while survey.head == nil || directory.changeTokenNow().words.last != token.words.last {
      token = directory.changeTokenNow()
      survey = directory.surveyNow()
    }
    return survey
  }

  @Test("bare lines get running ids, and are wrapped")
  func wraps() async throws {
    folder.write("state", (0..<5000).map(bare))
    let directory = folder.directory
    #expect(
      try await directory.reader(from: .first).all(BatchLimits(events: 77)).map(\.text)
        == (0..<5000).map(wrapped))
    let survey = counted(directory)
    #expect(survey.format == .bare)
    #expect(survey.first == Position(eventId: 0, tag: "TickObserved"))
    #expect(survey.head == Position(eventId: 4999, tag: "TickObserved"))
    folder.append("state", bare(5000) + "\n")
    #expect(counted(directory).head?.eventId == 5000)
  }

  @Test("an id in the middle is found, once the lines before it are counted")
  func locates() async throws {
    folder.write("state", (0..<5000).map(bare))
    for id in [0, 1, 2500, 4999] {
      let directory = folder.directory
      let reader = directory.reader(from: .id(UInt64(id)))
      #expect(
        try await reader.next(BatchLimits(events: 1), through: nil)?.first.eventId == UInt64(id))
      let after = directory.reader(from: .after(Position(eventId: UInt64(id), tag: "TickObserved")))
      #expect(try await after.all().count == 4999 - id)
    }
    let directory = folder.directory
    #expect(counted(directory).head?.eventId == 4999)
    #expect(try await directory.status(of: Position(eventId: 5000)).match == .ahead)
    #expect(try await directory.reader(from: .last(3)).all().map(\.eventId) == [4997, 4998, 4999])
    #expect(try await directory.reader(from: .head).all().isEmpty)
  }

  @Test("the head of a log without ids is unknown until its lines are counted")
  func unknownHead() async throws {
    let line = "{\"pad\":\"\(String(repeating: "x", count: 9000))\",\"tag\":\"TickObserved\"}"
    folder.write("state", Array(repeating: line, count: 2000))
    let directory = folder.directory
    let first = directory.surveyNow()
    #expect(first.head == nil)
    #expect(first.state == .live)
    #expect(first.lag(behind: nil) == nil)
    #expect(first.sentence?.contains("unknown until their lines are counted") == true)
    #expect(counted(directory).head?.eventId == 1999)
    // A reader that needs ids counts by itself.
    #expect(try await folder.directory.reader(from: .last(2)).all().map(\.eventId) == [1998, 1999])
    #expect(try await folder.directory.locate(.id(1234))?.eventId == 1234)
    // The next process continues from the record.
    let next = folder.directory
    next.adopt(try directory.record())
    #expect(next.surveyNow().head?.eventId == 1999)
  }

  @Test("a file may begin bare and continue with ids")
  func mixed() async throws {
    let lines =
      (0..<3000).map(bare) + (3000..<6000).map { Samples.event($0, bare($0), isTimed: false) }
    folder.write("state", lines)
    let expected = (0..<3000).map(wrapped) + lines[3000...]
    let directory = folder.directory
    #expect(directory.surveyNow().head?.eventId == 5999)
    #expect(directory.surveyNow().format == .untimed)
    #expect(try await directory.reader(from: .first).all().map(\.text) == expected)
    for id in [0, 1500, 2999, 3000, 4500, 5999] {
      let fresh = folder.directory
      let rest = try await fresh.reader(from: .id(UInt64(id))).all()
      #expect(rest.map(\.eventId) == (UInt64(id)..<6000).map { $0 }, "from \(id)")
    }
  }

  @Test("lines without a time are located by id, and count as earlier than any time")
  func untimed() async throws {
    folder.write(
      "state",
      (0..<1000).map { Samples.event($0, bare($0), isTimed: $0 >= 500) })
    let directory = folder.directory
    #expect(directory.surveyNow().format == .state)
    #expect(try await directory.reader(from: .id(250)).all().first?.eventId == 250)
    #expect(try await directory.reader(from: .time(Line.time(0))).all().first?.eventId == 500)
    let status = try await directory.status(of: Position(eventId: 9, tag: "TickObserved"))
    #expect(status.match == .found)
  }

  @Test(
    "each real event goes through in each form", .enabled(if: Samples.areThere),
    arguments: Samples.releases)
  func samples(release: String) async throws {
    let samples = Samples.lines(release)
    for form in 0..<3 {
      let lines = samples.enumerated().map {
        form == 0 ? $1 : Samples.event($0, $1, isTimed: form == 2)
      }
      folder.write("state", lines)
      let expected = samples.enumerated().map {
        form == 2 ? lines[$0] : Samples.event($0, $1, isTimed: false)
      }
      let directory = folder.directory
      let events = try await directory.reader(from: .first).all(BatchLimits(events: 5))
      #expect(events.map(\.text) == expected)
      #expect(counted(directory).format == [.bare, .untimed, .state][form])
    }
  }
}
