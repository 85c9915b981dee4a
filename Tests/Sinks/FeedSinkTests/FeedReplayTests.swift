import EventPersistence
import EventPersistenceTesting
import Testing

@testable import FeedSink

/// A feed under its driver.
@Suite("A feed and its driver", .timeLimit(.minutes(5))) struct FeedReplayTests {
  @Test("a rewind sends everything again, to a consumer that has had it and comes back")
  func rewind() async throws {
    let events = SampleEvents.make(30, tags: ["PeerConnected"])
    let source = MemorySource(events)
    let folder = try TestFolder()
    let state = StateDirectory(path: "\(folder.path)/state").folder("scrolls")
    var options = FeedSink.Options(address: FeedAddress(port: 0))
    options.limits = BatchLimits(events: 7)
    options.timing.putMax = .milliseconds(50)
    let sink = FeedSink(options, source: source)
    let configuration = SecondaryConfiguration(
      name: "scrolls", persistenceDir: "/log", makeSink: { sink })
    let secondary = Secondary(configuration, source: source, folder: state)
    let drive = Task { await secondary.run() }
    try await eventually { await sink.port != nil }
    let port = try #require(await sink.port)
    let consumer = try await TestConsumer(port: port)
    #expect(try await TestConsumer.seqs(consumer.history()) == Array(0...29))
    try await eventually { try state.readCheckpoint()?.eventId == 29 }

    try state.createReplay(
      ReplayRecord(
        id: "again", kind: .rewind, from: events[0].position, through: events[29].position,
        requestedBy: "op", reason: nil, at: .now, maxRate: nil, previousCheckpoint: nil))
    var frame = try await consumer.next()
    while case .ping = frame { frame = try await consumer.next() }
    guard case .close(1012, _) = frame else {
      Issue.record("\(frame)")
      return
    }
    try await eventually { try state.readDriver()?.errorCode == "no consumer connected" }
    #expect(try state.readCheckpoint()?.eventId == nil)
    let anew = try await TestConsumer(port: port)
    #expect(try await TestConsumer.seqs(anew.history()) == Array(0...29))
    try await eventually { try state.readReplays(last: 1).first?.state == .done }
    #expect(try state.readCheckpoint()?.eventId == 29)
    drive.cancel()
    #expect(await drive.value == .cancelled)
  }
}
