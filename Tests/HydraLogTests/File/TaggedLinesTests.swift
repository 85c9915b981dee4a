import EventPersistence
import Testing

@testable import HydraLog

@Suite("lines of a log that are read for some tags alone")
struct TaggedLinesTests {
  private let folder = LogFolder()

  /// An event with `text`, a member of JSON, before its tag.
  private static func line(_ id: Int, _ tag: String, _ text: String = "\"slot\":1") -> String {
    "{\"eventId\":\(id),\"stateChanged\":{\(text),\"tag\":\"\(tag)\"},"
      + "\"time\":\"2026-07-15T10:00:00Z\"}"
  }

  /// What a log can have: of each tag that is asked for, every way to find it and to miss it.
  private static let lines: [String] = {
    var lines: [String] = []
    for round in 0..<40 {
      let id = round * 12
      lines += (0..<6).map { line(id + $0, "TickObserved", "\"slot\":\($0 * round)") }
      lines += [
        line(id + 6, "HeadOpened"),
        // The word, but not as the tag.
        line(id + 7, "TickObserved", "\"of\":\"HeadOpened\""),
        // The tag, spelt otherwise.
        line(id + 8, "\\u0048eadOpened"),
        line(id + 9, "TickObserved", "\"path\":\"C:\\\\HeadOpened\""),
        // A crash left the beginning of a line, and the node went on behind it.
        "{\"eventId\":\(id + 10),\"stateCh" + line(id + 10, "HeadOpened"),
        // Not an event, though it has the word.
        "{\"eventId\":\(id + 11),\"stateChanged\":{\"tag\":\"HeadOpened\"",
        line(id + 11, "lower case"),
      ]
    }
    return lines
  }()

  private func events(
    _ tags: Set<String>?, _ limits: BatchLimits
  ) async throws -> [(position: Position, json: [UInt8])] {
    var limits = limits
    limits.tags = tags
    let reader = folder.directory.reader(from: .first)
    var found: [(Position, [UInt8])] = []
    while let batch = try await reader.next(limits, through: nil) {
      for entry in batch.entries { found.append((entry.position, batch.event(entry).json)) }
    }
    return found
  }

  @Test(
    "the events with a tag are the same, wherever reads end",
    arguments: [
      ["HeadOpened"], ["TickObserved"], ["lower case"], ["NeverWritten"],
      ["HeadOpened", "lower case"],
    ] as [Set<String>])
  func same(tags: Set<String>) async throws {
    folder.write("state", Self.lines)
    let all = try await events(nil, BatchLimits()).filter { tags.contains($0.position.tag ?? "") }
    #expect(all.isEmpty == (tags == ["NeverWritten"]))
    for limits in [
      BatchLimits(), BatchLimits(events: 1), BatchLimits(events: 7, bytes: 900),
      BatchLimits(events: 10_000, bytes: 300),
    ] {
      let found = try await events(tags, limits).filter { tags.contains($0.position.tag ?? "") }
      #expect(found.map(\.position) == all.map(\.position))
      #expect(found.map(\.json) == all.map(\.json))
    }
  }

  @Test("most lines without the tag are left out, but not the first and the last event")
  func leftOut() async throws {
    folder.write(
      "state", (0..<20_000).map { Self.line($0, $0 == 15_000 ? "HeadOpened" : "TickObserved") })
    let found = try await events(["HeadOpened"], BatchLimits(events: 500))
    // All of the first read, and then about one event of each.
    #expect((500..<700).contains(found.count))
    #expect(found.first?.position.eventId == 0)
    #expect(found.contains { $0.position.tag == "HeadOpened" })
    #expect(found.last?.position.eventId == 19_999)
  }

  @Test("lines without ids are counted nevertheless")
  func bare() async throws {
    let bare = (0..<3_000).map {
      "{\"slot\":1,\"tag\":\"\($0 % 1000 == 999 ? "HeadOpened" : "TickObserved")\"}"
    }
    folder.write("state", bare)
    let found = try await events(["HeadOpened"], BatchLimits(events: 500))
    #expect(
      found.filter { $0.position.tag == "HeadOpened" }.map(\.position.eventId) == [999, 1999, 2999])
  }
}
