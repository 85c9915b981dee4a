import EventPersistence
import Foundation
import Testing

@testable import HydraLog

@Suite("a hydra.db with damaged pages", .enabled(if: NodeDatabase.isAvailable))
struct DatabaseDamageTests {
  private let folder = LogFolder()

  /// A database of 1000 events at rest.
  private func write() throws {
    let node = try NodeDatabase(in: folder.path)
    try node.insert(0...999)
    node.stop()
  }

  private func size() throws -> Int {
    Int(try FileStamp(at: "\(folder.path)/hydra.db").byteCount)
  }

  private func readAll(_ reader: any EventReader) async -> (ids: [UInt64], error: SourceError?) {
    var ids: [UInt64] = []
    do throws(SourceError) {
      while let batch = try await reader.next(BatchLimits(), through: nil) {
        ids += batch.entries.map(\.position.eventId)
      }
      return (ids, nil)
    } catch {
      return (ids, error)
    }
  }

  @Test("the rows before its end, where it was cut off, are read")
  func cutOff() async throws {
    try write()
    folder.resize("hydra.db", to: try size() / 2)
    let directory = folder.directory
    let survey = directory.surveyNow()
    #expect(survey.state == .unreadable && survey.first?.eventId == 0 && survey.head == nil)
    #expect(survey.sentence?.contains("is damaged") == true)
    #expect(try await directory.status(of: nil).next?.eventId == 0)
    let (ids, error) = await readAll(directory.reader(from: .first))
    #expect(error?.kind == .damaged(next: nil))
    let last = try #require(ids.last)
    #expect(ids == Array(0...last) && (300..<600).contains(last))
    // The file is replaced by a whole one: the same reader continues.
    folder.remove("hydra.db")
    try write()
    let rest = await readAll(directory.reader(from: .after(Position(eventId: last))))
    #expect(rest.ids == Array((last + 1)...999) && rest.error == nil)
    #expect(directory.surveyNow().head?.eventId == 999)
  }

  @Test("a cut within a page, where SQLite reads zeros as rows, is damage like any other")
  func cutWithinPage() async throws {
    try write()
    let whole = try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/hydra.db"))
    for size in stride(from: whole.count / 2, to: whole.count / 2 + 8 * 4096, by: 512) {
      try whole.prefix(size).write(to: URL(fileURLWithPath: "\(folder.path)/hydra.db"))
      let (ids, error) = await readAll(folder.directory.reader(from: .first))
      #expect(ids == Array(0..<UInt64(ids.count)), "\(size) bytes")
      guard case .damaged(let next) = error?.kind else {
        Issue.record("\(size) bytes: \(String(describing: error))")
        continue
      }
      #expect(next.map { $0.eventId > ids.count } ?? true)
    }
  }

