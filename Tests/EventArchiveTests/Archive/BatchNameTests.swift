import EventArchive
import EventPersistence
import Testing

@testable import EventArchive

@Suite struct BatchNameTests {
  @Test("a name survives being written and read", arguments: ["", ".zst", ".gz"], [0, 1, 12])
  func roundTrip(suffix: String, ordinal: Int) {
    let name = BatchName(firstId: 7, lastId: Position.idMax, ordinal: ordinal, suffix: suffix)
    #expect(BatchName(name.description) == name)
  }

  @Test("ids have 20 digits, and a twin's number follows the last id")
  func text() {
    let run = BatchRun(first: Position(eventId: 17), ordinal: 1, isComplete: true)
    let name = BatchName(run, last: Position(eventId: 230), suffix: ".zst")
    #expect(name.description == "00000000000000000017-00000000000000000230.1.jsonl.zst")
  }

  @Test(
    "a name of any other form is refused",
    arguments: [
      "", "1-2.jsonl", "00000000000000000017.jsonl",
      "00000000000000000017-00000000000000000016.jsonl",
      "00000000000000000017-00000000000000000230.0.jsonl", "hydra-sinks.json",
      "00000000000000000017-00000000000000000230.jsonl.xz",
      "00000000000000000017-00000000000000000230.-1.jsonl",
      "00000000000000000017-00000000000000000230.jsonl.zst.part",
      "+0000000000000000017-00000000000000000230.jsonl",
    ])
  func others(text: String) { #expect(BatchName(text) == nil) }

  @Test("names sort in log order, and of equal beginnings the longest comes last")
  func order() {
    let names = [
      BatchName(firstId: 0, lastId: 4), BatchName(firstId: 5, lastId: 9),
      BatchName(firstId: 5, lastId: 11), BatchName(firstId: 11, lastId: 12, ordinal: 1),
    ]
    #expect(names.reversed().sorted() == names)
  }
}
