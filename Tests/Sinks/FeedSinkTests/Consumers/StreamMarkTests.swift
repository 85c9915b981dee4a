import EventPersistence
import EventPersistenceTesting
import Testing

@testable import FeedSink

@Suite("How far a stream is") struct StreamMarkTests {
  @Test("of two events with one id, only the sent ones count")
  func sharedIds() {
    let first = Position(eventId: 7, tag: "TickObserved")
    let second = Position(eventId: 7, tag: "Checkpoint")
    var mark = StreamMark(Position(eventId: 6, tag: "TickObserved"))
    #expect(!mark.hasReached(first))
    mark.advance(to: first)
    #expect(mark.hasReached(first))
    #expect(!mark.hasReached(second))
    mark.advance(to: second)
    #expect(mark.hasReached(first))
    #expect(mark.hasReached(second))
    #expect(mark.hasReached(Position(eventId: 6, tag: "TickObserved")))
    #expect(!mark.hasReached(Position(eventId: 8)))
  }

  @Test("a batch moves it to its last event, deselected ones included")
  func batch() {
    let events = SampleEvents.make(20, sharedIdEach: 9)
    var mark = StreamMark(events[0].position)
    mark.advance(over: EventBatch(Array(events[0...10])))
    #expect(events[10].position.eventId == events[9].position.eventId)
    #expect(mark.hasReached(events[9].position))
    #expect(mark.hasReached(events[10].position))
    mark.advance(over: EventBatch(Array(events[11...15])).selecting { _ in false })
    #expect(mark.hasReached(events[15].position))
    #expect(!mark.hasReached(events[16].position))
  }
}
