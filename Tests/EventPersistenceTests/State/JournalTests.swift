import EventPersistenceTesting
import Foundation
import Testing

@testable import EventPersistence

@Suite struct JournalTests {
  let state = TemporaryState()
  let start = time("2026-07-15T10:00:00Z")

  @Test("repeats in a row are one entry with the first and last time and a count")
  func folded() throws {
    for second in 0..<5 {
      try state.folder.note(
        JournalEntry(.error, "exit 1", at: start.advanced(bySeconds: Double(second))))
    }
    try state.folder.note(JournalEntry(.state, "stalled", at: start.advanced(bySeconds: 9)))
    let journal = try state.folder.readJournal(last: 10)
    #expect(journal.map(\.text) == ["exit 1", "stalled"])
    #expect(journal[0].count == 5)
    #expect(journal[0].at == start)
    #expect(journal[0].lastAt == start.advanced(bySeconds: 4))
    #expect(try state.folder.readJournal(last: 1).map(\.text) == ["stalled"])
  }

  @Test("many repeats do not hide earlier entries")
  func repeatsBefore() throws {
    try state.folder.note(JournalEntry(.driver, "started", at: start))
    for second in 0..<300 {
      try state.folder.note(
        JournalEntry(.error, "exit 1", at: start.advanced(bySeconds: Double(second))))
    }
    let journal = try state.folder.readJournal(last: 2)
    #expect(journal.map(\.text) == ["started", "exit 1"])
    #expect(journal[1].count == 300)
  }

  @Test("the journal is bounded, and keeps its newest part")
  func bounded() throws {
    let long = String(repeating: "x", count: 1000)
    for index in 0..<600 {
      try state.folder.note(JournalEntry(.error, "\(index) \(long)", at: start))
    }
    let size = try state.text(of: "journal.jsonl").utf8.count
    #expect(size <= 257 << 10 && size > 64 << 10)
    #expect(try state.folder.readJournal(last: 1)[0].text.hasPrefix("599 "))
    #expect(try state.names() == ["journal.jsonl"])
  }

  @Test("a line that a crash tore reads as absent, and the next one begins on a new line")
  func torn() throws {
    try state.folder.note(JournalEntry(.error, "one", at: start))
    let whole = try state.text(of: "journal.jsonl")
    try state.plant(whole + #"{"kind":"err"#, in: "journal.jsonl")
    try state.folder.note(JournalEntry(.error, "two", at: start))
    #expect(try state.folder.readJournal(last: 9).map(\.text) == ["one", "two"])
  }

  @Test("several writers at once lose nothing")
  func concurrent() async throws {
    let folder = state.folder
    let start = start
    try await withThrowingTaskGroup(of: Void.self) { group in
      for writer in 0..<4 {
        group.addTask {
          for index in 0..<50 {
            try folder.note(JournalEntry(.order, "\(writer)-\(index)", at: start))
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(Set(try folder.readJournal(last: 500).map(\.text)).count == 200)
  }

  @Test("replays that ended are read back, newest last")
  func replays() throws {
    for index in 0..<20 {
      var replay = ReplayRecord(
        id: "r\(index)", kind: .rewind, from: Position(eventId: 1), through: nil,
        requestedBy: "a@b", reason: String(repeating: "y", count: 9000), at: start, maxRate: nil,
        previousCheckpoint: nil)
      replay.state = .done
      try state.folder.appendReplays(replay)
    }
    #expect(try state.folder.readReplays(last: 12).map(\.id) == (8..<20).map { "r\($0)" })
    #expect(try state.folder.readReplays(last: 100).count == 20)
  }
}
