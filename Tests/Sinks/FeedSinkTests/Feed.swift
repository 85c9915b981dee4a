import EventPersistence
import Foundation

@testable import FeedSink

/// A feed on a port of the kernel's choice.
struct Feed {
  let sink: FeedSink
  let port: Int

  static func open(
    _ source: any EventSource, at address: FeedAddress = FeedAddress(port: 0),
    selection: Selection = .all, changing: (inout FeedSink.Options) -> Void = { _ in }
  ) async throws -> Feed {
    var options = FeedSink.Options(
      address: address, allowedOrigins: ["https://scrolls.example"], selection: selection)
    options.timing.putMax = .milliseconds(50)
    options.timing.interval = .milliseconds(10)
    changing(&options)
    let sink = FeedSink(options, source: source)
    _ = try await sink.open()
    return Feed(sink: sink, port: await sink.port ?? 0)
  }

  func connect(
    _ path: String = "/?history=yes", answersPings: Bool = true
  ) async throws -> TestConsumer {
    try await TestConsumer(port: port, path: path, answersPings: answersPings)
  }

  /// How a put ends now: `delivered`, or the error's code.
  func put(_ batch: EventBatch) async -> String {
    do throws(SinkError) {
      try await sink.put(batch)
      return "delivered"
    } catch {
      return error.code
    }
  }

  /// Puts as a driver does: again while the sink says so, which waits a moment each time.
  func deliver(_ batch: EventBatch) async throws { try await put(batch, until: "delivered") }

  /// Puts until it ends with one of `codes`.
  func put(_ batch: EventBatch, until codes: String...) async throws {
    for _ in 0..<2400 {
      if codes.contains(await put(batch)) { return }
    }
    throw TestConsumer.Failure("two minutes of putting, and none of \(codes) came")
  }
}
