import EventPersistence
import Testing

@testable import SecondaryStatus

@Suite("The consumers of a feed") struct ConsumersTests {
  private static func consumer(
    _ name: String, _ confirmed: UInt64?, isAwaited: Bool = true
  ) -> ConsumerReport {
    ConsumerReport(
      name: name, address: "127.0.0.1:51234", confirmed: confirmed.map { Position(eventId: $0) },
      isAwaited: isAwaited)
  }

  private static func report(_ consumers: [ConsumerReport], at stored: UInt64?) -> DriverReport {
    var report = DriverReport(pid: 1, host: "n7", startedAt: EventTime(seconds: 0))
    report.consumers = consumers
    report.consumersAt = stored.map { Position(eventId: $0) }
    return report
  }

  @Test("none that the checkpoint waits for is shown below a newer checkpoint")
  func caughtUp() {
    let report = Self.report(
      [
        Self.consumer("a", 95), Self.consumer("b", 140), Self.consumer("c", nil),
        Self.consumer("apart", 7, isAwaited: false),
      ], at: 90)
    func confirmed(_ checkpoint: UInt64) -> [UInt64?] {
      report.caughtUp(with: Position(eventId: checkpoint)).consumers!.map(\.confirmed?.eventId)
    }
    #expect(confirmed(120) == [120, 140, 120, 7])
    // The checkpoint waits for whoever is behind it already.
    #expect(confirmed(90) == [95, 140, nil, 7])
    // A rewind set it back.
    #expect(confirmed(20) == [95, 140, nil, 7])
  }

  @Test("the slowest that the checkpoint waits for is named, unless it is at the head")
  func slowest() {
    let survey = Survey(state: .live, first: Position(eventId: 0), head: Position(eventId: 3200))
    func slowest(_ consumers: ConsumerReport...) -> SlowConsumer? {
      SlowConsumer(among: consumers, survey)
    }
    #expect(slowest() == nil)
    #expect(slowest(Self.consumer("a", 3200), Self.consumer("b", 1, isAwaited: false)) == nil)
    #expect(
      slowest(Self.consumer("a", 3190), Self.consumer("scrolls", 27))
        == SlowConsumer(name: "scrolls", behind: 3173))
    #expect(
      slowest(Self.consumer("a", 27), Self.consumer("new", nil))
        == SlowConsumer(name: "new", behind: nil))
  }
}
