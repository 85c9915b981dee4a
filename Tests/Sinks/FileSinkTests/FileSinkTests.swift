import Compression
import EventPersistence
import EventPersistenceTesting
import Foundation
import Testing

@testable import FileSink

@Suite("The file sink")
struct FileSinkTests {
  static func failure(_ body: () async throws -> Void) async -> SinkError? {
    do {
      try await body()
      return nil
    } catch {
      return error as? SinkError
    }
  }

  /// A log of one event a second, each fifth id twice.
  static func log(_ count: UInt64) -> [StateEvent] {
    (0..<count).flatMap { id in
      let event = StateEvent.make(id, second: Int64(id), text: "event \(id)")
      return id % 5 == 4
        ? [event, .make(id, tag: "Checkpoint", second: Int64(id), text: "of \(id)")] : [event]
    }
  }

  @Test("keeps the laws of a sink")
  func laws() async throws {
    try await SinkLaws { try ArchiveFolder() }.check()
    try await SinkLaws { try ArchiveFolder { FileSink.Options(path: $0) } }.check()
    try await SinkLaws { try ArchiveFolder { FileSink.Options(path: $0, bytesMax: 300) } }.check()
    try await SinkLaws {
      try ArchiveFolder {
        FileSink.Options(path: $0, interval: .seconds(20), eventsMax: 5, compression: .zstd)
      }
    }.check()
  }

  @Test(
    "keeps the laws of a sink with a driver, packed or not", arguments: [Compression.none, .zstd])
  func driveLaws(compression: Compression) async throws {
    try await DriveLaws {
      try ArchiveFolder {
        FileSink.Options(
          path: $0, interval: .seconds(20), eventsMax: 5, compression: compression)
      }
    }.check()
  }

