package import EventPersistence

/// What two clients of a hydra-node's API would do with the messages of a WebSocket.
package struct FeedReport: Sendable, Codable, Hashable {
  /// What ended the check.
  package enum End: String, Sendable, Codable, Hashable {
    /// The history is over: `Greetings` came.
    case history
    /// The most messages, or the most time, that were asked for.
    case messages, time
    /// The server closed the connection, or sent what RFC 6455 forbids.
    case closed
    /// Nothing came for a while.
    case silent
    /// The server answered, but not with a WebSocket.
    case refused
    case unreachable
  }

  /// A message that a client drops or fails on.
  package struct Offence: Sendable, Codable, Hashable {
    @Nullable package var seq: UInt64?
    @Nullable package var tag: String?
    /// Where in the message: `snapshot.confirmed[0].cborHex`.
    @Nullable package var key: String?
    package var reason: String
    /// How the message begins.
    package var message: String
  }

  /// What one client does with the messages.
  package struct Client: Sendable, Codable, Hashable {
    package enum Verdict: String, Sendable, Codable, Hashable, Comparable {
      /// It takes all that it looks at.
      case takes
      /// It logs and drops some.
      case drops
      /// It ends, or connects again for ever.
      case fails

      package static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
      private var rank: Int { self == .takes ? 0 : self == .drops ? 1 : 2 }
    }

    package var client: String
    package var verdict: Verdict
    package var taken: UInt64 = 0
    /// Those that it does not look at.
    package var passedOver: UInt64 = 0
    package var dropped: UInt64 = 0
    package var failed: UInt64 = 0
    /// The first message that it drops, and the first that it fails on.
    @Nullable package var firstDrop: Offence?
    @Nullable package var firstFailure: Offence?

    init(_ client: String) {
      self.client = client
      verdict = .takes
    }
  }

  package var version = 1
  package var url = ""
  package var end = End.unreachable
  /// Why it ended, if there is more to say.
  @Nullable package var reason: String?
  package var messages: UInt64 = 0
  package var bytes: UInt64 = 0
  @Nullable package var firstSeq: UInt64?
  @Nullable package var lastSeq: UInt64?
  package var largestMessageBytes: UInt64 = 0
  /// What holds for the stream as a whole.
  package var notes: [String] = []
  package var clients = [Client("Oura"), Client("Kupo")]

  package init() {}

  /// The worst verdict.
  package var verdict: Client.Verdict { clients.map(\.verdict).max() ?? .takes }
}
