import EventPersistence
import EventPersistenceTesting
import Synchronization
import Testing

@testable import FeedSink

/// A consumer keeps each event once, by its `seq`: its data outlives feeds and connections.
@Suite("The laws of sinks and of driving, for a feed and its consumer", .timeLimit(.minutes(10)))
struct FeedLawsTests {
  /// A consumer's storage: of each frame its `seq` and its tag.
  final class Storage: SinkLaws.Storage {
    private struct Contents {
      var frames: [(seq: Int, trace: String)] = []
      var sink: FeedSink?
      var reading: Task<Void, Never>?
    }
    private let contents = Mutex(Contents())

    /// The previous feed's process is gone: its sockets are closed, and the consumer sees that.
    func makeSink(for log: any EventSource, selecting selection: Selection) async throws
      -> any EventSink
    {
      let before = contents.withLock { ($0.sink, $0.reading) }
      await before.0?.close()
      await before.1?.value
      var options = FeedSink.Options(address: FeedAddress(port: 0), selection: selection)
      options.timing.putMax = .milliseconds(200)
      options.timing.interval = .milliseconds(10)
      let sink = FeedSink(options, source: log)
      contents.withLock { $0.sink = sink }
      return WatchedFeed(sink: sink) { sign in
        if case .listens(let port) = sign { self.consume(at: port) }
      }
    }

    func traces() -> [[UInt8]] { contents.withLock { $0.frames.map { Array($0.trace.utf8) } } }

    /// Outputs of the tags of `SampleEvents`; a snapshot that was never requested has none.
    func traces(of log: [StateEvent]) -> [[UInt8]] {
      let outputs = ["TransactionAppliedToLocalUTxO": "TxValid", "Checkpoint": "EventLogRotated"]
      return log.compactMap { event in
        event.tag.flatMap { outputs[$0] }.map { Array("\(event.eventId) \($0)".utf8) }
      }
    }

    /// Reads everything from the feed at `port`; reconnects until the port is closed.
    private func consume(at port: Int) {
      let reading = Task {
        while let consumer = try? await TestConsumer(port: port) {
          var last = 0
          while let text = try? await consumer.nextText() { self.keep(text, behind: &last) }
        }
      }
      contents.withLock { $0.reading = reading }
    }

    /// A frame that goes back in its stream is kept as a violation. That of a rotation is sent only
    /// in the history, as by a node, so it can come in a later stream than the events after it.
    private func keep(_ text: String, behind last: inout Int) {
      guard let frame = try? TestConsumer.json(text), let seq = frame["seq"] as? Int else { return }
      var trace = "\(seq) \(frame["tag"] ?? "")"
      if seq < last { trace += " behind \(last)" }
      last = seq
      contents.withLock { contents in
        guard !contents.frames.contains(where: { $0.trace == trace }) else { return }
        let index = contents.frames.firstIndex { $0.seq > seq } ?? contents.frames.count
        contents.frames.insert((seq, trace), at: index)
      }
    }
  }

  @Test("stored events have been received, in log order, once by their seq")
  func sink() async throws {
    try await SinkLaws { Storage() }.check()
  }

  @Test("a driver that is killed at any step, or at random, loses nothing")
  func drive() async throws {
    try await DriveLaws { Storage() }.check()
  }
}
