import Foundation
import Synchronization
import Testing

@testable import EventPersistence

@Suite("an executor's thread")
struct BlockingExecutorTests {
  /// Lives on a thread of its own.
  private actor Guest {
    private nonisolated let executor = BlockingExecutor(label: "guest")
    nonisolated var unownedExecutor: UnownedSerialExecutor {
      executor.asUnownedSerialExecutor()
    }

    private var thread: pthread_t { pthread_self() }

    func sleeps(for duration: Duration) async -> (isOnItsThread: Bool, took: Duration) {
      let (before, began) = (thread, ContinuousClock.now)
      await executor.sleep(for: duration)
      return (thread == before, .now - began)
    }

    func waits(
      on other: BlockingExecutor, for duration: Duration,
      until hasNews: @escaping @Sendable (ContinuousClock.Instant) -> Bool
    ) async -> (isOnItsThread: Bool, took: Duration) {
      let (before, began) = (thread, ContinuousClock.now)
      await other.wait(for: duration, each: .milliseconds(5), until: hasNews)
      return (thread == before, .now - began)
    }
  }

  @Test("an actor that sleeps continues on its own thread")
  func sleeping() async {
    let (isOnItsThread, took) = await Guest().sleeps(for: .milliseconds(20))
    #expect(isOnItsThread)
    #expect(took >= .milliseconds(20))
  }

  @Test("several sleep at once, and each for as long as it asked for")
  func severalSleep() async {
    let guest = Guest()
    async let long = guest.sleeps(for: .milliseconds(60))
    async let short = guest.sleeps(for: .milliseconds(20))
    #expect(await short.took >= .milliseconds(20))
    #expect(await long.took >= .milliseconds(60))
  }

  @Test("a wait ends with news, on the thread of its caller")
  func news() async {
    let asked = Asked()
    let (isOnItsThread, took) = await Guest().waits(
      on: BlockingExecutor(label: "lookout"), for: .seconds(3600)
    ) { instant in
      asked.note(0, at: instant)
      return asked.count(by: 1) == 3
    }
    #expect(isOnItsThread)
    #expect(took < .seconds(3600))
    #expect(asked.count(by: 1) == 3)
  }

  @Test("a wait without news ends when its time is over")
  func silence() async {
    let (_, took) = await Guest().waits(
      on: BlockingExecutor(label: "lookout"), for: .milliseconds(30)
    ) { _ in false }
    #expect(took >= .milliseconds(30))
  }

  @Test("all that wait on a thread with the same interval are asked at the same instants")
  func shared() async {
    let lookout = BlockingExecutor(label: "lookout")
    let asked = Asked()
    await withTaskGroup(of: Void.self) { group in
      for number in 0..<3 {
        group.addTask {
          await lookout.wait(for: .seconds(3600), each: .milliseconds(20)) { instant in
            asked.note(number, at: instant)
            return asked.count(by: 3) >= 2
          }
        }
      }
    }
    // Each ends by two instants at which all three were asked.
    #expect(asked.count(by: 3) >= 2)
  }
}

/// Who was asked when.
private final class Asked: Sendable {
  private let numbers = Mutex<[ContinuousClock.Instant: Set<Int>]>([:])

  func note(_ number: Int, at instant: ContinuousClock.Instant) {
    numbers.withLock { _ = $0[instant, default: []].insert(number) }
  }

  /// How many instants there were at which so many were asked.
  func count(by askers: Int) -> Int {
    numbers.withLock { numbers in numbers.values.count { $0.count == askers } }
  }
}
