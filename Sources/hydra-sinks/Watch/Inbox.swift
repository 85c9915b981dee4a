import Dashboard

/// What the dashboard's loop waits for, in the order in which it came.
///
/// At most `itemsMax` wait; beyond that the oldest are dropped, which takes a loop that hangs.
struct Inbox: Sendable {
  enum Item: Sendable {
    case message(Message)
    /// From the terminal: what comes of it is shown at once.
    case input(Message)
    /// A frame that was put off is due.
    case frame
    case ended(WatchEnd)
  }

  static let itemsMax = 8192

  let stream: AsyncStream<Item>
  /// The node that what is told is of, where there are several.
  private var node: String?
  private let continuation: AsyncStream<Item>.Continuation

  init() {
    (stream, continuation) = AsyncStream.makeStream(
      bufferingPolicy: .bufferingNewest(Self.itemsMax))
  }

  func put(_ item: Item) { continuation.yield(item) }
  func tell(_ message: Message) { put(.message(node.map { .node($0, message) } ?? message)) }

  /// The same inbox, for what one of several nodes tells.
  func of(_ node: String?) -> Inbox {
    var inbox = self
    inbox.node = node
    return inbox
  }
}

/// Why a dashboard ends.
enum WatchEnd: Sendable, Hashable {
  /// The user said so, and what becomes of the replays that run here.
  case quit(ReplayAtQuit)
  case terminated
  /// The terminal is gone.
  case vanished
  /// Where no node was, there is one now.
  case found
}
