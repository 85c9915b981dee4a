import EventPersistence
import EventPersistenceTesting
import Testing

@testable import EventArchive

@Suite("What becomes of an archive when events come again")
struct BatchRewritingTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var name: String
    var held: String
    var batch: String
    var followsOn = false
    var endsId = false
    var isDerived = false
    var lines: String
    var isSetAside = false

    var testDescription: String { name }
  }

  static let rows: [Row] = [
    Row(name: "nothing is held", held: "", batch: "5a 6a", lines: "5a 6a"),
    Row(name: "all of it is held", held: "5a 6a", batch: "5a 6a", lines: "5a 6a"),
    Row(name: "an event is missing", held: "5a 7a", batch: "5a 6a 7a", lines: "5a 6a 7a"),
    Row(
      name: "an event of a shared id is missing", held: "5a 5c 6a", batch: "5a 5b 5c 6a",
      lines: "5a 5b 5c 6a"),
    Row(name: "the log lost an event", held: "5a 6a 7a", batch: "5a 7a", lines: "5a 6a 7a"),
    Row(
      name: "a lost event whose line is damaged", held: "5a 6a! 7a", batch: "5a 7a",
      lines: "5a 7a", isSetAside: true),
    Row(
      name: "the log's bytes count", held: "5a' 6a", batch: "5a 6a", lines: "5a 6a",
      isSetAside: true),
    Row(
      name: "bytes made from another form do not count", held: "5a 6a", batch: "5a' 6a'",
      isDerived: true, lines: "5a 6a"),
    Row(
      name: "but they do if the line is damaged", held: "5a! 6a", batch: "5a' 6a'", isDerived: true,
      lines: "5a' 6a", isSetAside: true),
    Row(
      name: "a line that is not an event", held: "5a * 6a", batch: "5a 6a", lines: "5a 6a",
      isSetAside: true),
    Row(
      name: "a line that is not an event, next to the events", held: "4a * 5a 6a *", batch: "5a 6a",
      lines: "4a 5a 6a", isSetAside: true),
    Row(
      name: "a line that is not an event, elsewhere", held: "3a * 4a 5a 6a 7a *", batch: "5a 6a",
      lines: "3a * 4a 5a 6a 7a *"),
    Row(name: "a line is held twice", held: "5a 5a 6a", batch: "5a 6a", lines: "5a 6a"),
    Row(name: "lines in another order", held: "5b 5a 6a", batch: "5a 5b 6a", lines: "5a 5b 6a"),
    Row(
      name: "the first id has an event that the log may have lost", held: "5x 5a 6a",
      batch: "5a 6a", lines: "5x 5a 6a"),
    Row(
      name: "the first id has an event that the log never had", held: "5x 5a 6a",
      batch: "5a 6a", followsOn: true, lines: "5a 6a", isSetAside: true),
    Row(
      name: "the last id has an event that may still come", held: "5a 6a 6x", batch: "5a 6a",
      lines: "5a 6a 6x"),
    Row(
      name: "the last id has an event that can no longer come", held: "5a 6a 6x",
      batch: "5a 6a", endsId: true, lines: "5a 6a", isSetAside: true),
    Row(
      name: "an id in the middle has an event that the log does not", held: "5a 6x 6a 7a",
      batch: "5a 6a 7a", lines: "5a 6a 7a", isSetAside: true),
    Row(
      name: "nothing is known about events that are not selected", held: "5a 6x 6a 6y 7a",
      batch: "5a 6a (6y) 7a", lines: "5a 6x 6a 6y 7a"),
    Row(
      name: "what is held around the events stays", held: "3a 4a 5a 9a", batch: "5a 6a",
      lines: "3a 4a 5a 6a 9a"),
  ]

  @Test("of one object", arguments: rows)
  func own(row: Row) {
    let held = SampleLine.lines(row.held)
    let batch = SampleLine.batch(
      row.batch, followsOn: row.followsOn, endsId: row.endsId, isDerived: row.isDerived)
    let rewriting = BatchRewriting(
      IncomingEvents(batch),
      over: [BatchRewriting.Held(begins: .with, lines: held, isWhole: true)], endsWithLast: false)
    #expect(SampleLine.short(rewriting.lines) == row.lines)
    #expect(rewriting.isChange == (row.held != row.lines))
    #expect(rewriting.rests[0].isSetAside == row.isSetAside)
    let new = Set(row.lines.split(separator: " ")).subtracting(row.held.split(separator: " "))
    #expect(rewriting.taken.count == new.count)
  }

  @Test("lines of a batch in several objects are gathered, and the others stay")
  func several() {
    let batch = SampleLine.batch("5a 6a 7a 8a", followsOn: true, endsId: true)
    let held: [BatchRewriting.Held] = [
      .init(begins: .before, lines: SampleLine.lines("3a 4a 5a"), isWhole: true),
      .init(begins: .within, lines: SampleLine.lines("7a 8a 9a"), isWhole: true),
    ]
    let cut = BatchRewriting(IncomingEvents(batch), over: held, endsWithLast: true)
    #expect(SampleLine.short(cut.lines) == "5a 6a 7a 8a")
    #expect(SampleLine.short(cut.rests[0].before) == "3a 4a")
    #expect(SampleLine.short(cut.rests[1].after) == "9a")
    #expect(!cut.rests.contains { $0.isSetAside || $0.isUntouched })
    let open = BatchRewriting(IncomingEvents(batch), over: held, endsWithLast: false)
    #expect(SampleLine.short(open.lines) == "5a 6a 7a 8a 9a")
    #expect(open.rests[1].after.isEmpty)
  }

  @Test("an object that only ends with another event of the first id stays unchanged")
  func untouched() {
    let lines = SampleLine.lines("4a 5x")
    let batch = SampleLine.batch("5a 6a")
    let rewriting = BatchRewriting(
      IncomingEvents(batch),
      over: [BatchRewriting.Held(begins: .before, lines: lines, isWhole: true)],
      endsWithLast: true)
    #expect(SampleLine.short(rewriting.lines) == "5a 6a")
    #expect(rewriting.rests[0].isUntouched && !rewriting.rests[0].isSetAside)
    #expect(!BatchRewriting.reaches(lines, into: IncomingEvents(batch)))
    #expect(BatchRewriting.reaches(SampleLine.lines("4a 5a"), into: IncomingEvents(batch)))
  }

  @Test("an object that cannot be read whole is set aside", arguments: ["", "5a 6a"])
  func unreadable(held: String) {
    let rewriting = BatchRewriting(
      IncomingEvents(SampleLine.batch("5a 6a")),
      over: [
        BatchRewriting.Held(begins: .with, lines: SampleLine.lines(held), isWhole: false)
      ], endsWithLast: true)
    #expect(SampleLine.short(rewriting.lines) == "5a 6a")
    #expect(rewriting.rests[0].isSetAside)
  }
}
