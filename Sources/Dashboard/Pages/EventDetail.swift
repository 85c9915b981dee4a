public import EventPersistence

/// One event in full: its JSON as tokens, in order.
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
      /// `{` or `[`, and `}` or `]`: the text says which.
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

  /// A transaction that the event holds, as its body tells.
  public struct Transaction: Sendable, Hashable {
    public var id: String
    /// Nil where there is no body, or one that cannot be read.
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
  /// The JSON was longer than what is shown.
  public var isCut: Bool
  /// One line above the JSON: what matters in it.
  public var summary: String
  /// In the order of the JSON.
  public var transactions: [Transaction]

  /// More tokens than this are not shown: an event may have 256 MiB.
  public static let tokensMax = 200_000
  /// More transactions than this are not counted out.
  public static let transactionsMax = 1000
  /// Of one token's text; the rest is counted.
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