  @Test("the rows after a damaged first page of rows are read", arguments: [0, 1_000_800])
  func beginning(_ base: UInt64) async throws {
    let node = try NodeDatabase(in: folder.path)
    try node.insert(Int(base)...Int(base) + 999)
    node.stop()
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: "\(folder.path)/hydra.db"))
    // The schema and the root come before it.
    try file.seek(toOffset: 2 * 4096)
    try file.write(contentsOf: Data(count: 4096))
    try file.close()
    let directory = folder.directory
    let survey = directory.surveyNow()
    #expect(survey.state == .live && survey.head?.eventId == base + 999, "\(survey)")
    let next = try #require(survey.first)
    #expect((base + 1...base + 100).contains(next.eventId), "\(survey)")
    let (ids, error) = await readAll(directory.reader(from: .first))
    #expect(ids.isEmpty && error?.kind == .damaged(next: next))
    for position in [nil, Position(eventId: base)] {
      let status = await #expect(throws: SourceError.self) {
        try await directory.status(of: position)
      }
      #expect(status?.kind == .damaged(next: next))
    }
    #expect(try await directory.predecessor(of: next) == nil)
    let after = await readAll(directory.reader(from: .id(next.eventId)))
    #expect(after.ids == Array(next.eventId...base + 999) && after.error == nil)
    #expect(try await directory.status(of: next).match == .found)
    // The times begin anew each 3600 ids.
    let found = try #require(await directory.locate(.time(Line.time(500))))
    #expect((base + 500...base + 501).contains(found.eventId))
  }

  @Test("of two damaged pages, the rows between them are read")
  func between() async throws {
    try write()
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: "\(folder.path)/hydra.db"))
    // The second one is where a bisection of what follows the first would look first.
    for third in [1, 2] {
      try file.seek(toOffset: UInt64(try size() * third / 3 / 4096 * 4096))
      try file.write(contentsOf: Data(count: 4096))
    }
    try file.close()
    let directory = folder.directory
    let first = await readAll(directory.reader(from: .first))
    guard case .damaged(let afterFirst?) = first.error?.kind else {
      Issue.record("\(String(describing: first.error))")
      return
    }
    let second = await readAll(directory.reader(from: .id(afterFirst.eventId)))
    guard case .damaged(let afterSecond?) = second.error?.kind else {
      Issue.record("\(String(describing: second.error))")
      return
    }
    let third = await readAll(directory.reader(from: .id(afterSecond.eventId)))
    #expect(third.error == nil)
    // A page of 4 KiB has fewer than a hundred rows.
    #expect((first.ids + second.ids + third.ids).count > 800)
    for id in [first.ids[50], second.ids[50], third.ids[50]] {
      let found = try #require(await directory.locate(.time(Line.time(id))))
      #expect(found.eventId <= id + 1)
    }
  }

  @Test("if no row can be read, each question is answered with the damage, and none with nothing")
  func root() async throws {
    try write()
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: "\(folder.path)/hydra.db"))
    try file.seek(toOffset: 4096)
    try file.write(contentsOf: Data(count: 4096))
    try file.close()
    let directory = folder.directory
    #expect(directory.surveyNow().state == .unreadable)
    let status = await #expect(throws: SourceError.self) { try await directory.status(of: nil) }
    #expect(status?.kind == .damaged(next: nil))
    for start: Start in [.first, .last(5), .head, .id(3)] {
      let error = await #expect(throws: SourceError.self) { try await directory.locate(start) }
      #expect(error?.kind == .damaged(next: nil), "\(start)")
    }
  }

  @Test("the rows before and after a page in its middle are read")
  func middle() async throws {
    try write()
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: "\(folder.path)/hydra.db"))
    try file.seek(toOffset: UInt64(try size() / 2 / 4096 * 4096))
    try file.write(contentsOf: Data(count: 4096))
    try file.close()
    let directory = folder.directory
    #expect(directory.surveyNow().head?.eventId == 999)
    let (ids, error) = await readAll(directory.reader(from: .first))
    let last = try #require(ids.last)
    guard case .damaged(let next?) = error?.kind else {
      Issue.record("no damage with an event after it: \(String(describing: error))")
      return
    }
    #expect(ids == Array(0...last) && next.eventId > last + 1)
    let status = await #expect(throws: SourceError.self) {
      try await directory.status(of: Position(eventId: last))
    }
    #expect(status?.kind == .damaged(next: next))
    let after = await readAll(directory.reader(from: .id(next.eventId)))
    #expect(after.ids == Array(next.eventId...999) && after.error == nil)
    #expect(try await directory.locate(.id(next.eventId)) == next)
  }

  @Test(
    "what can be read of a damaged archive is read, wherever the damage is",
    arguments: [[1], [2], [-1], [5, 9], [2, -1], [2, 9, -1]], [false, true])
  func archive(_ pages: [Int], _ isCutOff: Bool) async throws {
    try FileManager.default.createDirectory(
      atPath: "\(folder.path)/old-state", withIntermediateDirectories: true)
    let archive = try NodeDatabase(in: folder.path, name: "old-state/hydra-999.db")
    try archive.insert(0...999)
    try archive.run("PRAGMA journal_mode = DELETE;")
    archive.stop()
    let live = try NodeDatabase(in: folder.path)
    try live.insert(999...999) {
      NodeDatabase.event($0, tag: "Checkpoint", time: "2026-07-15T10:20:00Z")
    }
    try live.insert(1000...1100)
    live.stop()
    let path = "\(folder.path)/old-state/hydra-999.db"
    let size = Int(try FileStamp(at: path).byteCount)
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    for page in pages {
      try file.seek(toOffset: UInt64(page < 0 ? size - 4096 : page * 4096))
      try file.write(contentsOf: Data(count: 4096))
    }
    try file.close()
    if isCutOff { truncate(path, size * 3 / 4 / 4096 * 4096) }
    // An archive that was written a moment ago may be growing still.
    let hourAgo = [timespec(tv_sec: time(nil) - 3600, tv_nsec: 0)]
    utimensat(AT_FDCWD, path, hourAgo + hourAgo, 0)

    let directory = folder.directory
    var ids: [UInt64] = []
    var lost = 0
    var reader = directory.reader(from: .first)
    while true {
      let (more, error) = await readAll(reader)
      ids += more
      guard let error else { break }
      guard case .damaged(let next?) = error.kind else {
        Issue.record("\(error)")
        return
      }
      #expect(error.message.contains("hydra-999.db"), "\(error)")
      lost += 1
      reader = directory.reader(from: .id(next.eventId))
    }
    // The archive's last event and the Checkpoint share an id.
    #expect(ids == ids.sorted() && Set(ids).count >= ids.count - 1)
    #expect(ids.suffix(102) == Array(999...1100))
    #expect(lost >= 1)
    // Page 1 is the root: without it nothing of the archive can be read.
    if pages == [1] {
      #expect(ids.count == 102 && lost == 1)
    } else {
      #expect(ids.count > (isCutOff ? 500 : 700), "\(ids.count)")
    }
    #expect(directory.surveyNow().head?.eventId == 1100)
    for id in [ids[0], ids[ids.count / 2]] {
      #expect(try await directory.locate(.id(id))?.eventId == id)
    }
  }
}
