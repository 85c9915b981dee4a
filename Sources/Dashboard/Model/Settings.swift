/// The settings with which a dashboard starts.
package struct Settings: Sendable, Hashable {
  /// The terminal shows UTF-8; otherwise everything is drawn in ASCII.
  package var isUTF8: Bool
  /// The terminal has colours and the user wants them (`NO_COLOR`); otherwise attributes alone.
  package var hasColors: Bool
  /// Whether all orders that change something outside are switched off.
  package var isReadOnly: Bool
  /// How often to poll.
  package var interval: Duration
  /// Which colours to use.
  package var theme: ThemeName
  /// Whether the dashboard uses the mouse from the start; otherwise the terminal selects text with
  /// it.
  package var hasMouse: Bool
  /// Whether the bell rings when a secondary becomes an error.
  package var ringsBell: Bool
  /// Whether the window's title shows the worst state.
  package var setsTitle: Bool
  /// The persistence directory, as the user named it.
  package var persistenceDir: String
  /// Whether everything that is shown is removed when the dashboard ends.
  package var isDemo = false
  /// The node's name, if it is one of several.
  package var node: String?
  /// What to do if no node is known, line by line; indented lines are to be pasted or run.
  package var advice: [String] = []
  /// What the log panel begins with.
  package var notes: [String] = []

  package init(
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
package enum ThemeName: String, Sendable, Hashable, CaseIterable {
  /// The terminal's own sixteen, with no assumption about its background.
  case terminal
  /// For a dark background, and for a light one.
  case dark, light
  /// No colours: only bold, dim, underline and reverse.
  case mono
}
