package import EventPersistence

/// A whole event: its JSON as tokens, in order.
package struct EventDetail: Sendable, Hashable {
  package struct Token: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
      /// A key, without quotes and colon.
      case key
      /// A string, without quotes, its escapes resolved or not; foreign text.
      case string
      case number
      /// `true`, `false`, `null`.
      case literal
      /// `{` or `[`, and `}` or `]`, as in the text.
      case open, close
    }

    package var kind: Kind
    /// 0 for the event's own braces, 1 for its keys and their values, and so on.
    package var depth: Int
    package var text: String

    package init(_ kind: Kind, depth: Int, _ text: String) {
      self.kind = kind
      self.depth = depth
      self.text = text
    }
  }

  /// A transaction in the event, read from its body.
  package struct Transaction: Sendable, Hashable {
    package var id: String
    /// Nil if there is no readable body.
    package var inputs: Int?
    package var outputs: Int?

    package init(id: String, inputs: Int?, outputs: Int?) {
      self.id = EventRow.bounded(id, 128)
      self.inputs = inputs
      self.outputs = outputs
    }
  }

  package var position: Position
  /// The size of its JSON as stored.
  package var bytes: Int
  package var tokens: [Token]
  /// Whether the JSON is longer than the shown part.
  package var isCut: Bool
  /// One line above the JSON: what matters in it.
  package var summary: String
  /// In the order of the JSON.
  package var transactions: [Transaction]

  /// The most tokens shown: an event may have 256 MiB.
  package static let tokensMax = 200_000
  /// The most transactions listed.
  package static let transactionsMax = 1000
  /// The longest text of a token; the rest is counted.
  package static let textBytesMax = 1 << 20

  package init(
    position: Position, bytes: Int, tokens: [Token], isCut: Bool = false, summary: String = "",
    transactions: [Transaction] = []
  ) {
    self.position = position
    self.bytes = bytes
    self.tokens = tokens.count > Self.tokensMax ? Array(tokens.prefix(Self.tokensMax)) : tokens
    self.transactions = Array(transactions.prefix(Self.transactionsMax))
    self.isCut = isCut || tokens.count > Self.tokensMax
    self.summary = EventRow.bounded(summary, EventRow.summaryBytesMax)
  }
}