  @Test("segments end with their interval, or before they grow too large")
  func segments() async throws {
    let folder = try ArchiveFolder {
      FileSink.Options(path: $0, interval: .seconds(60), eventsMax: 3)
    }
    try await folder.store([
      .make(0, second: 0), .make(1, second: 59), .make(2, second: 60), .make(3, second: 61),
      .make(4, second: 62), .make(5, second: 63), .make(7, second: 200),
    ])
    #expect(
      folder.segments == [
        "00000000000000000000.0.jsonl", "00000000000000000002.0.jsonl",
        "00000000000000000005.0.jsonl", "00000000000000000007.0.jsonl",
      ])
  }

  @Test("if events have no time, the id decides")
  func untimed() async throws {
    let folder = try ArchiveFolder { FileSink.Options(path: $0, eventsMax: 10) }
    try await folder.store((3..<25).map { .make($0, second: nil) })
    #expect(
      folder.segments == [
        "00000000000000000003.0.jsonl", "00000000000000000010.0.jsonl",
        "00000000000000000020.0.jsonl",
      ])
  }

  @Test(
    "a segment that begins with an id's second event has its own name, after the first")
  func sharedIds() async throws {
    let folder = try ArchiveFolder { FileSink.Options(path: $0, eventsMax: 1) }
    let events: [StateEvent] = [
      .make(7), .make(7, tag: "Checkpoint"), .make(8), .make(8, tag: "HeadOpened"),
    ]
    try await folder.store(events, by: 1)
    #expect(
      folder.segments == [
        "00000000000000000007.0.jsonl", "00000000000000000007.1.jsonl",
        "00000000000000000008.0.jsonl", "00000000000000000008.1.jsonl",
      ])
    #expect(try folder.contents() == events)
    let before = try folder.snapshot()
    try await folder.store(events, from: 1, by: 2)
    #expect(try folder.snapshot() == before)
  }

  @Test("the same events make the same files, however they are split")
  func pieces() async throws {
    let events = Self.log(60)
    let whole = try ArchiveFolder()
    try await whole.store(events, by: 1000)
    let expected = try whole.snapshot()
    for size in [1, 2, 7, 11] {
      let folder = try ArchiveFolder()
      for start in stride(from: 0, to: events.count, by: size * 3) {
        try await folder.store(
          Array(events[..<min(start + size * 3, events.count)]), from: start, by: size)
      }
      #expect(try folder.snapshot() == expected, "in pieces of \(size)")
    }
  }

  @Test("a replay from the start writes nothing if everything is held", arguments: [1, 7, 1000])
  func rewind(size: Int) async throws {
    let events = Self.log(60)
    let folder = try ArchiveFolder()
    try await folder.store(events)
    let before = try folder.snapshot()
    let identities = folder.identities()
    try await folder.store(events, by: size)
    #expect(try folder.snapshot() == before)
    #expect(folder.identities() == identities)
    #expect(folder.superseded.isEmpty)
  }

  @Test("a replay from any event leaves the same files, and continues after them")
  func redelivery() async throws {
    let events = Self.log(40)
    let whole = try ArchiveFolder()
    try await whole.store(events)
    let expected = try whole.snapshot()
    for start in events.indices {
      let folder = try ArchiveFolder()
      try await folder.store(Array(events[..<25]))
      try await folder.store(events, from: min(start, 25), by: 4)
      #expect(try folder.snapshot() == expected, "from \(start)")
    }
  }

  @Test(
    "a rewind to the start completes an archive begun in the middle, even of an older log",
    arguments: [false, true], [Compression.none, .zstd])
  func begunInTheMiddle(hasLost: Bool, compression: Compression) async throws {
    let events = Self.log(24)
    let make = {
      try ArchiveFolder {
        FileSink.Options(path: $0, interval: .seconds(20), eventsMax: 5, compression: compression)
      }
    }
    let whole = try make()
    try await whole.store(events)
    let snapshot = try whole.snapshot()
    for start in events.indices.dropFirst() {
      for size in [3, 1000] {
        let folder = try make()
        if hasLost {
          try await folder.store(Array(events[start...]))
        } else {
          try await folder.store(events, from: start)
        }
        try await folder.store(events, by: size)
        #expect(
          try folder.contents().map(\.eventId) == events.map(\.eventId),
          "begun at \(start), \(size) at once")
        #expect(folder.segments == whole.segments, "begun at \(start), \(size) at once")
        #expect(try folder.snapshot() == snapshot, "begun at \(start), \(size) at once")
        #expect(folder.superseded.isEmpty)
      }
    }
  }

  @Test("reports what it holds when it is opened, and its facts")
  func holdings() async throws {
    let folder = try ArchiveFolder()
    let events = Self.log(30)
    try await folder.store(events)
    let sink = folder.sink()
    #expect(try await sink.open() == .through(events.last!.position))
    let facts = await sink.facts()
    #expect(facts["last id"] == "29")
    #expect(facts["segments"] == "\(folder.segments.count)")
    let bytes = events.reduce(0) { $0 + $1.json.count + 1 }
    #expect(facts["bytes"] == "\(bytes)")
    #expect(
      try await sink.batchStart(of: events.last!.position)?.eventId
        == SegmentName(folder.segments.last!)?.firstId)
  }

  @Test("events that were read and not selected are not requested again")
  func selection() async throws {
    let folder = try ArchiveFolder()
    let events = Self.log(30)
    let sink = folder.sink()
    _ = try await sink.open()
    for batch in try sink.batching.batches(of: events, by: 30) {
      try await sink.put(batch.selecting { $0.position.eventId == 3 })
    }
    await sink.close()
    let again = folder.sink()
    #expect(try await again.open() == .through(events.last!.position))
    #expect(try folder.contents() == [events[3]])
    await again.close()
    // The archive now ends with another event: the note does not count.
    try FileManager.default.removeItem(atPath: folder.file(folder.segments[0]))
    #expect(try await again.open() == .through(nil))
  }

  @Test("events after a position are set aside, and none is lost")
  func supersede() async throws {
    let events = Self.log(40)
    for cut in [nil, 0, 4, 5, 17, 38, events.count - 1] {
      let folder = try ArchiveFolder()
      try await folder.store(events)
      let sink = folder.sink()
      _ = try await sink.open()
      try await sink.supersede(after: cut.map { events[$0].position })
      let kept = cut.map { Array(events[...$0]) } ?? []
      #expect(try folder.contents() == kept)
      let aside = try folder.superseded.reduce(0) {
        try $0
          + Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/superseded/\($1)"))
          .count { $0 == 0x0A }
      }
      #expect(aside == events.count - kept.count)
      // The node reused the ids, with other contents.
      let anew = (0..<10).map {
        StateEvent.make(
          (kept.last?.eventId ?? 0) + $0 + 1, tag: "HeadClosed", second: 50, text: "anew")
      }
      try await folder.put(kept + anew, from: kept.count, into: sink)
      #expect(try folder.contents() == kept + anew)
      await sink.close()
    }
  }
}
