import EventPersistence
import EventPersistenceTesting
import Testing

@testable import S3Sink

@Suite("The laws of sinks and of driving, for a bucket")
struct S3LawsTests {
  @Test("it keeps the laws of sinks")
  func laws() async throws {
    try await SinkLaws { try TestBucket() }.check()
  }

  @Test("it keeps the laws of driving, over each crash")
  func driveLaws() async throws {
    try await DriveLaws { try TestBucket() }.check()
  }

  @Test(
    "with layout per-event it keeps the laws of sinks, for the later of two events with one id")
  func perEventLaws() async throws {
    try await SinkLaws { PerEventBucket(bucket: try TestBucket()) }.check()
    try await DriveLaws { PerEventBucket(bucket: try TestBucket()) }.check()
  }

  private struct PerEventBucket: SinkLaws.Storage {
    let bucket: TestBucket

    private var options: S3Sink.Options {
      var options = bucket.options()
      options.layout = .perEvent
      return options
    }

    func makeSink(for log: any EventSource, selecting selection: Selection) -> any EventSink {
      S3Sink(options)
    }
    func traces() async throws -> [[UInt8]] {
      // One line each in an archive; without its line feed it is the event's JSON.
      try await TestBucket.contents(options).map(\.json)
    }
    func traces(of log: [StateEvent]) -> [[UInt8]] {
      zip(log, log.dropFirst().map(\.eventId) + [.max]).filter { $0.eventId != $1 }.map(\.0.json)
    }
    func objects() -> [String: [UInt8]] { bucket.objects() }
  }
}
