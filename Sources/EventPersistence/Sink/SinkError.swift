/// Why a sink did not store a batch.
public struct SinkError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Remedy: Sendable, Hashable {
    /// It may pass by itself: try again, with backoff.
    case retry
    /// An operator must act: the driver stops, tries again every 60 s, and at once on `retry`.
    case stop
    /// Another driver holds the target: wait for it.
    case held
    /// No consumer takes the batch. The driver shows that it waits, and puts the same batch again
    /// at once: each `put` itself waits about a second.
    case wait
    /// Not stored yet, and nothing is wrong: a consumer is processing the batch. The driver looks
    /// at its orders, puts the same batch or what is left of it again at once, and shows no error.
    case again
  }

  public var remedy: Remedy

  /// What a sink found out about its target's content when it failed.
  public enum Finding: Sendable, Hashable {
    /// Nothing: it may be whole.
    case none
    /// It is damaged, or belongs to another program.
    case damaged
    /// A later version made it.
    case unsupported
  }

  public var finding: Finding

  /// Short and stable, for a table's cell: `exit 1`, `ENOSPC`, `ExpiredToken`.
  public var code: String

  /// The code of a sink that lost what it held, where the log no longer has all of that either.
  package static let emptiedCode = "emptied"

  /// What happened, where, what was expected, and what to do.
  public var message: String

  /// The last event of the batch that is stored nevertheless: it counts as delivered, and the
  /// driver puts the events after it. Ignored unless there are such events, and for a sink that
  /// receives whole batches.
  public var stored: Position?

  public init(
    _ remedy: Remedy, code: String, _ message: String, stored: Position? = nil,
    finding: Finding = .none
  ) {
    self.remedy = remedy
    self.finding = finding
    self.code = code
    self.message = message
    self.stored = stored
  }

  public var description: String { message }
}
