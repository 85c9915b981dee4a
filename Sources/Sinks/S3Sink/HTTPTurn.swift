import Synchronization

/// Whether a request's turn has come to send the last byte of its body.
///
/// A server stores an object once it has all of it. So the objects of several requests that are under way at the same
/// time are stored in order, if the last byte of each waits for the answer to the one before it: no reader sees a later
/// object without an earlier one, and none becomes visible if an earlier one fails or this process dies.
final class HTTPTurn: Sendable {
  enum State: Sendable, Hashable {
    case waits, came
    /// The request is not to be completed.
    case never
  }

  private struct Waiting {
    var state = State.waits
    var calls: [@Sendable (State) -> Void] = []
  }

  private let waiting = Mutex(Waiting())

  var state: State { waiting.withLock(\.state) }

  /// The first call counts.
  func end(_ state: State) {
    let calls = waiting.withLock { waiting in
      guard waiting.state == .waits else { return [@Sendable (State) -> Void]() }
      waiting.state = state
      defer { waiting.calls = [] }
      return waiting.calls
    }
    for call in calls { call(state) }
  }

  /// Calls `body` once it is known, perhaps now.
  func whenEnded(_ body: @escaping @Sendable (State) -> Void) {
    let known = waiting.withLock { waiting in
      if waiting.state == .waits { waiting.calls.append(body) }
      return waiting.state
    }
    if known != .waits { body(known) }
  }

  /// Whether it came.
  func came() async -> Bool {
    await withCheckedContinuation { continuation in
      whenEnded { continuation.resume(returning: $0 == .came) }
    }
  }
}
