/// One column of one line of the screen.
public struct Cell: Sendable, Hashable {
  /// One character of width 1 or 2 with at most `marksMax` combining marks after it; empty in the second
  /// column of a wide character. Never a control character.
  public var text: String
  public var style: Style

  /// How many combining marks a cell keeps: what ncurses' `cchar_t` holds besides its first character.
  public static let marksMax = 4

  public init(_ text: String, _ style: Style = .plain) {
    self.text = text
    self.style = style
  }

  public static let blank = Cell(" ")

  /// Whether the character to the left covers this column too.
  public var isContinuation: Bool { text.isEmpty }
}
