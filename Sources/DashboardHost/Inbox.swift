package import Dashboard

/// The queue of the dashboard's loop, in the order of arrival.
///
/// At most `itemsMax` items wait. Beyond that the oldest are dropped; that happens only if the loop
/// hangs.
package struct Inbox: Sendable {
  package enum Item: Sendable {
    /// What became known at one moment, so that one frame shows all of it.
    case messages([Message])
    /// From the terminal: its effect is shown at once.
    case input(Message)
    /// A postponed frame is due.
    case frame
    /// A text for the clipboard of the terminal's user.
    case copy(String)
    case ended(WatchEnd)
  }

  package static let itemsMax = 8192

  package let stream: AsyncStream<Item>
  /// The node that the messages come from, if there are several.
  private var node: String?
  private let continuation: AsyncStream<Item>.Continuation

  package init() {
    (stream, continuation) = AsyncStream.makeStream(
      bufferingPolicy: .bufferingNewest(Self.itemsMax))
  }

  package func put(_ item: Item) { continuation.yield(item) }
  package func tell(_ messages: Message...) { tell(messages) }

  package func tell(_ messages: [Message]) {
    guard !messages.isEmpty else { return }
    put(.messages(node.map { node in messages.map { .node(node, $0) } } ?? messages))
  }

  /// The same inbox, for the messages of one of several nodes.
  package func of(_ node: String?) -> Inbox {
    var inbox = self
    inbox.node = node
    return inbox
  }
}

/// Why a dashboard ends.
package enum WatchEnd: Sendable, Hashable {
  /// The user quit, and chose what happens to the replays that run here.
  case quit(ReplayAtQuit)
  case terminated
  /// The terminal is gone.
  case vanished
  /// There was no node, and now there is one.
  case found
}
