import EventPersistence
import EventPersistenceTesting
import Testing

@testable import FeedSink

/// A feed under its driver.
@Suite("A feed and its driver", .timeLimit(.minutes(5))) struct FeedReplayTests {
  @Test("a rewind sends everything again to a consumer that reconnects")
  func rewind() async throws {
    let events = SampleEvents.make(30, tags: ["PeerConnected"])
    let source = MemorySource(events)
    let folder = try TestFolder()
    let state = StateDirectory(path: "\(folder.path)/state").folder("scrolls")
    var options = FeedSink.Options(address: FeedAddress(port: 0))
    options.limits = BatchLimits(events: 7)
    options.timing.putMax = .milliseconds(50)
    let (stream, sign) = AsyncStream.makeStream(of: WatchedFeed.Sign.self)
    var signs = stream.makeAsyncIterator()
    let feed = WatchedFeed(sink: FeedSink(options, source: source)) { sign.yield($0) }
    let configuration = SecondaryConfiguration(
      name: "scrolls", persistenceDir: "/log", sink: feed.description, makeSink: { _ in feed })
    let secondary = Secondary(configuration, source: source, folder: state)
    let (replays, told) = AsyncStream.makeStream(of: ReplayRecord.self)
    let drive = Task { await secondary.run { told.yield($0) } }
    guard case .listens(let port) = await signs.next() else {
      Issue.record("it does not listen")
      return
    }
    let consumer = try await TestConsumer(port: port)
    #expect(try await TestConsumer.seqs(consumer.history()) == Array(0...29))
    while let sign = await signs.next(), sign != .delivered(through: 29) {}

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
    while let sign = await signs.next(), sign != .refused("no consumer connected") {}
    #expect(try state.readCheckpoint()?.eventId == nil)
    let anew = try await TestConsumer(port: port)
    #expect(try await TestConsumer.seqs(anew.history()) == Array(0...29))
    for await record in replays where record.state == .done { break }
    #expect(try state.readCheckpoint()?.eventId == 29)
    drive.cancel()
    #expect(await drive.value == .cancelled)
  }
}
