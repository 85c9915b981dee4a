import EventPersistence
import Foundation
import Testing

@testable import HydraLog

/// Archives of a `state` file, and changes to one under its reader.
@Suite("rotation")
struct RotationTests {
  let folder = LogFolder()

  /// Renames `state` to `state-L` and begins a new one with the `Checkpoint` of the same id.
  private func rotate(_ last: UInt64, checkpoint: UInt64? = nil) {
    folder.move("state", to: "state-\(last)")
    folder.write("state", [Line.checkpoint(checkpoint ?? last)])
  }

  private func append(_ ids: ClosedRange<UInt64>) {
    for id in ids { folder.append("state", Line.tick(id) + "\n") }
  }

  @Test("the log continues over its archives, and both events of an id come")
  func archives() async throws {
    folder.write("state", Line.ticks(0...9))
    rotate(9)
    append(10...19)
    rotate(19)
    append(20...24)
    let expected =
      Line.ticks(0...9) + [Line.checkpoint(9)] + Line.ticks(10...19) + [Line.checkpoint(19)]
      + Line.ticks(20...24)
    let directory = folder.directory
    for limits in [BatchLimits(), BatchLimits(events: 1), BatchLimits(events: 3)] {
      #expect(try await directory.reader(from: .first).all(limits).map(\.text) == expected)
    }
    let survey = directory.surveyNow()
    #expect(survey.first?.eventId == 0)
    #expect(survey.head?.eventId == 24)
    #expect(survey.sharedIds == [9, 19])
    #expect(survey.missing == [])
    #expect(survey.archives.map(\.path) == ["state-9", "state-19"])
    #expect(survey.archives.map(\.firstEventId) == [0, 9])
    #expect(survey.archives.map(\.lastEventId) == [9, 19])
    #expect(survey.lag(behind: nil) == UInt64(expected.count))
  }

  @Test("of events that share an id, the second follows that id, in the next file too")
  func behindAnIdAlone() async throws {
    folder.write("state", Line.ticks(0...4))
    rotate(4)
    append(5...7)
    let directory = folder.directory
    let position = Position(eventId: 4)
    let rest = try await directory.reader(from: .after(position)).all(BatchLimits(events: 2))
    #expect(rest.map(\.text) == [Line.checkpoint(4)] + Line.ticks(5...7))
    #expect(try await directory.status(of: position).next?.tag == "Checkpoint")
  }

  @Test("each position of a log with archives is found, and the rest of the log follows it")
  func everyPosition() async throws {
    folder.write("state", Line.ticks(0...4))
    rotate(4)
    append(5...7)
    rotate(7)
    append(8...9)
    let directory = folder.directory
    let all = try await directory.reader(from: .first).all()
    // Both rotations add an event of their own.
    try #require(all.count == 12)
    for (index, event) in all.enumerated() {
      let status = try await directory.status(of: event.position)
      let next = index + 1 < all.count ? all[index + 1].position : nil
      #expect(status == PositionStatus(match: .found, next: next))
      let rest = try await directory.reader(from: .after(event.position)).all()
      #expect(rest == Array(all[(index + 1)...]))
      let extent = try await directory.extent(from: event.position, through: all.last!.position)
      #expect(extent.events == UInt64(all.count - index))
    }
  }

