import EventPersistence
import EventPersistenceTesting
import Foundation
import Testing

@testable import HydraLog

/// The clock of a node is set back: the times of its log fall.
@Suite("a clock that was set back")
struct ClockTests {
  let folder = LogFolder()

  /// The times of 80 events, as seconds: they fall at 30, and at 50.
  private static let seconds = (0..<80 as Range<UInt64>).map { id -> UInt64 in
    id < 30 ? id + 5 : id < 50 ? id - 15 : id - 40
  }

  private func line(_ id: Int) -> String {
    Line.tick(UInt64(id)).replacing(
      "\(Line.time(UInt64(id)))", with: "\(Line.time(Self.seconds[id]))")
  }

  /// The log with these events before each rotation.
  private func write(archives: [Int]) {
    var first = 0
    for last in archives + [79] {
      let lines = (first...last).map { line($0) + String(repeating: " ", count: 2000) }
      folder.write(last == 79 ? "state" : "state-\(last)", lines)
      first = last + 1
    }
  }

  private func check(_ directory: PersistenceDirectory) async throws {
    for second in 0...60 as ClosedRange<UInt64> {
      let expected = Self.seconds.firstIndex { $0 >= second }.map(UInt64.init)
      #expect(
        try await directory.locate(.time(Line.time(second)))?.eventId == expected,
        "second \(second)")
    }
  }

  private static let steps = [
    ClockStep(eventId: 30, from: Line.time(34), to: Line.time(15)),
    ClockStep(eventId: 50, from: Line.time(34), to: Line.time(10)),
  ]

  @Test(
    "the first event of a time is found, and each step",
    arguments: [[], [10], [29], [39], [29, 49], [5, 40, 60]])
  func steps(archives: [Int]) async throws {
    write(archives: archives)
    try await check(folder.directory)
    #expect(try await folder.directory.clockSteps() == Self.steps)
  }

  @Test("where some events have no time, the search begins too early rather than too late")
  func mixed() async throws {
    folder.write(
      "state",
      (0..<400).map {
        Samples.event($0, #"{"tag":"TickObserved"}"#, isTimed: $0 == 100 || $0 == 300)
      })
    for (time, first) in [(50, 100), (100, 100), (200, 300)] as [(UInt64, UInt64)] {
      let found = try #require(await folder.directory.locate(.time(Line.time(time))))
      #expect(found.eventId <= first, "\(time)")
    }
  }

  @Test("a database has the same times")
  func database() async throws {
    let node = try NodeDatabase(in: folder.path)
    try node.insert(0...79, line)
    try await check(folder.directory)
    #expect(try await folder.directory.clockSteps() == Self.steps)
  }

  @Test("what a driver has read is known to the next process")
  func record() async throws {
    write(archives: [29])
    let directory = folder.directory
    _ = try await directory.reader(from: .first).all(BatchLimits(events: 7))
    let text = JSONFile.data(of: try directory.record())
    let next = folder.directory
    next.adopt(try JSONDecoder().decode(PrimaryRecord.self, from: text))
    let known = try next.record().files.compactMap(\.times)
    #expect(known.map(\.course.steps) == [[], [Self.steps[1]]])
    let bytes = try next.chain.links().map(\.item.bytes)
    #expect(known.map(\.cursor.place) == bytes)
    try await check(next)
  }

  @Test("of a file that was edited in place, nothing that was read before counts")
  func edited() async throws {
    for id in [40, 79] {
      write(archives: [29])
      let directory = folder.directory
      _ = try await directory.reader(from: .first).all()
      let steps = try await directory.clockSteps()
      #expect(steps == Self.steps)
      let record = try directory.record()
      let text = JSONFile.data(of: record)
      // The event comes 60 seconds later: the file stays the same, with as many bytes.
      let old = try String(contentsOfFile: "\(folder.path)/state", encoding: .utf8)
      let time = "\(Line.time(Self.seconds[id]))"
      let edited =
        old.split(separator: "\n").map { line in
          line.contains("\"eventId\":\(id),")
            ? line.replacing(time, with: "\(Line.time(Self.seconds[id] + 60))") : line
        }.joined(separator: "\n") + "\n"
      #expect(edited.utf8.count == old.utf8.count && edited != old)
      let handle = try FileHandle(forUpdating: URL(filePath: "\(folder.path)/state"))
      try handle.write(contentsOf: Data(edited.utf8))
      try handle.close()
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSinceNow: 10)],
        ofItemAtPath: "\(folder.path)/state")
      let next = folder.directory
      next.adopt(try JSONDecoder().decode(PrimaryRecord.self, from: text))
      for directory in [directory, next] {
        let found = try await directory.locate(.time(Line.time(Self.seconds[id] + 60)))
        #expect(found?.eventId == UInt64(id))
        #expect(try await directory.clockSteps() != steps || id == 79)
      }
    }
  }

  @Test("events that the node lost and wrote anew count with their new times")
  func lostTail() async throws {
    let lines = (0..<80).map(line)
    folder.write("state", (0...40).map { Line.tick(UInt64($0)) })
    let directory = folder.directory
    #expect(try await directory.locate(.time(Line.time(90))) == nil)
    folder.write("state", lines)
    try await check(directory)
  }

  @Test("more steps than are kept make a search begin too early, never too late")
  func manySteps() throws {
    var course = TimeCourse()
    let positions = (0..<2200 as Range<UInt64>).map { id -> Position in
      let second: UInt64 = id % 2 == 0 || id < 2 ? id : id - 2
      return Position(eventId: id, time: Line.time(second))
    }
    for position in positions { course.add(position) }
    #expect(course.steps.count <= 1000)
    for index in stride(from: 0, to: 2190, by: 97) {
      let time = positions[index].time!
      let found = positions.firstIndex { !course.isBefore($0, time) }
      let first = try #require(positions.firstIndex { $0.time! >= time })
      #expect(found.map { $0 <= first } == true)
    }
  }
}
