/// `STATE/NAME/secondary.json`: what the folder belongs to, written at the first drive.
///
/// A folder that names another log, kind or target is not driven: its checkpoint says nothing about them.
public struct Binding: Sendable, Hashable, Codable {
  public var kind: SinkKind
  public var target: String
  public var persistenceDir: String
  /// The first event that this secondary was given.
  @Nullable public var first: Position?
  public var createdAt: EventTime
  /// What it selected when it was last driven, in words; a change is journalled.
  @Nullable public var selection: String?

  public init(
    kind: SinkKind, target: String, persistenceDir: String, first: Position?, createdAt: EventTime,
    selection: String? = nil
  ) {
    self.kind = kind
    self.target = target
    self.persistenceDir = persistenceDir
    self.first = first
    self.createdAt = createdAt
    self.selection = selection
  }
}
