internal import NIOCore
internal import Synchronization

/// The connections of a server, by consumer.
final class ConsumerRoster: Sendable {
  private struct State {
    var channels = 0
    var consumers: [Consumer.ID: ConsumerConnection] = [:]
  }

  private let state = Mutex(State())

  /// Counts a connection until it is closed; returns false if there are `limit` already.
  func count(_ channel: any Channel, atMost limit: Int) -> Bool {
    let isCounted = state.withLock {
      guard $0.channels < limit else { return false }
      $0.channels += 1
      return true
    }
    if isCounted {
      channel.closeFuture.whenComplete { _ in self.state.withLock { $0.channels -= 1 } }
    }
    return isCounted
  }

  func add(_ connection: ConsumerConnection) {
    state.withLock { $0.consumers[connection.id] = connection }
  }

  func remove(_ id: Consumer.ID) { state.withLock { $0.consumers[id] = nil } }

  subscript(id: Consumer.ID) -> ConsumerConnection? { state.withLock { $0.consumers[id] } }
}
