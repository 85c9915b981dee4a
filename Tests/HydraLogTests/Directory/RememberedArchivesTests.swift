import EventPersistence
import Foundation
import Testing

@testable import HydraLog

/// What an earlier process found out about archives.
@Suite("remembered archives")
struct RememberedArchivesTests {
  private let folder = LogFolder()

  init() {
    folder.write("state-9", Line.ticks(0...9))
    folder.write("state-19", [Line.checkpoint(9)] + Line.ticks(10...19))
    folder.write("state", [Line.checkpoint(19)] + Line.ticks(20...25))
    // Nobody has written to them for a while.
    for name in ["state-9", "state-19", "state"] { touch(name, seconds: 60) }
  }

  private func touch(_ name: String, seconds: Int) {
    let written = timespec(tv_sec: Int(Date.now.timeIntervalSince1970) - seconds, tv_nsec: 0)
    var times = [written, written]
    #expect(utimensat(AT_FDCWD, "\(folder.path)/\(name)", &times, 0) == 0)
  }

  /// The record of a process that has read the log, with a mark in the ends of the second archive.
  private func markedRecord() async throws -> PrimaryRecord {
    let directory = folder.directory
    _ = try await directory.reader(from: .first).all()
    _ = directory.surveyNow()
    var record = try JSONDecoder().decode(
      PrimaryRecord.self, from: JSONFile.data(of: try directory.record()))
    let index = try #require(record.files.firstIndex { $0.path == "state-19" })
    #expect(record.files[index].ends?.last.eventId == 19)
    record.files[index].ends?.last.tag = "Marked"
    return record
  }

  private func link(_ name: String, knowing record: PrimaryRecord) throws -> LogLink? {
    let directory = folder.directory
    directory.adopt(record, trustingEnds: true)
    return try directory.chain.links().first { $0.item.path == name }
  }

  @Test("an archive that has not changed is not opened again")
  func unchanged() async throws {
    let record = try await markedRecord()
    let link = try link("state-19", knowing: record)
    #expect(link?.ends.last?.tag == "Marked")
    #expect(link?.ends.first?.tag == "Checkpoint")
    let opened = try folder.directory.chain.links()[1]
    #expect(link?.ends.first == opened.ends.first && link?.ends.second == opened.ends.second)
    #expect(link?.ends.opening == opened.ends.opening && link?.format == opened.format)
  }

  @Test("one that was touched, renamed or edited is", arguments: ["touch", "rename", "edit"])
  func changed(how: String) async throws {
    let record = try await markedRecord()
    var name = "state-19"
    switch how {
    case "touch": touch(name, seconds: 30)
    case "rename":
      name = "state-18"
      folder.move("state-19", to: name)
    default: folder.append(name, Line.tick(19) + "\n")
    }
    #expect(try link(name, knowing: record)?.ends.last?.tag == "TickObserved")
  }

  @Test("what a reader found in it is known, too, and so is the next record of it")
  func notes() async throws {
    let record = try await markedRecord()
    let directory = folder.directory
    directory.adopt(record, trustingEnds: true)
    #expect(directory.surveyNow().tornLines == 0)
    #expect(try directory.record().files.map(\.path) == record.files.map(\.path))
    #expect(try directory.record().files.map(\.ends) == record.files.map(\.ends))
  }

  @Test("a log for looks trusts no record any more once it is to deliver out of")
  func completed() async throws {
    let record = try await markedRecord()
    let directory = folder.directory
    directory.adopt(record, trustingEnds: true)
    #expect(try directory.chain.links()[1].ends.last?.tag == "Marked")
    directory.adopt(record)
    #expect(try directory.chain.links()[1].ends.last?.tag == "TickObserved")
    #expect(try directory.record().files.map(\.times) == record.files.map(\.times))
  }

  @Test("a look reads the same record as a decoder does, but for the times")
  func forLooks() async throws {
    folder.write("state-19", [Line.checkpoint(9), #"{"eventId":1"#] + Line.ticks(10...19))
    touch("state-19", seconds: 60)
    var record = try await markedRecord()
    record.persistenceDir = #"/a "b"\c/é"#
    let text = JSONFile.data(of: record)
    var decoded = try JSONDecoder().decode(PrimaryRecord.self, from: text)
    #expect(
      decoded.files.contains { $0.times != nil } && decoded.files.contains { $0.tornLines > 0 })
    #expect(decoded.head?.record?.through.eventId == 25)
    for index in decoded.files.indices { decoded.files[index].times = nil }
    #expect(PrimaryRecord(forLooksIn: text) == decoded)
  }

  @Test("what is no record, a look leaves to the decoder, which says why")
  func noRecord() async throws {
    let text = JSONFile.data(of: try await markedRecord())
    for length in stride(from: 0, to: text.count - 1, by: 7) {
      #expect(PrimaryRecord(forLooksIn: text.prefix(length)) == nil)
    }
    for json in ["", "{}", #"{"files":[],"version":"1"}"#, #"{"files":[{}],"version":1}"#, "[]"] {
      #expect(PrimaryRecord(forLooksIn: Data(json.utf8)) == nil)
    }
  }

  @Test("a log to deliver out of does not trust a record")
  func delivering() async throws {
    let record = try await markedRecord()
    let directory = folder.directory
    directory.adopt(record)
    #expect(try directory.chain.links()[1].ends.last?.tag == "TickObserved")
    #expect(directory.surveyNow().tornLines == 0)
  }

  @Test("the ends of the live file, and of an archive that is damaged, are not kept")
  func notKept() async throws {
    folder.write("state-19", [Line.checkpoint(9)] + Line.ticks(10...17))
    touch("state-19", seconds: 60)
    let directory = folder.directory
    _ = try? await directory.reader(from: .first).all()
    let record = try directory.record()
    #expect(record.files.first { $0.path == "state" }?.ends == nil)
    #expect(record.files.first { $0.path == "state-19" }?.ends == nil)
  }
}
