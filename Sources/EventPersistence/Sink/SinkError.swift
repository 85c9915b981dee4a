/// Why a sink did not store a batch.
public struct SinkError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Remedy: Sendable, Hashable {
    /// It can pass by itself: try again, with backoff.
    case retry
    /// Somebody must act: the driver stops, looks again each 60 s, and at once on `retry`.
    case stop
    /// Another driver holds the target: wait for it.
    case held
    /// Nothing goes on before somebody comes who takes the batch. The driver shows that it stands still, and
    /// puts the same batch again at once: the `put` itself waits a moment each time, about a second.
    case wait
    /// Not stored yet, and nothing is wrong: whoever takes the batch is on its way through it. The driver
    /// looks at its orders and puts the same batch again at once; nothing of it is shown.
    case again
  }

  public var remedy: Remedy

  /// Short and stable, for a table's cell: `exit 1`, `ENOSPC`, `ExpiredToken`.
  public var code: String

  /// What, where, what was expected, what to do.
  public var message: String

  public init(_ remedy: Remedy, code: String, _ message: String) {
    self.remedy = remedy
    self.code = code
    self.message = message
  }

  public var description: String { message }
}
