public import EventPersistence

/// A whole event: its JSON as tokens, in order.
public struct EventDetail: Sendable, Hashable {
  public struct Token: Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
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

    public var kind: Kind
    /// 0 for the event's own braces, 1 for its keys and their values, and so on.
    public var depth: Int
    public var text: String

    public init(_ kind: Kind, depth: Int, _ text: String) {
      self.kind = kind
      self.depth = depth
      self.text = text
    }
  }

  /// A transaction in the event, read from its body.
  public struct Transaction: Sendable, Hashable {
    public var id: String
    /// Nil if there is no readable body.
    public var inputs: Int?
    public var outputs: Int?

    public init(id: String, inputs: Int?, outputs: Int?) {
      self.id = EventRow.bounded(id, 128)
      self.inputs = inputs
      self.outputs = outputs
    }
  }

  public var position: Position
  /// The size of its JSON as stored.
  public var bytes: Int
  public var tokens: [Token]
  /// Whether the JSON is longer than the shown part.
  public var isCut: Bool
  /// One line above the JSON: what matters in it.
  public var summary: String
  /// In the order of the JSON.
  public var transactions: [Transaction]

  /// The most tokens shown: an event may have 256 MiB.
  public static let tokensMax = 200_000
  /// The most transactions listed.
  public static let transactionsMax = 1000
  /// The longest text of a token; the rest is counted.
  public static let textBytesMax = 1 << 20

  public init(
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
