/// Why no dashboard can be shown: a sentence for a person.
public struct TerminalError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Kind: Sendable, Hashable {
    /// Standard input or output is a file, a pipe or nothing.
    case notATerminal
    /// `TERM` is not set.
    case termUnset
    /// `TERM` names a terminal that this machine has no description of.
    case termUnknown
    /// The terminal cannot place its cursor.
    case termTooSimple
    /// The system refused something.
    case system
  }

  public var kind: Kind
  public var message: String

  init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  public var description: String { message }
}
