import ArgumentParser
import EventPersistence
import Testing

@testable import hydra_sinks

@Suite("a place in a log")
struct LogPlaceTests {
  private let now = EventTime("2026-07-15T10:00:00Z")!

  @Test(
    "an id, a time, a day, a minute, or how long ago",
    arguments: [
      ("1284", LogPlace.id(1284)),
      ("2026-07-14T09:08:07.5Z", .time(EventTime("2026-07-14T09:08:07.5Z")!)),
      ("2026-07-14", .time(EventTime("2026-07-14T00:00:00Z")!)),
      ("2026-07-14T09:08", .time(EventTime("2026-07-14T09:08:00Z")!)),
      ("2026-07-14 09:08:07", .time(EventTime("2026-07-14T09:08:07Z")!)),
      ("2026-07-14T09:08:07.5", .time(EventTime("2026-07-14T09:08:07.5Z")!)),
      ("09:08", .time(EventTime("2026-07-15T09:08:00Z")!)),
      ("10m", .time(EventTime("2026-07-15T09:50:00Z")!)),
      ("-10m", .time(EventTime("2026-07-15T09:50:00Z")!)),
    ])
  func parsed(_ text: String, _ place: LogPlace) {
    #expect(LogPlace.parse(text, now: now) == place)
  }

  @Test("how long ago may have a minus sign, on the command line too")
  func minus() throws {
    #expect(try RangeOptions.parse(["--from", "-10m", "--through", "-5m"]).through == "-5m")
    #expect(try EventsCommand.parse(["--since", "-10m", "--follow"]).since == "-10m")
  }

  @Test(
    "anything else is refused",
    arguments: ["", "soon", "-1", "2026-13-01", "10 m", "4611686018427387905"])
  func none(_ text: String) {
    #expect(LogPlace.parse(text, now: now) == nil)
    #expect(throws: (any Error).self) { try LogPlace.id(text) }
  }
}
