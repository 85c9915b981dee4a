/// Why a log was not restored: a sentence for a person.
public struct RestoreError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Kind: Sendable, Hashable {
    /// What is to be restored, or where to, is not as it must be; nothing was written.
    case refused
    /// It was asked to stop.
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
