import Compression
import EventArchive
import EventPersistence
import EventPersistenceTesting
import Foundation
import Testing

@testable import FileSink

@Suite("The file sink's packed segments")
struct FileSinkSealingTests {
  let events = FileSinkTests.log(60)

  private func make(_ retain: FileSink.Retention? = nil) throws -> ArchiveFolder {
    try ArchiveFolder {
      FileSink.Options(
        path: $0, interval: .seconds(20), eventsMax: 5, compression: .zstd, retain: retain)
    }
  }

  @Test("each segment but the last is packed, and holds the same as a plain one")
  func packed() async throws {
    let folder = try make()
    try await folder.store(events)
    let plain = try ArchiveFolder()
    try await plain.store(events)
    #expect(folder.segments.dropLast().allSatisfy { $0.hasSuffix(".jsonl.zst") })
    #expect(folder.segments.last?.hasSuffix(".jsonl") == true)
    #expect(folder.segments.map(SegmentName.init) == plain.segments.map(SegmentName.init))
    #expect(try folder.contents() == events)
    let sink = folder.sink()
    #expect(try await sink.open() == .through(events.last!.position))
    await sink.close()
  }

  @Test("of a segment that comes whole, there is no plain file at any time")
  func wholeAtOnce() async throws {
    let folder = try make()
    let sink = folder.sink()
    _ = try await sink.open()
    let pieces = try sink.batching.batches(of: events, from: 0, by: events.count)
    for piece in pieces.dropLast() {
      #expect(piece.run?.isComplete == true)
      try await sink.put(piece)
      #expect(folder.segments.allSatisfy { $0.hasSuffix(".jsonl.zst") })
    }
    await sink.close()
    // Written in pieces, the segments are the same.
    let other = try make()
    try await other.store(Array(events.prefix { $0.position.eventId < pieces.last!.first.eventId }))
    let again = other.sink()
    _ = try await again.open()
    try await again.put(pieces.last!)
    await again.close()
    #expect(try folder.contents() == events.dropLast(pieces.last!.entries.count))
    for name in folder.segments {
      #expect(
        FileManager.default.contents(atPath: folder.file(name))
          == FileManager.default.contents(atPath: other.file(name)))
    }
  }

  @Test("a rewind to the start leaves the same files, and writes none", arguments: [1, 7, 1000])
  func rewind(size: Int) async throws {
    let folder = try make()
    try await folder.store(events)
    let before = (try folder.snapshot(), folder.identities())
    try await folder.store(events, by: size)
    #expect(try folder.snapshot() == before.0)
    #expect(folder.identities() == before.1)
  }

  @Test("a crash while a segment is packed loses nothing, and leaves one copy")
  func crash() async throws {
    let folder = try make()
    try await folder.store(events)
    let expected = try folder.snapshot()
    let name = folder.segments[3]
    let plain = name.replacingOccurrences(of: ".zst", with: "")
    let bytes = try #require(FileManager.default.contents(atPath: folder.file(name)))
    let unpacked = Data(try Compression.zstd.unpack([UInt8](bytes), limit: 1 << 20))
    for step in 0..<3 {
      let rebuild = "\(folder.path)/rebuild"
      try unpacked.write(to: URL(fileURLWithPath: folder.file(plain)))
      if step < 2 {
        try FileManager.default.removeItem(atPath: folder.file(name))
        // Before it was written, and with half of it.
        if step == 1 {
          try bytes.prefix(20).write(to: URL(fileURLWithPath: "\(rebuild)/\(name)"))
        }
      }
      let sink = folder.sink()
      #expect(try await sink.open() == .through(events.last!.position))
      await sink.close()
      #expect(try folder.snapshot() == expected, "at step \(step)")
    }
  }

  @Test("a packed segment that is lost or damaged is filled again, and the damaged one kept aside")
  func damage() async throws {
    for (index, size) in [(0, 4), (3, 1), (5, 1000), (6, 3)] {
      for isLost in [true, false] {
        let folder = try make()
        try await folder.store(events)
        let expected = try folder.snapshot()
        let path = folder.file(folder.segments[index])
        if isLost {
          try FileManager.default.removeItem(atPath: path)
        } else {
          var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
          bytes[bytes.count / 2] ^= 0x10
          try bytes.write(to: URL(fileURLWithPath: path))
        }
        try await folder.store(events, by: size)
        #expect(try folder.snapshot() == expected)
        #expect(folder.superseded.count == (isLost ? 0 : 1))
      }
    }
  }

  @Test("events after a position are set aside; a whole segment stays packed")
  func supersede() async throws {
    for cut in [nil, 0, 4, 17, 38, events.count - 1] {
      let folder = try make()
      try await folder.store(events)
      let sink = folder.sink()
      _ = try await sink.open()
      try await sink.supersede(after: cut.map { events[$0].position })
      let kept = cut.map { Array(events[...$0]) } ?? []
      #expect(try folder.contents() == kept)
      try await folder.put(events, from: kept.count, into: sink)
      #expect(try folder.contents() == events)
      await sink.close()
    }
  }

  @Test("another compression or batching on a folder in use is refused, and both are named")
  func options() async throws {
    let folder = try make()
    try await folder.store(events)
    let other = FileSink(
      FileSink.Options(path: folder.path, interval: .seconds(20), eventsMax: 5))
    let error = await FileSinkTests.failure { _ = try await other.open() }
    #expect(error?.code == "options")
    #expect(error?.message.contains("compression zstd") == true)
    #expect(error?.message.contains("compression none") == true)
  }

  @Test("the oldest segments are removed, whole, while the files are too large; the last stays")
  func retainedBytes() async throws {
    let folder = try make(FileSink.Retention(bytes: 900))
    let first = folder.sink()
    _ = try await first.open()
    try await folder.put(events, into: first)
    // The journal later shows when and why events were removed.
    let notes = await first.takeNotes()
    let retired = try #require(try Retired.read(folder.path))
    let counts = notes.map { note in
      #expect(note.hasPrefix("retain: removed "))
      return Int(note.split(separator: " ")[2]) ?? 0
    }
    #expect(counts.reduce(0, +) == retired.segments)
    #expect(
      notes.last?.contains("through the event \(retired.through) (more than 900 bytes in all)")
        == true, "\(notes)")
    #expect(await first.takeNotes() == [])
    await first.close()
    let held = try folder.contents()
    #expect(held.count < events.count && held == Array(events.suffix(held.count)))
    let sink = folder.sink()
    #expect(try await sink.open() == .through(events.last!.position))
    let facts = await sink.facts()
    #expect(facts["retired"]?.contains("segments") == true)
    #expect(facts["retained since"] == "\(held[0].eventId)")
    await sink.close()
    let manifest = try await FileArchive(path: folder.path).manifest()
    #expect(manifest.retiredThrough == events[events.count - held.count - 1].eventId)
    // A rewind does not bring them back.
    let before = try folder.snapshot()
    try await folder.store(events, by: 3)
    #expect(try folder.snapshot() == before)
    let tiny = try make(FileSink.Retention(bytes: 1))
    try await tiny.store(events)
    #expect(tiny.segments.count == 1)
  }

  @Test("the compression ratio is that of all packed segments, also for the next driver")
  func ratio() async throws {
    let folder = try make()
    let sink = folder.sink()
    _ = try await sink.open()
    try await folder.put(events, into: sink)
    let told = await sink.facts()["packed"]
    #expect(told?.hasPrefix("\(folder.segments.count - 1) segments, ") == true, "\(told ?? "")")
    await sink.close()
    let next = folder.sink()
    _ = try await next.open()
    #expect(await next.facts()["packed"] == told)
    await next.close()
  }

  @Test("segments are removed once their last event is older than the age")
  func retainedAge() async throws {
    let folder = try make(FileSink.Retention(age: .seconds(3600)))
    let last = try #require(events.last?.time)
    let options = FileSink.Options(
      path: folder.path, interval: .seconds(20), eventsMax: 5, compression: .zstd,
      retain: FileSink.Retention(age: .seconds(3600)))
    let sink = FileSink(options) { last.advanced(bySeconds: 3600 - 30) }
    _ = try await sink.open()
    try await folder.put(events, into: sink)
    await sink.close()
    let held = try folder.contents()
    #expect(held.first?.time.map { last.seconds(since: $0) <= 45 } == true)
    #expect(held == Array(events.suffix(held.count)))
  }

  @Test("a crash between the note and the removal is completed at the next start")
  func retiredCrash() async throws {
    let folder = try make()
    try await folder.store(events)
    let names = folder.segments.map { SegmentName($0)! }
    try Retired(segment: names[1].text, through: events[9].position, segments: 2, bytes: 10)
      .write(folder.path)
    let sink = folder.sink()
    _ = try await sink.open()
    await sink.close()
    #expect(folder.segments.compactMap(SegmentName.init) == Array(names[2...]))
  }

  @Test("a changed selection is noted: the archive has only a part of the events")
  func selections() async throws {
    let folder = try make()
    try await folder.store(Array(events[..<20]))
    #expect(try await FileArchive(path: folder.path).manifest().part == nil)
    let options = FileSink.Options(
      path: folder.path, interval: .seconds(20), eventsMax: 5, compression: .zstd,
      selection: .transactions)
    let sink = FileSink(options)
    _ = try await sink.open()
    await sink.close()
    let part = try await FileArchive(path: folder.path).manifest().part
    #expect(part == "events; tags TransactionAppliedToLocalUTxO")
  }
}
