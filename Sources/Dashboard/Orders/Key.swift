/// A key as a terminal sends it.
public enum Key: Sendable, Hashable {
  /// A key that types a character, upper case and space included.
  case character(Character)
  /// Ctrl and a letter, given in lower case.
  case control(Character)
  case enter, escape, tab, backTab, backspace, delete
  case up, down, left, right, home, end, pageUp, pageDown
}

/// A mouse event, in columns and lines from 0.
public struct MouseEvent: Sendable, Hashable {
  public enum Kind: Sendable, Hashable { case click, doubleClick, wheelUp, wheelDown }

  public var kind: Kind
  public var column: Int
  public var line: Int

  public init(_ kind: Kind, column: Int, line: Int) {
    self.kind = kind
    self.column = column
    self.line = line
  }
}
