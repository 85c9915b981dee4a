/// Why a log could not be read.
public struct SourceError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Kind: Sendable, Hashable {
    /// There is no log (yet).
    case missing
    /// There are two logs: in one directory, or because its path leads to another one now.
    case ambiguous
    /// It may not be read for now, or is not whole yet.
    case unreadable
    /// It is there and at rest, and is not a whole log: an operator must repair or replace it, or
    /// continue after the damage, with this event; nil if none after it can be read.
    case damaged(next: Position?)
    /// A format that this version does not know; the message has its number.
    case unsupported
    /// It changed while it was being read: the same call may succeed at once.
    case changed
    /// The events asked for are provably lost.
    case gap(ClosedRange<UInt64>)
    /// The log no longer has the event after which the reader continues: the node lost it and
    /// reused its id (with the event that has the id now, if there is one).
    case diverged(Position?)
  }

  public var kind: Kind

  /// What happened, where, what was expected, and what to do: one or two sentences.
  public var message: String

  public init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  public var description: String { message }

  /// Whether it may pass by itself.
  public var canPass: Bool {
    switch kind {
    case .missing, .changed, .unreadable: true
    case .damaged, .ambiguous, .unsupported, .gap, .diverged: false
    }
  }

  /// Whether events are lost or cannot be read.
  var isLoss: Bool {
    switch kind {
    case .gap, .damaged: true
    case .missing, .ambiguous, .unreadable, .unsupported, .changed, .diverged: false
    }
  }

  /// The id of the first event after those that are lost or cannot be read, if that is known.
  var idAfterLoss: UInt64? {
    switch kind {
    case .gap(let ids): ids.upperBound
    case .damaged(let next): next?.eventId
    case .missing, .ambiguous, .unreadable, .unsupported, .changed, .diverged: nil
    }
  }
}
