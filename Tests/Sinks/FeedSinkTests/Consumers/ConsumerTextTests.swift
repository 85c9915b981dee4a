import EventPersistence
import EventPersistenceTesting
import Testing

@testable import FeedSink

@Suite("A consumer in a line") struct ConsumerTextTests {
  @Test("it names the address, the position, the lag, the unsent bytes and the last pong")
  func line() {
    let events = SampleEvents.make(10, first: 1_284_000)
    var consumer = Consumer(id: 1, name: "scrolls", address: "127.0.0.1:51234", at: .zero)
    let survey = Survey(
      state: .live, first: Position(eventId: 0), head: Position(eventId: 1_284_331))
    #expect(
      ConsumerText.line(consumer, survey, at: .seconds(3))
        == "127.0.0.1:51234 · nothing acknowledged yet · 0 B unsent · no pong yet")
    consumer.beginning = .first
    consumer.sends(EventBatch([events[0]]))
    let ping = consumer.ping(at: .zero)
    consumer.pong(ping, at: .seconds(2))
    consumer.queued(12_345, at: .seconds(2))
    #expect(
      ConsumerText.line(consumer, survey, at: .milliseconds(2400))
        == "127.0.0.1:51234 · at 1 284 000 · 331 behind · 12 kB unsent · pong 0.4 s ago")
    #expect(ConsumerText.slowest(of: [consumer], survey) == "scrolls, 331 behind")
    let caughtUp = Survey(state: .live, first: Position(eventId: 0), head: events[0].position)
    #expect(ConsumerText.slowest(of: [consumer], caughtUp) == nil)
  }
}
