/// What a terminal can be asked for besides showing a grid.
public enum Order: Sendable, Hashable {
  /// Puts text into the clipboard of the terminal's user (OSC 52). Cut at `copyBytesMax`.
  case copy(String)
  /// Names the window. Foreign text is to be made visible before.
  case title(String)
  case bell
  /// Sends the whole screen again, for when somebody else wrote on it.
  case redraw
  /// Takes the mouse, or leaves it to the terminal, where it selects text.
  case mouse(Bool)
  /// Stops the process as Ctrl-Z does; `Input.resumed` follows when it goes on.
  case suspend

  /// Terminals refuse more; xterm's bound is the lowest that is known.
  public static let copyBytesMax = 74_994
}
