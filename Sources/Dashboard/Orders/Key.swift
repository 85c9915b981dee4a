/// A key as a terminal tells it.
public enum Key: Sendable, Hashable {
  /// What types a character, upper case included; a space too.
  case character(Character)
  /// Ctrl and a letter, given in lower case.
  case control(Character)
  case enter, escape, tab, backTab, backspace, delete
  case up, down, left, right, home, end, pageUp, pageDown
}

/// What a mouse does, in columns and lines from 0.
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
