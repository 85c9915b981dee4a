/// A line of `STATE/NAME/journal.jsonl`: what happened to a secondary, so that a dashboard opened
/// at nine shows what happened at three.
public struct JournalEntry: Sendable, Hashable, Codable {
  public enum Kind: String, Sendable, Hashable, Codable {
    /// Its state changed: `text` names the new one.
    case state
    /// An error: first and last time, count.
    case error
    /// The primary was rotated, migrated or replaced, went away or came back.
    case primary
    /// A driver took or released the lock.
    case driver
    /// A pause, a resume, a retry, an adoption, a changed selection.
    case order
    /// A replay was requested, started or ended.
    case replay
    /// The sink removed something that it held, or set it aside.
    case sink
  }

  public var kind: Kind
  public var text: String
  public var at: EventTime
  /// The time of the last repeat, and the number of times in a row.
  public var lastAt: EventTime
  @Bounded public var count: Int
  /// How urgent it is; nil in entries that do not say.
  @Nullable package var severity: Severity?

  public init(_ kind: Kind, _ text: String, at: EventTime) {
    self.kind = kind
    self.text = text
    self.at = at
    lastAt = at
    count = 1
  }

  package init(_ kind: Kind, _ text: String, _ severity: Severity, at: EventTime) {
    self.init(kind, text, at: at)
    self.severity = severity
  }
}
