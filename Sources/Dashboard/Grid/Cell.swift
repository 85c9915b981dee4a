/// One column of one line of the screen.
package struct Cell: Sendable, Hashable {
  /// One character of width 1 or 2 with at most `marksMax` combining marks after it; empty in the second
  /// column of a wide character. Never a control character.
  package var text: String
  package var style: Style

  /// How many combining marks a cell keeps: what ncurses' `cchar_t` holds besides its first character.
  package static let marksMax = 4

  package init(_ text: String, _ style: Style = .plain) {
    self.text = text
    self.style = style
  }

  package static let blank = Cell(" ")

  /// Whether the character to the left covers this column too.
  package var isContinuation: Bool { text.isEmpty }
}
