/// Why a log could not be read.
public struct SourceError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Kind: Sendable, Hashable {
    /// No log is there (yet).
    case missing
    /// Two logs claim to be the one.
    case ambiguous
    /// It may not be read, or it is not what it should be.
    case unreadable
    /// A form that this version does not know: said by its number.
    case unsupported
    /// It changed while it was being read: the same call may succeed at once.
    case changed
    /// The events asked for are lost, provably.
    case gap(ClosedRange<UInt64>)
    /// The event that the reader stands behind is not in the log any more as it was given: the node lost
    /// it and gave its id anew (here, what stands there now, where something does).
    case diverged(Position?)
  }

  public var kind: Kind

  /// What, where, what was expected, what to do: one or two sentences.
  public var message: String

  public init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  public var description: String { message }

  /// Whether it can pass without anybody's doing.
  public var canPass: Bool {
    switch kind {
    case .missing, .changed, .unreadable: true
    case .ambiguous, .unsupported, .gap, .diverged: false
    }
  }
}
