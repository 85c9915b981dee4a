import EventPersistence
import Foundation
import Testing

@testable import FileSink

@Suite("The file sink, with events whose JSON was made from another form")
struct DerivedEventsTests {
  /// The same events in a longer form, or a shorter one.
  private static func derived(_ events: [StateEvent], isLonger: Bool = true) -> [StateEvent] {
    events.map { event in
      let text = String(decoding: event.json, as: UTF8.self)
        .replacingOccurrences(
          of: isLonger ? "\"text\":" : "\"text\":\"event ",
          with: isLonger ? "\"cborHex\":\"d8799f\",\"text\":" : "\"text\":\"")
      return StateEvent(position: event.position, json: Array(text.utf8))
    }
  }

  let events = FileSinkTests.log(40)

  @Test("keeps what is held, to the byte, in segments of any kind", arguments: [1, 7, 100])
  func keeps(size: Int) async throws {
    let folder = try ArchiveFolder()
    try await folder.store(events)
    let before = (try folder.snapshot(), folder.identities())
    try await folder.store(Self.derived(events), by: size, isDerived: true)
    #expect(try folder.snapshot() == before.0)
    #expect(folder.identities() == before.1, "what stays was written again")
    #expect(folder.superseded.isEmpty)
  }

  @Test("continues with them after the held events")
  func goesOn() async throws {
    let folder = try ArchiveFolder()
    try await folder.store(Array(events[..<20]))
    let derived = Self.derived(events)
    try await folder.store(derived, isDerived: true)
    #expect(try folder.contents() == Array(events[..<20]) + Array(derived[20...]))
    // The log's own JSON comes back, from a copy: it outranks the derived one.
    try await folder.store(events)
    #expect(try folder.contents() == events)
  }

  @Test("fills a gap with them, and leaves the lines around it")
  func fills() async throws {
    let folder = try ArchiveFolder()
    try await folder.store(events)
    let lost = folder.segments[2]
    let held = try folder.contents()
    let gap = try String(contentsOfFile: folder.file(lost), encoding: .utf8)
      .split(separator: "\n").map { Array($0.utf8) }
    try FileManager.default.removeItem(atPath: folder.file(lost))
    let derived = Self.derived(events)
    try await folder.store(derived, isDerived: true)
    let expected = zip(held, derived).map { gap.contains($0.json) ? $1 : $0 }
    #expect(try folder.contents() == expected)
  }

  @Test("replaces a line that is no longer JSON")
  func heals() async throws {
    let folder = try ArchiveFolder()
    try await folder.store(events)
    let name = folder.segments[1]
    let text = try String(contentsOfFile: folder.file(name), encoding: .utf8)
    let line = try #require(text.split(separator: "\n").first)
    // Its position is still readable.
    let damaged = line.replacingOccurrences(of: ",\"text\":", with: ",\"text\":,")
    try Data(text.replacingOccurrences(of: line, with: damaged).utf8)
      .write(to: URL(fileURLWithPath: folder.file(name)))
    let derived = Self.derived(events)
    try await folder.store(derived, isDerived: true)
    let expected = zip(events, derived).map { $0.json == Array(line.utf8) ? $1 : $0 }
    #expect(try folder.contents() == expected)
  }

  @Test(
    "keeps what is held even if their segments end elsewhere, or the log begins later",
    arguments: [true, false], [0, 1, 5, 12])
  func otherSegments(isLonger: Bool, first: Int) async throws {
    let folder = try ArchiveFolder {
      FileSink.Options(path: $0, interval: .seconds(20), eventsMax: 50, bytesMax: 700)
    }
    try await folder.store(Array(events[..<30]))
    let derived = Self.derived(events, isLonger: isLonger)
    for _ in 0..<2 {
      try await folder.store(Array(derived[first...]), isDerived: true)
      #expect(try folder.contents() == Array(events[..<30]) + Array(derived[30...]))
    }
    try await folder.store(Array(events[first...]))
    #expect(try folder.contents() == events)
  }
}
