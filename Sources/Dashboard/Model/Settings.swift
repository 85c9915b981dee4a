/// What a dashboard is started with and does not change by itself.
public struct Settings: Sendable, Hashable {
  /// The terminal shows UTF-8; otherwise everything is drawn in ASCII.
  public var isUTF8: Bool
  /// The terminal has colours and the user wants them (`NO_COLOR`); otherwise attributes alone.
  public var hasColors: Bool
  /// Nothing that changes anything outside is offered.
  public var isReadOnly: Bool
  /// How often is polled.
  public var interval: Duration
  /// Whose colours are drawn with.
  public var theme: ThemeName
  /// The terminal hands us its mouse from the start; otherwise it selects text with it.
  public var hasMouse: Bool
  /// The bell is rung when a secondary becomes an error.
  public var ringsBell: Bool
  /// The window's title says how things stand.
  public var setsTitle: Bool
  /// The persistence directory, as the user named it.
  public var persistenceDir: String
  /// The node's name, where it is one of several.
  public var node: String?
  /// What to do where no node is known, line by line; what is indented is to be pasted or run.
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

/// Whose colours a dashboard is drawn with.
public enum ThemeName: String, Sendable, Hashable, CaseIterable {
  /// The terminal's own sixteen, and nothing supposed about its background.
  case terminal
  /// For a dark background, and for a light one: what each of them shows best.
  case dark, light
  /// None: bold, dim, underline and reverse alone.
  case mono
}
