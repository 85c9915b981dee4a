/// Why a log was not restored: a message for people.
public struct RestoreError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Kind: Sendable, Hashable {
    /// The archive or the target is unsuitable; nothing was written.
    case refused
    /// It was cancelled.
    case cancelled
    /// It could not be written.
    case failed
  }

  public var kind: Kind
  public var message: String

  public init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  public var description: String { message }
}
