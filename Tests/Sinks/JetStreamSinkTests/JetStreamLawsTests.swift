import EventPersistence
import EventPersistenceTesting
import NATSServer
import Testing

@testable import JetStreamSink

@Suite(
  "The laws of sinks and of driving, for a stream",
  .enabled(if: NATSServer.isInstalled, "nats-server is not installed: Tests/run does that"))
struct JetStreamLawsTests {
  @Test("it keeps the laws of sinks", .timeLimit(.minutes(5)))
  func laws() async throws { try await SinkLaws { try TestStream() }.check() }

  @Test("it keeps the laws of driving, over each crash", .timeLimit(.minutes(5)))
  func driveLaws() async throws { try await DriveLaws { try TestStream() }.check() }
}
