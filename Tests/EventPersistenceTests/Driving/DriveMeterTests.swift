import EventPersistenceTesting
import Testing

@testable import EventPersistence

@Suite struct DriveMeterTests {
  @Test("a drive counts what it stored by tag, its failures and its retries, and rests at its end")
  func counts() async throws {
    let bench = Bench(SampleEvents.make(30))
    let meters = DriveMeters()
    var options = bench.options
    options.meters = meters
    let busy = SinkError(.retry, code: "busy", "try again")
    let sink = ScriptedSink([.fail(busy), .fail(busy)])
    let secondary = Secondary(
      bench.configuration(sink: { _ in RenamedSink(sink) }), source: bench.source,
      folder: bench.folder, options: options)
    #expect(await secondary.run(until: .head) == .reachedHead)
    let counts = try #require(meters.counts["cold"])
    #expect(counts.stored.values.reduce(0) { $0 + $1.events } == 30)
    #expect(counts.stored["TickObserved"]?.events == 10)
    let bytes = SampleEvents.make(30).reduce(0) { $0 + UInt64($1.json.count) }
    #expect(counts.stored.values.reduce(0) { $0 + $1.bytes } == bytes)
    #expect(counts.errors == ["busy": 2] && counts.retries == 2)
    #expect(counts.batches.count >= 1 && counts.beatAt == nil)
  }

  @Test("more names than a meter keeps count together")
  func manyNames() {
    let meter = DriveMeter()
    for number in 0..<200 { meter.failed("code \(number)") }
    let errors = meter.counts.errors
    #expect(errors.count == DriveMeter.namesMax + 1)
    #expect(errors["other"] == UInt64(200 - DriveMeter.namesMax))
    #expect(errors.values.reduce(0, +) == 200)
  }

  @Test("a histogram counts each value in all buckets that it fits in")
  func histogram() {
    var histogram = DriveMeter.Histogram()
    for seconds in [0.001, 0.5, 1000] { histogram.note(seconds) }
    #expect(histogram.count == 3 && histogram.sum == 1000.501)
    #expect(histogram.counts.first == 1 && histogram.counts.last == 2)
    #expect(zip(histogram.counts, histogram.counts.dropFirst()).allSatisfy { $0 <= $1 })
  }
}
