import EventPersistence
import Testing

@testable import S3Sink

@Suite struct ServerClockTests {
  private static let here = EventTime("2026-07-15T10:00:00Z")!

  @Test(
    "the time of a server is taken from each form of a date, and used from then on",
    arguments: [
      "Wed, 15 Jul 2026 12:00:00 GMT", "Wednesday, 15-Jul-26 12:00:00 GMT",
      "Wed Jul 15 12:00:00 2026",
    ])
  func forms(_ date: String) {
    let clock = ServerClock { Self.here }
    #expect(clock.adopt(date: date) && clock.secondsAhead == 7200)
    #expect(clock.now == EventTime("2026-07-15T12:00:00Z"))
    #expect(!clock.adopt(date: date))
  }

  @Test(
    "what is no date changes nothing, whatever its bytes are",
    arguments: [
      "", "Wed", "Wed, 15\u{d4a}\u{fffd} 2026 10:00:0", "Wed, 99 Jul 2026 99:99:99 GMT",
      "Wed, 15 Jul 99999999999999999999 10:00:00 GMT", "\u{0}",
      String(repeating: "9", count: 10_000),
    ])
  func noDate(_ text: String) {
    let clock = ServerClock { Self.here }
    #expect(!clock.adopt(date: text) && clock.secondsAhead == nil && clock.now == Self.here)
  }

  @Test("a server a few seconds off is not known to differ")
  func near() {
    let clock = ServerClock { Self.here }
    #expect(!clock.adopt(date: "Wed, 15 Jul 2026 10:00:59 GMT") && clock.now == Self.here)
  }
}
