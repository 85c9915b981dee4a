import EventPersistence
import Testing

@testable import CommandSink

@Suite("An exchange with a program that answers")
struct ExchangeTests {
  /// Events of 20 bytes with their line feed; a second one of an id has another tag.
  static func batch(_ ids: [UInt64]) -> EventBatch {
    var seen: Set<UInt64> = []
    return EventBatch(
      ids.map { id in
        StateEvent(
          position: Position(eventId: id, tag: seen.insert(id).inserted ? "A" : "B"),
          json: [UInt8](repeating: 0x78, count: 19))
      })
  }

  static func exchange(_ ids: [UInt64], window: Int = 1000) -> Exchange {
    Exchange(batch(ids), window: window)
  }

  @Test("adjacent events in the buffer are written at once, up to the window")
  func window() {
    var exchange = Self.exchange([1, 2, 3, 4, 5], window: 50)
    #expect(exchange.toWrite == 0..<40)
    exchange.wrote(30)
    #expect(exchange.toWrite == 30..<40)
    #expect(exchange.unansweredCount == 1)
    exchange.wrote(10)
    #expect(exchange.toWrite.isEmpty)
    #expect(exchange.answer(Position(eventId: 1)) == .stored(1))
    #expect(exchange.toWrite == 40..<60)
  }

  @Test("an event that is larger than the window goes alone")
  func large() {
    var exchange = Self.exchange([1, 2], window: 5)
    #expect(exchange.toWrite == 0..<20)
    exchange.wrote(20)
    #expect(exchange.toWrite.isEmpty)
    #expect(exchange.answer(Position(eventId: 1)) == .stored(1))
    #expect(exchange.toWrite == 20..<40)
  }

  @Test("an answer covers all events before it, and the last one ends the exchange")
  func answers() {
    var exchange = Self.exchange([1, 2, 5, 9])
    exchange.wrote(80)
    #expect(exchange.answer(Position(eventId: 5)) == .stored(3))
    #expect(!exchange.isDone)
    #expect(exchange.answer(Position(eventId: 2)) == .known)
    #expect(exchange.answer(Position(eventId: 9, tag: "A")) == .stored(1))
    #expect(exchange.isDone)
    #expect(exchange.unansweredBytes == 0)
  }

  @Test("an id that was not fully sent, or that names another event, counts as never sent")
  func neverSent() {
    var exchange = Self.exchange([1, 2, 5])
    exchange.wrote(59)
    for position in [
      Position(eventId: 5), Position(eventId: 3), Position(eventId: 0),
      Position(eventId: 1, tag: "X"),
    ] {
      #expect(exchange.answer(position) == .neverSent, "\(position)")
    }
    exchange.wrote(1)
    #expect(exchange.answer(Position(eventId: 5)) == .stored(3))
  }

  @Test("the second event of an id is sent only after the first is answered")
  func sharedIds() {
    var exchange = Self.exchange([1, 2, 2, 3])
    #expect(exchange.toWrite == 0..<40)
    exchange.wrote(40)
    #expect(exchange.toWrite.isEmpty)
    #expect(exchange.answer(Position(eventId: 1)) == .stored(1))
    #expect(exchange.toWrite.isEmpty)
    #expect(exchange.answer(Position(eventId: 2)) == .stored(1))
    #expect(exchange.toWrite == 40..<80)
    exchange.wrote(40)
    #expect(exchange.answer(Position(eventId: 2, tag: "B")) == .stored(1))
    #expect(exchange.answer(Position(eventId: 3)) == .stored(1))
    #expect(exchange.isDone)
  }

  @Test("unselected events in between are not written")
  func selection() {
    let batch = Self.batch([1, 2, 3, 4]).selecting { $0.position.eventId != 2 }
    var exchange = Exchange(batch, window: 1000)
    #expect(exchange.toWrite == 0..<20)
    exchange.wrote(20)
    #expect(exchange.toWrite == 40..<80)
    exchange.wrote(40)
    #expect(exchange.answer(Position(eventId: 4)) == .stored(3))
  }

  @Test(
    "answers are read with any blanks, and anything else is refused",
    arguments: [
      ("{\"eventId\":7}", Answer.stored(Position(eventId: 7))),
      (" { \"eventId\" : 7 }\r", .stored(Position(eventId: 7))),
      ("{\"eventId\":4611686018427387904}", .stored(Position(eventId: Position.idMax))),
      (
        "{\"tag\":\"A\",\"eventId\":7,\"time\":\"2026-07-15T10:00:00Z\",\"more\":[1]}",
        .stored(
          Position(eventId: 7, tag: "A", time: EventTime("2026-07-15T10:00:00Z")))
      ),
      ("{\"checkpoint\":7}", .checkpoint(Position(eventId: 7))),
      ("{\"checkpoint\":null}", .checkpoint(nil)),
      ("{\"checkpoint\":7,\"tag\":\"A\"}", .checkpoint(Position(eventId: 7, tag: "A"))),
      ("", nil), ("7", nil), ("{\"eventId\":-1}", nil), ("{\"eventId\":null}", nil),
      ("{\"eventId\":1} {\"eventId\":2}", nil), ("{\"eventId\":1,\"checkpoint\":1}", nil),
      ("loading…", nil), ("{\"eventId\":4611686018427387905}", nil),
      ("{\"checkpoint\":4611686018427387905}", nil), ("{}", nil),
    ] as [(String, Answer?)])
  func answer(text: String, expected: Answer?) {
    #expect(Answer(line: Array(text.utf8)[...]) == expected)
  }
}
