/// A key as a terminal sends it.
package enum Key: Sendable, Hashable {
  /// A key that types a character, upper case and space included.
  case character(Character)
  /// Ctrl and a letter, given in lower case.
  case control(Character)
  case enter, escape, tab, backTab, backspace, delete
  case up, down, left, right, home, end, pageUp, pageDown
}

/// A mouse event, in columns and lines from 0.
package struct MouseEvent: Sendable, Hashable {
  package enum Kind: Sendable, Hashable { case click, doubleClick, wheelUp, wheelDown }

  package var kind: Kind
  package var column: Int
  package var line: Int

  package init(_ kind: Kind, column: Int, line: Int) {
    self.kind = kind
    self.column = column
    self.line = line
  }
}
