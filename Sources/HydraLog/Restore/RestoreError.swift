/// Why a log was not restored: a message for people.
package struct RestoreError: Error, Sendable, Hashable, CustomStringConvertible {
  package enum Kind: Sendable, Hashable {
    /// The archive or the target is unsuitable; nothing was written.
    case refused
    /// It was cancelled.
    case cancelled
    /// It could not be written.
    case failed
  }

  package var kind: Kind
  package var message: String

  package init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  package var description: String { message }
}
