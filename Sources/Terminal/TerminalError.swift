/// Why no dashboard can be shown: a sentence for a person.
package struct TerminalError: Error, Sendable, Hashable, CustomStringConvertible {
  package enum Kind: Sendable, Hashable {
    /// Standard input or output is a file, a pipe or nothing.
    case notATerminal
    /// `TERM` is not set.
    case termUnset
    /// This machine has a description neither of the terminal that `TERM` names nor of one in its
    /// stead.
    case termUnknown
    /// The terminal cannot place its cursor.
    case termTooSimple
    /// The system refused something.
    case system
  }

  package var kind: Kind
  package var message: String

  init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  package var description: String { message }
}
