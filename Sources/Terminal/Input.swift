public import Dashboard

/// What a terminal has to tell.
public enum Input: Sendable, Hashable {
  case key(Key)

  /// Pasted text, with line feeds for line ends: text only, never keys. At most `pasteBytesMax` long.
  case paste(String)

  case mouse(MouseEvent)

  case resized(columns: Int, lines: Int)

  /// The process was stopped and goes on: time has passed, and the screen is drawn anew.
  case resumed

  /// SIGTERM, SIGINT or SIGQUIT: somebody wants the process to end.
  case terminated(signal: Int32)

  /// The terminal is gone, or SIGHUP said so: nothing can be shown or asked any more.
  case vanished

  /// What is pasted beyond this is dropped.
  public static let pasteBytesMax = 65_536
}
