/// The settings with which a dashboard starts.
public struct Settings: Sendable, Hashable {
  /// The terminal shows UTF-8; otherwise everything is drawn in ASCII.
  public var isUTF8: Bool
  /// The terminal has colours and the user wants them (`NO_COLOR`); otherwise attributes alone.
  public var hasColors: Bool
  /// Whether all orders that change something outside are switched off.
  public var isReadOnly: Bool
  /// How often to poll.
  public var interval: Duration
  /// Which colours to use.
  public var theme: ThemeName
  /// Whether the dashboard uses the mouse from the start; otherwise the terminal selects text with
  /// it.
  public var hasMouse: Bool
  /// Whether the bell rings when a secondary becomes an error.
  public var ringsBell: Bool
  /// Whether the window's title shows the worst state.
  public var setsTitle: Bool
  /// The persistence directory, as the user named it.
  public var persistenceDir: String
  /// The node's name, if it is one of several.
  public var node: String?
  /// What to do if no node is known, line by line; indented lines are to be pasted or run.
  public var advice: [String] = []

  public init(
    persistenceDir: String, interval: Duration = .milliseconds(100), isUTF8: Bool = true,
    hasColors: Bool = true, isReadOnly: Bool = false, theme: ThemeName = .terminal,
    hasMouse: Bool = false, ringsBell: Bool = true, setsTitle: Bool = true
  ) {
    self.persistenceDir = persistenceDir
    self.interval = interval
    self.isUTF8 = isUTF8
    self.hasColors = hasColors
    self.isReadOnly = isReadOnly
    self.theme = theme
    self.hasMouse = hasMouse
    self.ringsBell = ringsBell
    self.setsTitle = setsTitle
  }
}

/// The colours of a dashboard.
public enum ThemeName: String, Sendable, Hashable, CaseIterable {
  /// The terminal's own sixteen, with no assumption about its background.
  case terminal
  /// For a dark background, and for a light one.
  case dark, light
  /// No colours: only bold, dim, underline and reverse.
  case mono
}
