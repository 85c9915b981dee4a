import EventPersistence

@testable import FeedSink

/// A feed that reports its events as they happen.
struct WatchedFeed: EventSink {
  enum Sign: Sendable, Equatable {
    case listens(port: Int)
    case delivered(through: UInt64)
    /// A put ended with this code.
    case refused(String)
  }

  let sink: FeedSink
  let tell: @Sendable (Sign) -> Void

  var description: SinkDescription { sink.description }

  func open() async throws(SinkError) -> Holdings {
    let holdings = try await sink.open()
    if let port = await sink.port { tell(.listens(port: port)) }
    return holdings
  }

  func put(_ batch: EventBatch) async throws(SinkError) {
    do throws(SinkError) {
      try await sink.put(batch)
      tell(.delivered(through: batch.last.eventId))
    } catch {
      tell(.refused(error.code))
      throw error
    }
  }

  func willDeliverAgain(after position: Position?) async {
    await sink.willDeliverAgain(after: position)
  }

  func facts() async -> [String: String] { await sink.facts() }
  func consumers() async -> [ConsumerReport]? { await sink.consumers() }
  func close() async { await sink.close() }
}
