import EventPersistence
import Testing

@testable import SecondaryStatus

@Suite struct RotationForecastTests {
  static func survey(head: UInt64, archives: [(UInt64, UInt64)] = []) -> Survey {
    Survey(
      state: .live, format: .state, first: Position(eventId: archives.first?.0 ?? 0),
      head: Position(eventId: head),
      archives: archives.map {
        Survey.Archive(path: "state-\($0.1)", firstEventId: $0.0, lastEventId: $0.1, bytes: 1)
      })
  }

  @Test("the next rotation is counted from the last one, and only if it is certain")
  func configured() {
    #expect(RotationForecast(Self.survey(head: 1100), rotateAfter: 500) == nil)
    let rotated = Self.survey(head: 1100, archives: [(0, 1000)])
    // The Checkpoint 1000 and 1001 to 1100 are 101 events; more than 500 make a rotation.
    let forecast = RotationForecast(rotated, rotateAfter: 500)
    #expect(forecast?.eventsLeft == 400)
    #expect(forecast?.ground == .configured(500))
    #expect(forecast?.losesEvents == false)
    #expect(RotationForecast(rotated, rotateAfter: nil) == nil)
    #expect(RotationForecast(rotated, rotateAfter: 50) == nil)
  }

  @Test(
    "without a configured number, three equal archives give one; two or unequal ones do not")
  func rhythm() {
    let equal: [(UInt64, UInt64)] = [(0, 1000), (1000, 2010), (2010, 3012)]
    let forecast = RotationForecast(Self.survey(head: 3512, archives: equal), rotateAfter: nil)
    #expect(forecast?.ground == .rhythm(1010))
    #expect(forecast?.eventsLeft == 510)
    #expect(
      RotationForecast(
        Self.survey(head: 2500, archives: Array(equal.prefix(2))), rotateAfter: nil) == nil)
    let unequal: [(UInt64, UInt64)] = [(0, 1000), (1000, 1500), (1500, 3000)]
    #expect(RotationForecast(Self.survey(head: 3100, archives: unequal), rotateAfter: nil) == nil)
  }

  /// A log that was rotated at 1000 and archived nothing.
  private var lossy: Survey {
    var survey = Self.survey(head: 1100)
    survey.format = .sqliteJSON
    survey.first = Position(eventId: 1000, tag: "Checkpoint")
    survey.missing = [.init(from: 0, through: 1000)]
    return survey
  }

  @Test("a node whose last rotation left no archive loses events that lag at the next one")
  func losing() throws {
    let forecast = try #require(RotationForecast(lossy, rotateAfter: 500))
    #expect(forecast.losesEvents)
    #expect(forecast.eventsLeft == 400)
    #expect(forecast.takes(lag: 0, rateIn: 10, rateOut: 0) == false)
    // 40 s are left: 50 events of lag, and 1.25 a second faster is just fast enough.
    #expect(forecast.takes(lag: 50, rateIn: 10, rateOut: 12) == false)
    #expect(forecast.takes(lag: 50, rateIn: 10, rateOut: 11) == true)
    #expect(forecast.takes(lag: 50, rateIn: 10, rateOut: nil) == nil)
    #expect(forecast.takes(lag: nil, rateIn: 10, rateOut: 1) == nil)
  }

  @Test("rotations that leave archives lose nothing")
  func archived() throws {
    let survey = Self.survey(head: 1100, archives: [(0, 1000)])
    let forecast = try #require(RotationForecast(survey, rotateAfter: 500))
    #expect(forecast.takes(lag: 900, rateIn: 10, rateOut: 0) == false)
  }
}
