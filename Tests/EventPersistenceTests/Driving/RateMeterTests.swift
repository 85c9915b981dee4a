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

  @Test("the pace is measured over a second, or over a hundred events, without a wait")
  func peak() {
    var meter = RateMeter(at: .zero)
    meter.count(10, at: .milliseconds(100))
    #expect(meter.peak == nil)
    meter.count(90, at: .milliseconds(200))
    #expect(meter.peak == 500)
    // Slower later on: it is outlived.
    meter.count(5, at: .seconds(5))
    #expect(meter.peak == 500)
    var slow = RateMeter(at: .zero)
    slow.count(30, at: .seconds(2))
    #expect(slow.peak == 15)
  }

  @Test("a driver at the head is as fast as its node, which tells nothing about its pace")
  func atHead() {
    var meter = RateMeter(at: .zero)
    // It finds nothing to deliver, and waits.
    meter.note(isWaiting: true, at: .zero)
    for second in 1...600 {
      meter.note(isWaiting: false, at: .seconds(second))
      meter.count(20, at: .seconds(second) + .milliseconds(2))
      meter.note(isWaiting: true, at: .seconds(second) + .milliseconds(3))
    }
    #expect(meter.peak == nil && meter.rate(at: .seconds(601)) != nil)
  }
}
