import EventPersistence
import Testing

@testable import SecondaryStatus

@Suite("PrimaryTrend") struct PrimaryTrendTests {
  private func survey(head: UInt64?, bytes: UInt64? = nil) -> Survey {
    Survey(state: .live, head: head.map { Position(eventId: $0) }, bytes: bytes)
  }

  /// `seconds` looks, one a second, of a log that grows evenly.
  private func trend(seconds: Int, events: UInt64, bytes: UInt64 = 0) -> PrimaryTrend {
    var trend = PrimaryTrend()
    for second in 0...seconds {
      trend.observe(
        survey(head: UInt64(second) * events, bytes: UInt64(second) * bytes), at: Double(second))
    }
    return trend
  }

  @Test("a rate is unknown before there are two looks to compare")
  func unknown() {
    var trend = PrimaryTrend()
    #expect(trend.ratePerSecond == nil)
    trend.observe(survey(head: 5), at: 0)
    #expect(trend.ratePerSecond == nil)
  }

  @Test("the rate is that of the last ten seconds")
  func rate() {
    var trend = trend(seconds: 60, events: 40)
    #expect(trend.ratePerSecond == 40)
    for second in 61...80 { trend.observe(survey(head: 2400), at: Double(second)) }
    #expect(trend.ratePerSecond == 0)
  }

  @Test("a log that was replaced by a shorter one begins again")
  func replaced() {
    var trend = trend(seconds: 60, events: 40, bytes: 100)
    trend.observe(survey(head: 3, bytes: 10), at: 61)
    #expect(trend.ratePerSecond == nil && trend.bytesPerHour == nil)
  }

  @Test("a log that was gone for a while and came back shorter begins again")
  func replacedWhileGone() {
    var trend = trend(seconds: 60, events: 40)
    trend.observe(survey(head: nil), at: 61)
    trend.observe(survey(head: 3), at: 62)
    #expect(trend.ratePerSecond == nil)
    trend.observe(survey(head: 5), at: 63)
    #expect(trend.ratePerSecond == 2)
  }

  @Test("a head that is unknown for a while is not a rate of 0")
  func unknownHead() {
    var trend = PrimaryTrend()
    trend.observe(survey(head: nil), at: 0)
    trend.observe(survey(head: 100), at: 1)
    #expect(trend.ratePerSecond == nil)
  }

  @Test("growth is known after a minute, and forecasts a full disk within a year")
  func forecast() {
    #expect(trend(seconds: 59, events: 1, bytes: 1000).bytesPerHour == nil)
    let growing = trend(seconds: 60, events: 1, bytes: 1000)
    #expect(growing.bytesPerHour == 3_600_000)
    #expect(growing.diskForecast(freeBytes: 3_600_000 * 10) == "disk full in 10 h")
    #expect(growing.diskForecast(freeBytes: 3_600_000 * 24 * 19) == "disk full in 19 d")
    #expect(growing.diskForecast(freeBytes: 3_600_000) == "disk full in 60 min")
    #expect(growing.diskForecast(freeBytes: .max) == nil)
    #expect(growing.diskForecast(freeBytes: nil) == nil)
    #expect(trend(seconds: 60, events: 1).diskForecast(freeBytes: 1) == nil)
  }

  @Test("a disk that fills within minutes is forecast after ten seconds")
  func rapid() {
    let growing = trend(seconds: 10, events: 1, bytes: 1000)
    #expect(growing.secondsUntilFull(freeBytes: 1_000_000) == 1000)
    #expect(growing.secondsUntilFull(freeBytes: 1_000_001) == nil)
    #expect(trend(seconds: 9, events: 1, bytes: 1000).secondsUntilFull(freeBytes: 0) == nil)
  }
}
