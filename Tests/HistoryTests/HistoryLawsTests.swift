import EventArchive
import EventPersistence
import EventPersistenceTesting
import Foundation
import HydraLog
import MotoServer
import Testing

@Suite("A node's log with a history from an archive", .timeLimit(.minutes(10)))
struct HistoryLawsTests {
  @Test(
    "keeps the laws of a source, whichever files of the log are gone",
    arguments: RotatedLog.Kind.allCases, StoredArchive.Kind.available)
  func laws(log kind: RotatedLog.Kind, archive: StoredArchive.Kind) async throws {
    let log = try await RotatedLog(kind)
    let archive = try StoredArchive(archive)
    try await archive.fill(from: log.source)
    #expect(log.archives.count >= 3)
    func check(_ what: String) async throws {
      let source = HistorySource(name: "archive", archive.storage, before: log.source)
      do { try await SourceLaws.check(source, holding: log.events) } catch {
        Issue.record("\(what): \(error)")
      }
    }
    try await check("nothing is gone")
    try log.remove(log.archives[1])
    try await check("a file in the middle is gone")
    try log.remove(log.archives[0])
    try await check("the first two are gone")
    for name in log.archives.dropFirst(2) { try log.remove(name) }
    try await check("all but the live one are gone")
  }

  @Test(
    "a reader goes on while the node deletes what it reads", arguments: RotatedLog.Kind.allCases)
  func deleting(kind: RotatedLog.Kind) async throws {
    let log = try await RotatedLog(kind)
    let archive = try StoredArchive(.file)
    try await archive.fill(from: log.source)
    let source = HistorySource(name: "archive", archive.storage, before: log.source)
    let reader = source.reader(from: .first)
    var read: [StateEvent] = []
    var rest = log.archives[...]
    while true {
      do throws(SourceError) {
        guard let batch = try await reader.next(BatchLimits(events: 4), through: nil) else { break }
        read += batch.entries.map(batch.event)
      } catch {
        // A driver tries again: the file went away while it was read.
        guard error.canPass else { throw error }
      }
      if let gone = rest.popFirst() { try log.remove(gone) }
    }
    #expect(read.map(\.position) == log.events.map(\.position))
    #expect(read.map(\.json) == log.events.map(\.json))
  }

  @Test("what an archive holds of a CBOR log as JSON stays what it is")
  func json() async throws {
    let log = try await RotatedLog(.database)
    let archive = try StoredArchive(.file)
    try await archive.fill(from: log.source)
    for name in log.archives { try log.remove(name) }
    let source = HistorySource(name: "archive", archive.storage, before: log.source)
    #expect(try await source.reader(from: .first).all().map(\.json) == log.events.map(\.json))
  }
}
