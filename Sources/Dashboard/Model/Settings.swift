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
  /// The persistence directory, as the user named it.
  public var persistenceDir: String
  /// The node's name, where it is one of several.
  public var node: String?
  /// What to do where no node is known, line by line; what is indented is to be pasted or run.
  public var advice: [String] = []

  public init(
    persistenceDir: String, interval: Duration = .milliseconds(100), isUTF8: Bool = true,
    hasColors: Bool = true, isReadOnly: Bool = false
  ) {
    self.persistenceDir = persistenceDir
    self.interval = interval
    self.isUTF8 = isUTF8
    self.hasColors = hasColors
    self.isReadOnly = isReadOnly
  }
}
