import EventArchive
import EventPersistence
import EventPersistenceTesting
import FileSink
import Foundation
import Testing

@Suite("A file archive as a source")
struct FileArchiveTests {
  @Test("keeps the laws of a source, whatever the log looks like")
  func laws() async throws {
    let folders = Folders()
    try await SourceLaws { events in
      let folder = try ArchiveFolder()
      await folders.keep(folder)
      try await folder.store(events)
      return ArchiveSource(FileArchive(path: folder.path))
    }.check()
  }

  /// Removed after the test, not before.
  private actor Folders {
    private var all: [ArchiveFolder] = []
    func keep(_ folder: ArchiveFolder) { all.append(folder) }
  }

  @Test("omits lines that are there twice or go back")
  func doubles() async throws {
    let folder = try ArchiveFolder()
    let events = SampleEvents.make(12)
    try await folder.store(events)
    let second = folder.segments[1]
    try FileManager.default.copyItem(
      atPath: folder.file(second),
      toPath: folder.file(second.replacingOccurrences(of: ".0.", with: ".1.")))
    let first = folder.file(folder.segments[0])
    let lines = try Data(contentsOf: URL(fileURLWithPath: first))
    try (lines + lines).write(to: URL(fileURLWithPath: first))
    #expect(try await read(folder).map(\.json) == events.map(\.json))
  }

  @Test("verifies as whole, byte for byte, however strange the JSON that the log yields")
  func hostile() async throws {
    let folder = try ArchiveFolder()
    let log = SampleEvents.hostile()
    try await folder.store(log)
    let report = try await Verification(
      .init(isStrict: true, checkpoint: log.last?.position),
      of: ArchiveHoldings(FileArchive(path: folder.path)), against: MemorySource(log)
    ).run()
    #expect(report.verdict == .whole && report.same == UInt64(log.count), "\(report)")
  }

  @Test("names a damaged segment, and the place of the damage")
  func damage() async throws {
    let folder = try ArchiveFolder()
    try await folder.store(SampleEvents.make(12))
    let name = folder.segments[1]
    var lines = try Data(contentsOf: URL(fileURLWithPath: folder.file(name)))
    lines[0] = 0x58
    try lines.write(to: URL(fileURLWithPath: folder.file(name)))
    let error = await #expect(throws: SourceError.self) { try await read(folder) }
    #expect(error?.message.contains(name) ?? false && error?.message.contains("line 1") ?? false)
  }

  @Test("returns the whole lines of a segment that still grows")
  func tornTail() async throws {
    let folder = try ArchiveFolder()
    let events = SampleEvents.make(7)
    try await folder.store(events)
    let last = folder.file(folder.segments.last!)
    let lines = try Data(contentsOf: URL(fileURLWithPath: last))
    try (lines + Data("{\"eventId\":7,\"state".utf8)).write(to: URL(fileURLWithPath: last))
    #expect(try await read(folder).count == 7)
  }

  @Test("tells an archive that cannot be looked at from one that is wrong or missing")
  func unreadable() async throws {
    let folder = try ArchiveFolder()
    try await folder.store(SampleEvents.make(3))
    let archive = FileArchive(path: folder.path)
    // A link to itself: nothing below it can be opened, not even by root.
    func kind(ofLoopAt path: String) async throws -> SourceError.Kind? {
      try? FileManager.default.removeItem(atPath: path)
      try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: path)
      defer { try? FileManager.default.removeItem(atPath: path) }
      do throws(SourceError) {
        _ = (try await archive.manifest(), try await archive.objects())
        return nil
      } catch {
        return error.kind
      }
    }
    #expect(try await kind(ofLoopAt: "\(folder.path)/retired.json") == .unreadable)
    #expect(try await kind(ofLoopAt: "\(folder.path)/events") == .unreadable)
    #expect(try await kind(ofLoopAt: folder.path) == .unreadable)
    let error = await #expect(throws: SourceError.self) { try await archive.manifest() }
    #expect(error?.kind == .missing)
  }

  @Test("refuses the archive of a later version by its number")
  func laterVersion() async throws {
    let folder = try ArchiveFolder()
    try await folder.store(SampleEvents.make(3))
    try Data("{\"schema\":7}".utf8).write(
      to: URL(fileURLWithPath: folder.path + "/hydra-sinks.json"))
    let error = await #expect(throws: SourceError.self) { try await read(folder) }
    #expect(error?.kind == .unsupported && error?.message.contains("schema 7") ?? false)
  }

  private func read(_ folder: ArchiveFolder) async throws -> [StateEvent] {
    let reader = ArchiveSource(FileArchive(path: folder.path)).reader(from: .first)
    var events: [StateEvent] = []
    while let batch = try await reader.next(BatchLimits(events: 5), through: nil) {
      events += batch.entries.map(batch.event)
    }
    return events
  }
}
