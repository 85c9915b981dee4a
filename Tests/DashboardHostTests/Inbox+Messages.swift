import Dashboard

@testable import DashboardHost

extension Inbox {
  /// The messages that arrive, one by one.
  var messages: some AsyncSequence<Message, Never> {
    stream.flatMap { item in
      let messages: [Message] = if case .messages(let messages) = item { messages } else { [] }
      return AsyncStream { continuation in
        for message in messages { continuation.yield(message) }
        continuation.finish()
      }
    }
  }
}
