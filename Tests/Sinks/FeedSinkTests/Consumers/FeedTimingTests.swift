import EventPersistence
import Testing

@testable import FeedSink

@Suite("What a feed's streams read") struct FeedTimingTests {
  @Test(
    "the more consumers there are, the less each reads, and 64 hold no more than what is documented"
  )
  func share() {
    let timing = FeedTiming()
    let reads = (1...64).map { timing.read(consumers: $0).bytes }
    #expect(reads.first == 512 << 10)
    #expect(zip(reads, reads.dropFirst()).allSatisfy { $0 >= $1 })
    #expect(reads.last == 64 << 10)
    #expect(timing.read(consumers: 0) == timing.read(consumers: 1))
    #expect(timing.read(consumers: 100_000).bytes == 64 << 10)
    // Each holds what it read for at most five times: see FeedSink.md and CostsAndLimits.md.
    #expect(reads.reduce(0, +) * (timing.unsentBatchesMax + 3) <= 53 << 20)
  }
}
