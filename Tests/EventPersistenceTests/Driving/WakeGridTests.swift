import Testing

@testable import EventPersistence

@Suite("the instants at which waits wake up")
struct WakeGridTests {
  private let now = ContinuousClock.now

  @Test("the next one comes within the interval, and is the same for all until then")
  func next() {
    let interval = Duration.milliseconds(100)
    let next = WakeGrid.next(after: now, each: interval)
    #expect(next > now && next <= now.advanced(by: interval))
    let justBefore = next.advanced(by: .nanoseconds(-1))
    #expect(WakeGrid.next(after: justBefore, each: interval) == next)
    #expect(WakeGrid.next(after: next, each: interval) == next.advanced(by: interval))
  }

  @Test("waits of a second that begin in the same one end together, and none takes longer")
  func seconds() {
    let end = WakeGrid.end(of: .seconds(1), from: now)
    #expect(end > now && end <= now.advanced(by: .seconds(1)))
    // The end of the wait after that: at the same instants, if it begins a little later.
    let next = WakeGrid.end(of: .seconds(1), from: end)
    #expect(next == end.advanced(by: .seconds(1)))
    #expect(WakeGrid.end(of: .seconds(1), from: end.advanced(by: .milliseconds(999))) == next)
    #expect(
      WakeGrid.next(after: next.advanced(by: .milliseconds(-1)), each: .milliseconds(100)) == next)
  }

  @Test("a shorter wait takes as long as it is asked for")
  func short() {
    let duration = Duration.milliseconds(30)
    #expect(WakeGrid.end(of: duration, from: now) == now.advanced(by: duration))
  }
}