  @Test("releases 0.22.0 to 0.22.3 gave the Checkpoint and the next event one id")
  func earlySharedIds() async throws {
    folder.write("state", Line.ticks(0...9))
    rotate(9, checkpoint: 10)
    append(10...12)
    let directory = folder.directory
    #expect(
      try await directory.reader(from: .first).all().map(\.text)
        == Line.ticks(0...9) + [Line.checkpoint(10)] + Line.ticks(10...12))
    let survey = directory.surveyNow()
    #expect(survey.sharedIds == [10])
    #expect(survey.missing == [])
    let behind = Position(eventId: 10, tag: "Checkpoint", time: Line.time(10))
    #expect(
      try await directory.reader(from: .after(behind)).all().map(\.eventId) == [10, 11, 12])
  }

  @Test("a reader continues over a rotation, whatever it had read before")
  func underTheReader() async throws {
    let expected = Line.ticks(0...9) + [Line.checkpoint(9)] + Line.ticks(10...12)
    for read in 0...10 {
      let folder = RotationTests()
      folder.folder.write("state", Line.ticks(0...9))
      let reader = folder.folder.directory.reader(from: .first)
      var texts: [String] = []
      for _ in 0..<read {
        let batch = try await reader.next(BatchLimits(events: 1), through: nil)
        texts += batch.map { $0.entries.map($0.event).map(\.text) } ?? []
      }
      folder.rotate(9)
      folder.append(10...12)
      texts += try await reader.all().map(\.text)
      #expect(texts == expected, "rotated after \(read) events")
    }
  }

  @Test("a reverted rotation leaves the log as it was")
  func takenBack() async throws {
    folder.write("state", Line.ticks(0...9))
    let reader = folder.directory.reader(from: .first)
    #expect(try await reader.all().count == 10)
    folder.move("state", to: "state-9")
    #expect(try await reader.all().isEmpty)
    #expect(folder.directory.surveyNow().head?.eventId == 9)
    #expect(folder.directory.surveyNow().state == .live)
    folder.move("state-9", to: "state")
    #expect(try await reader.all().isEmpty)
    append(10...11)
    #expect(try await reader.all().map(\.eventId) == [10, 11])
  }

  @Test("a rotation that is reverted after its new file was begun is followed too")
  func takenBackLate() async throws {
    folder.write("state", Line.ticks(0...9))
    let reader = folder.directory.reader(from: .first)
    #expect(try await reader.all().count == 10)
    folder.move("state", to: "state-9")
    folder.write("state", "")
    #expect(try await reader.all().isEmpty)
    folder.move("state-9", to: "state")
    append(10...11)
    #expect(try await reader.all().map(\.eventId) == [10, 11])
  }

  @Test("a missing archive is a gap, proven by the Checkpoint after it")
  func gap() async throws {
    folder.write("state", Line.ticks(0...9))
    rotate(9)
    append(10...19)
    rotate(19)
    append(20...29)
    rotate(29)
    append(30...30)
    folder.remove("state-19")
    let directory = folder.directory
    #expect(directory.surveyNow().missing == [Survey.Missing(from: 10, through: 19)])
    let reader = directory.reader(from: .first)
    #expect(try await reader.next(BatchLimits(), through: nil)?.last.eventId == 9)
    let error = await #expect(throws: SourceError.self) { try await reader.all() }
    #expect(error?.kind == .gap(10...19))
    func match(_ id: UInt64) async throws -> PositionStatus.Match {
      try await directory.status(of: Position(eventId: id, tag: "TickObserved")).match
    }
    #expect(try await match(8) == .found)
    #expect(try await match(9) == .gap(10...19))
    #expect(try await match(15) == .gap(16...19))
    // A reader that has the last lost event lacks nothing.
    #expect(try await match(19) == .before)
    let last = Position(eventId: 19, tag: "TickObserved", time: Line.time(19))
    let following = try await directory.reader(from: .after(last)).all()
    #expect(following.map(\.eventId) == Array(19...30).flatMap { $0 == 29 ? [29, 29] : [$0] })
    // The Checkpoint that began the missing archive has the id of an event that is left.
    let begin = Position(eventId: 9, tag: "Checkpoint", time: Line.time(9))
    #expect(try await directory.status(of: begin).match == .gap(10...19))
    #expect(try await directory.status(of: begin).next?.eventId == 19)
    #expect(try await match(20) == .found)
    // An operator's choice: continue from the first remaining event.
    #expect(try await directory.reader(from: .id(15)).all().first?.eventId == 19)
  }

  @Test("while an archive cannot be read, an event that it may have is not called lost or replaced")
  func unreadable() async throws {
    folder.write("state-9", Line.ticks(0...9))
    #expect(mkdir(folder.path + "/old-state", 0o700) == 0)
    folder.write("old-state/hydra-19.db", "not a database")
    folder.write("state", [Line.checkpoint(19), Line.tick(20)])
    for position in [
      Position(eventId: 9, tag: "Checkpoint"), Position(eventId: 19, tag: "TickObserved"),
    ] {
      let error = await #expect(throws: SourceError.self) {
        try await folder.directory.status(of: position)
      }
      #expect(error?.kind == .unreadable || error?.kind == .changed)
    }
  }

  @Test("a log without its first archives begins later: all remaining events can be read")
  func withoutTheFirst() async throws {
    folder.write("state", Line.ticks(0...9))
    rotate(9)
    append(10...12)
    folder.remove("state-9")
    let directory = folder.directory
    #expect(directory.surveyNow().missing == [Survey.Missing(from: 0, through: 9)])
    #expect(
      directory.surveyNow().first == Position(eventId: 9, tag: "Checkpoint", time: Line.time(9)))
    #expect(try await directory.reader(from: .first).all().map(\.eventId) == [9, 10, 11, 12])
    let error = await #expect(throws: SourceError.self) {
      try await directory.reader(from: .after(Position(eventId: 3, tag: "TickObserved"))).all()
    }
    #expect(error?.kind == .gap(4...9))
  }

  @Test("ids that were never written are not a gap")
  func legalGap() async throws {
    folder.write("state", [Line.tick(3), Line.tick(7), Line.tick(20)])
    let directory = folder.directory
    #expect(directory.surveyNow().missing.isEmpty)
    #expect(try await directory.reader(from: .after(Position(eventId: 3))).all().count == 2)
    let status = try await directory.status(of: Position(eventId: 10, tag: "TickObserved"))
    #expect(status.match == .absent)
    #expect(status.next?.eventId == 20)
    #expect(try await directory.status(of: Position(eventId: 1)).match == .before)
    #expect(try await directory.status(of: Position(eventId: 21)).match == .ahead)
  }

  @Test("an archive that comes back closes the gap")
  func restored() async throws {
    folder.write("state", Line.ticks(0...9))
    rotate(9)
    folder.move("state-9", to: "elsewhere")
    let directory = folder.directory
    let reader = directory.reader(from: .after(Position(eventId: 5, tag: "TickObserved")))
    await #expect(throws: SourceError.self) { try await reader.all() }
    folder.move("elsewhere", to: "state-9")
    #expect(try await reader.all().map(\.eventId) == [6, 7, 8, 9, 9])
    #expect(directory.surveyNow().missing.isEmpty)
  }

  @Test("ids that do not rise are reported as they are, and one beyond the bound is a torn line")
  func strangeIds() async throws {
    folder.write(
      "state",
      [Line.tick(5)]
        + [Position.idMax, Position.idMax + 1, .max].map {
          "{\"eventId\":\($0),\"stateChanged\":{\"tag\":\"X\"}}"
        } + [Line.tick(0)])
    let directory = folder.directory
    let survey = directory.surveyNow()
    #expect(survey.first?.eventId == 5)
    #expect(survey.head?.eventId == 0)
    #expect(survey.lag(behind: nil) == nil)
    let events = try await directory.reader(from: .first).all()
    for event in events { _ = try await directory.status(of: event.position) }
    #expect(events.map(\.eventId) == [5, Position.idMax, 0])
    #expect(directory.surveyNow().tornLines == 2)
    let highest = Position(eventId: Position.idMax, tag: "Y")
    #expect(try await directory.status(of: highest).match != .found)
  }
}
