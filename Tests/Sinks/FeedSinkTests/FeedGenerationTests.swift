import EventPersistence
import EventPersistenceTesting
import Testing

@testable import FeedSink

/// A feed whose node's log begins anew.
@Suite("A feed and the node's next log", .timeLimit(.minutes(5))) struct FeedGenerationTests {
  @Test("its streams end with 1012, and whoever connects again is greeted with the next generation")
  func begins() async throws {
    let source = MemorySource(SampleEvents.make(30, tags: ["PeerConnected"]))
    let folder = try TestFolder()
    let state = StateDirectory(path: "\(folder.path)/state").folder("scrolls")
    var options = FeedSink.Options(address: FeedAddress(port: 0))
    options.timing.putMax = .milliseconds(50)
    // The driver ends the streams, however slow this machine is.
    options.timing.missingMax = .seconds(600)
    let (stream, sign) = AsyncStream.makeStream(of: WatchedFeed.Sign.self)
    var signs = stream.makeAsyncIterator()
    var configuration = SecondaryConfiguration(
      name: "scrolls", persistenceDir: "/log", sink: options.description
    ) { [options] generation in
      var options = options
      options.generation = generation
      return WatchedFeed(sink: FeedSink(options, source: source)) { sign.yield($0) }
    }
    configuration.beginsNewLogs = true
    let secondary = Secondary(configuration, source: source, folder: state)
    let drive = Task { await secondary.run() }
    func port() async -> Int? {
      while let sign = await signs.next() { if case .listens(let port) = sign { return port } }
      return nil
    }
    let consumer = try await TestConsumer(port: try #require(await port()))
    let first = try await consumer.texts { $0.contains("Greetings") }
    #expect(try TestConsumer.json(try #require(first.last))["generation"] as? Int == 1)
    while let sign = await signs.next(), sign != .delivered(through: 29) {}

    await source.replace(
      with: SampleEvents.make(8, secondsLater: 1_000_000, tags: ["PeerConnected"]))
    var frame = try await consumer.next()
    while case .ping = frame { frame = try await consumer.next() }
    guard case .close(1012, _) = frame else {
      Issue.record("\(frame)")
      return
    }
    let anew = try await TestConsumer(port: try #require(await port()))
    let second = try await anew.texts { $0.contains("Greetings") }
    #expect(try TestConsumer.seqs(second) == Array(0...7))
    #expect(try TestConsumer.json(try #require(second.last))["generation"] as? Int == 2)
    while let sign = await signs.next(), sign != .delivered(through: 7) {}
    drive.cancel()
    #expect(await drive.value == .cancelled)
    #expect(try state.readBinding()?.generation == 2)
  }
}
