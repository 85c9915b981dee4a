import Testing

@testable import EventPersistence

@Suite struct RateMeterTests {
  @Test("the rate is unknown in the first second, then that of the last ten")
  func rate() {
    var meter = RateMeter(at: .zero)
    meter.count(10, at: .milliseconds(500))
    #expect(meter.rate(at: .milliseconds(900)) == nil)
    #expect(meter.rate(at: .seconds(2)) == 5)
    for second in 3...20 { meter.count(40, at: .seconds(second)) }
    #expect(meter.rate(at: .seconds(20)) == 44)
    #expect(meter.rate(at: .seconds(60)) == 0)
  }

  @Test("the peak outlives the quiet after it; for a short drive it is the rate of all of it")
  func peak() {
    var meter = RateMeter(at: .zero)
    #expect(meter.peak == nil)
    meter.count(10, at: .milliseconds(100))
    #expect(meter.peak == 100)
    // A second or more gives a better rate than the first instant.
    meter.count(30, at: .seconds(2))
    #expect(meter.peak == 20)
    meter.count(1, at: .seconds(60))
    #expect(meter.peak == 20)
  }
}
