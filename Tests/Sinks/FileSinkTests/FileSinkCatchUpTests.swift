import Compression
import EventArchive
import EventPersistence
import EventPersistenceTesting
import Foundation
import Testing

@testable import FileSink

/// Batches that are large enough to be packed as they come.
@Suite("The file sink's packed segments that grow")
struct FileSinkCatchUpTests {
  /// Three segments, of 30 events each but the last one.
  private let events = (0..<80).map { id in
    StateEvent.make(id, second: Int64(id), text: Self.text(100_000, seed: id))
  }

  /// Text that can hardly be packed.
  private static func text(_ count: Int, seed: UInt64) -> String {
    var random = SeededRandom(seed)
    return String((0..<count / 16).map { _ in String(format16(random.next())) }.joined())
  }

  private static func format16(_ word: UInt64) -> String {
    let digits = String(word, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  private func make() throws -> ArchiveFolder {
    try ArchiveFolder {
      FileSink.Options(path: $0, interval: .seconds(3600), eventsMax: 30, compression: .zstd)
    }
  }

  /// Events read at once, for a batch that is packed at once.
  private let large = 10

  private func isPlain(_ name: String) -> Bool { name.hasSuffix(".jsonl") }

  @Test("are never written plain, and readers see each batch")
  func packedAtOnce() async throws {
    let folder = try make()
    let sink = folder.sink()
    _ = try await sink.open()
    var stored = 0
    for batch in try sink.batching.batches(of: events, from: 0, by: large) {
      try await sink.put(batch)
      stored += batch.entries.count
      #expect(!folder.segments.contains(where: isPlain))
      #expect(try folder.contents() == Array(events[..<stored]))
      let archive = FileArchive(path: folder.path)
      for object in try await archive.objects() {
        guard case .lines = try await archive.read(object) else {
          Issue.record("\(object.key) cannot be read")
          continue
        }
      }
    }
    #expect(folder.segments.count == 3)
    await sink.close()
    #expect(try await folder.sink().open() == .through(events.last!.position))
    // Another process appends to the last one.
    let more = (80..<90).map { id in
      StateEvent.make(id, second: Int64(id), text: Self.text(100_000, seed: id))
    }
    try await folder.store(events + more, from: events.count, by: large)
    #expect(!folder.segments.contains(where: isPlain))
    #expect(try folder.contents() == events + more)
  }

  @Test("become plain for events that come one by one, and packed once they are complete")
  func slow() async throws {
    let folder = try make()
    let sink = folder.sink()
    _ = try await sink.open()
    try await folder.put(Array(events[..<20]), by: large, into: sink)
    try await folder.put(Array(events[..<22]), from: 20, by: 1, into: sink)
    #expect(folder.segments.count == 1 && folder.segments.allSatisfy(isPlain))
    #expect(try folder.contents() == Array(events[..<22]))
    try await folder.put(Array(events[..<35]), from: 22, by: 1, into: sink)
    #expect(folder.segments.count == 2 && !isPlain(folder.segments[0]))
    #expect(isPlain(folder.segments[1]))
    try await folder.put(events, from: 35, by: large, into: sink)
    #expect(try folder.contents() == events)
    await sink.close()
  }

  @Test("lose nothing to a crash in a frame: its events come again, and nothing is set aside")
  func torn() async throws {
    let whole = try make()
    try await whole.store(Array(events[..<20]), by: large)
    let name = try #require(whole.segments.first)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: whole.file(name)))
    for length in [0, 3, 20, bytes.count / 3, bytes.count / 2 + 1000, bytes.count - 1] {
      let folder = try make()
      try await folder.store(Array(events[..<20]), by: large)
      try bytes.prefix(length).write(to: URL(fileURLWithPath: folder.file(name)))
      let sink = folder.sink()
      let held = length > bytes.count / 2 ? 10 : 0
      #expect(
        try await sink.open() == .through(held == 0 ? nil : events[held - 1].position),
        "\(length) bytes")
      try await folder.put(events, from: held, by: large, into: sink)
      await sink.close()
      #expect(try folder.contents() == events)
      #expect(folder.superseded.isEmpty)
      #expect(!folder.segments.contains(where: isPlain))
    }
  }

  @Test(
    "are compared when their events come again, and left as they are", arguments: [1, 7, 10, 80])
  func rewind(size: Int) async throws {
    let folder = try make()
    try await folder.store(events, by: large)
    let before = folder.identities()
    try await folder.store(events, by: size)
    #expect(folder.identities() == before)
  }

  @Test("tell their compression ratio to the next driver, too")
  func ratio() async throws {
    let folder = try make()
    let sink = folder.sink()
    _ = try await sink.open()
    try await folder.put(events, by: large, into: sink)
    let told = try #require(await sink.facts()["packed"])
    let raw = events.reduce(0) { $0 + $1.json.count + 1 }
    let packed = try folder.segments.reduce(0) {
      $0 + (try Data(contentsOf: URL(fileURLWithPath: folder.file($1))).count)
    }
    #expect(told == "3 segments, \((Double(raw) / Double(packed) * 10).rounded() / 10) : 1")
    await sink.close()
    let next = folder.sink()
    _ = try await next.open()
    let then = await next.facts()["packed"]
    #expect(then == told)
    await next.close()
  }

  @Test("batches that were begun are stored at the latest when they are settled")
  func begun() async throws {
    for compression in [Compression.none, .zstd] {
      let folder = try ArchiveFolder {
        FileSink.Options(
          path: $0, interval: .seconds(3600), eventsMax: 30, compression: compression)
      }
      let sink = folder.sink()
      _ = try await sink.open()
      var begun = 0
      for batch in try sink.batching.batches(of: events, from: 0, by: 3) {
        let pending = try await sink.begin(batch)
        #expect(pending == 0 || pending == begun + 1)
        begun = pending
      }
      try await sink.settle()
      #expect(try folder.contents() == events)
      await sink.close()
      #expect(try await folder.sink().open() == .through(events.last!.position))
    }
  }
}
