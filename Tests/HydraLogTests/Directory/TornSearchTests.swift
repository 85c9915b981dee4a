import EventPersistence
import Testing

@testable import HydraLog

@Suite("the search for torn lines")
struct TornSearchTests {
  let folder = LogFolder()

  /// The result of a whole search.
  func search(
    _ directory: PersistenceDirectory, from start: Start = .first, through last: UInt64? = nil
  ) async throws -> (torn: [TornLine], last: TornSearch.Step?) {
    let search = directory.tornSearch(from: start, through: last)
    var torn: [TornLine] = []
    var end: TornSearch.Step?
    while let step = try await search.next() {
      torn += step.torn
      #expect(step.bytesDone <= step.bytesTotal)
      end = step
    }
    return (torn, end)
  }

  func size(_ lines: [String]) -> UInt64 { lines.reduce(0) { $0 + UInt64($1.utf8.count) + 1 } }

  @Test("reads unread stretches, over archives, and says how far")
  func unread() async throws {
    let archive = [Line.tick(0), "{\"eventId\":1,", Line.tick(1)]
    let live = [Line.checkpoint(1), Line.tick(2), "x", Line.tick(3)]
    folder.write("state-1", archive)
    folder.write("state", live)
    let directory = folder.directory
    let (torn, last) = try await search(directory)
    #expect(
      torn == [
        TornLine(file: "state-1", offset: size([archive[0]]), length: 13),
        TornLine(file: "state", offset: size(Array(live[..<2])), length: 1),
      ])
    #expect(last?.through?.eventId == 3)
    #expect(last?.file == "state" && last?.offset == size(live))
    #expect(last?.bytesDone == size(archive) + size(live))
    // The same process now knows the number.
    #expect(directory.surveyNow().tornLines == 2)
  }

  @Test("does not read again what an earlier process read")
  func known() async throws {
    let lines = [Line.tick(0), "torn", Line.tick(1)]
    folder.write("state", lines)
    let first = folder.directory
    _ = try await first.reader(from: .first).all()
    let record = try first.record()
    folder.append("state", "more\n" + Line.tick(2) + "\n")
    let second = folder.directory
    var changed = record
    // Shows which of them come from the record.
    changed.files[0].torn[0].length = 99
    second.adopt(changed)
    let (torn, last) = try await search(second)
    #expect(torn.map(\.length) == [99, 4])
    #expect(torn.map(\.offset) == [size([lines[0]]), size(lines)])
    #expect(last?.through?.eventId == 2)
    let again = try await search(second)
    #expect(again.torn == torn)
    #expect(again.last?.through?.eventId == 2)
  }

  @Test("searches only the requested ids: a torn line belongs to the event after it")
  func bounded() async throws {
    folder.write(
      "state", [Line.tick(0), "a", Line.tick(1), "bb", Line.tick(2), "ccc", Line.tick(3)])
    for isKnown in [false, true] {
      let directory = folder.directory
      if isKnown { _ = try await directory.reader(from: .first).all() }
      func lengths(_ start: Start, _ last: UInt64?) async throws -> [UInt64] {
        try await search(directory, from: start, through: last).torn.map(\.length)
      }
      #expect(try await lengths(.id(2), nil) == [2, 3], "known: \(isKnown)")
      #expect(try await lengths(.after(Position(eventId: 2)), nil) == [3])
      #expect(try await lengths(.first, 0).isEmpty)
      #expect(try await lengths(.id(1), 2) == [1, 2])
      #expect(try await lengths(.id(9), nil).isEmpty)
    }
  }

  @Test("finds a torn line at an archive's end; the line being written is not one")
  func ends() async throws {
    folder.write("state-1", Line.tick(0) + "\n" + Line.tick(1) + "\n{\"eve")
    folder.write("state", Line.checkpoint(1) + "\n{\"eventId\":2,")
    let (torn, last) = try await search(folder.directory)
    #expect(torn == [TornLine(file: "state-1", offset: size(Line.ticks(0...1)), length: 5)])
    #expect(last?.through?.eventId == 1 && last?.through?.tag == "Checkpoint")
  }

  @Test("finds nothing in a log without any, bare or not")
  func none() async throws {
    folder.write("state", ["{\"tag\":\"A\"}", "{\"tag\":\"B\"}"])
    let (torn, last) = try await search(folder.directory)
    #expect(torn.isEmpty)
    #expect(last?.through?.eventId == 1)
  }
}
