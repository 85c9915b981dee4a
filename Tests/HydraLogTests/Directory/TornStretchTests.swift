import EventPersistence
import Foundation
import Testing

@testable import HydraLog

@Suite("torn stretches")
struct TornStretchTests {
  private let folder = LogFolder()

  /// Reads on past errors, as a comparison does; each error gives a stretch, too.
  private func read(
    from start: Start = .first, _ limits: BatchLimits = BatchLimits()
  ) async throws -> (ids: [UInt64], stretches: [TornStretch]) {
    let directory = folder.directory
    var reader = directory.reader(from: start)
    var ids: [UInt64] = []
    var stretches: [TornStretch] = []
    while true {
      do throws(SourceError) {
        let batch = try await reader.next(limits, through: nil)
        stretches += await reader.tornStretches()
        guard let batch else { return (ids, stretches) }
        ids += batch.entries.map(\.position.eventId)
      } catch {
        guard case .damaged(let next) = error.kind else { throw error }
        stretches.append(
          TornStretch(after: ids.last, before: next?.eventId, place: error.message))
        guard let next else { return (ids, stretches) }
        reader = directory.reader(from: .id(next.eventId))
      }
    }
  }

  private func ends(_ stretches: [TornStretch]) -> [[UInt64?]] {
    stretches.map { [$0.after, $0.before] }
  }

  /// The lines of these events, of which those with `damaged` ids are overwritten with zeros.
  private func lines(_ ids: ClosedRange<UInt64>, damaged: ClosedRange<UInt64>...) -> [String] {
    ids.map { id in
      let line = Line.tick(id)
      guard damaged.contains(where: { $0.contains(id) }) else { return line }
      return String(repeating: "\0", count: line.utf8.count)
    }
  }

  @Test(
    "between events with missing ids, they are named with their place", arguments: [1, 7, 1000])
  func middle(_ events: Int) async throws {
    let all = lines(0...99, damaged: 40...49, 60...60, 61...61)
    folder.write("state", all)
    let (ids, stretches) = try await read(BatchLimits(events: events))
    #expect(ids == Array(0...39) + Array(50...59) + Array(62...99))
    #expect(ends(stretches) == [[39, 50], [59, 62]])
    let before = all[..<40].reduce(0) { $0 + $1.utf8.count + 1 }
    let end = all[..<50].reduce(0) { $0 + $1.utf8.count + 1 } - 2
    #expect(stretches.first?.place == "state has no event in its bytes \(before) to \(end)")
    // A reader that begins within one or after one.
    for start: UInt64 in [39, 40, 45, 50] {
      let after = try await read(from: .id(start), BatchLimits(events: events))
      #expect(after.ids.first == (start == 39 ? 39 : 50))
      #expect(ends(after.stretches).last == [59, 62])
    }
  }

  @Test("of one line without line feeds, and of the rest of a crash on an event's line")
  func withinLine() async throws {
    let zeros = String(repeating: "\0", count: 4096)
    folder.write(
      "state", lines(0...9) + [zeros + Line.tick(20), Line.tick(21).prefix(40) + Line.tick(21)])
    let (ids, stretches) = try await read()
    #expect(ids == Array(0...9) + [20, 21])
    // What a crash left of an event that was written again is no loss.
    #expect(ends(stretches) == [[9, 20]])
  }

  @Test("at the beginning of the log, unless its first event follows")
  func beginning() async throws {
    folder.write("state", lines(0...20, damaged: 0...4))
    #expect(ends(try await read().stretches) == [[nil, 5]])
    folder.write("state", ["{\"eventI" + Line.tick(0)] + lines(1...9))
    #expect(try await read().stretches.isEmpty)
  }

  @Test("at the end of the log, also without a line feed, until events follow")
  func end() async throws {
    for end in ["\n", ""] {
      folder.write("state", lines(0...20, damaged: 18...20), end: end)
      let (ids, stretches) = try await read()
      #expect(ids == Array(0...17) && ends(stretches) == [[17, nil]])
    }
    folder.write("state", lines(0...9))
    folder.append("state", String(Line.tick(10).prefix(20)))
    let reader = folder.directory.reader(from: .first)
    #expect(try await reader.all().count == 10)
    #expect(ends(await reader.tornStretches()) == [[9, nil]])
    folder.append("state", String(Line.tick(10).dropFirst(20)) + "\n")
    #expect(try await reader.all().map(\.eventId) == [10])
    #expect(await reader.tornStretches() == [])
  }

  @Test("in an archive's beginning, middle and end, and where the Checkpoint after it was")
  func archives() async throws {
    folder.write("state-99", lines(0...99, damaged: 0...1, 50...51, 95...99))
    folder.write("state-199", [Line.checkpoint(99)] + lines(100...199))
    folder.write("state", ["\0\0\0"] + lines(200...210))
    let (ids, stretches) = try await read()
    #expect(ids == Array(2...49) + Array(52...94) + Array(99...210))
    #expect(ends(stretches) == [[nil, 2], [49, 52], [94, 99], [199, 200]])
    #expect(stretches[2].place.contains("state-99 ends with the event 94"), "\(stretches[2])")
    let directory = folder.directory
    #expect(directory.surveyNow().missing.isEmpty, "the archive is not missing")
    let status = await #expect(throws: SourceError.self) {
      try await directory.status(of: Position(eventId: 94))
    }
    #expect(status?.kind == .damaged(next: try await directory.locate(.id(99))))
  }

  @Test("an archive that was cut off after a whole line is damaged, not another log")
  func cutOff() async throws {
    folder.write("state-99", lines(0...94))
    folder.write("state", [Line.checkpoint(99)] + lines(100...110))
    let (ids, stretches) = try await read()
    #expect(ids == Array(0...94) + Array(99...110))
    #expect(ends(stretches) == [[94, 99]])
  }

  @Test("rows that are not events are named by their ids")
  func rows() async throws {
    let node = try NodeDatabase(in: folder.path)
    try node.insert(0...99) { (40...49).contains($0) || $0 == 99 ? "{}" : NodeDatabase.event($0) }
    node.stop()
    let (ids, stretches) = try await read(BatchLimits(events: 7))
    #expect(ids == Array(0...39) + Array(50...98))
    #expect(ends(stretches) == [[39, 50], [98, nil]])
    #expect(stretches.first?.place == "hydra.db has no event in the rows 40 to 49")
    #expect(stretches.last?.place == "hydra.db has no event in the row 99")
  }

  @Test("very many are joined")
  func bound() async throws {
    let ids = stride(from: UInt64(0), to: 5000, by: 2)
    folder.write("state", ids.flatMap { [Line.tick($0), "\0"] })
    let reader = folder.directory.reader(from: .first)
    _ = try await reader.all()
    let stretches = await reader.tornStretches()
    #expect(stretches.count == TornTrail.stretchesMax + 1)
    #expect(stretches[TornTrail.stretchesMax - 1].before == 4998)
  }
}
