/// `STATE/NAME/secondary.json`: what the folder belongs to, written at the first drive.
///
/// A folder that names another log, kind or target is not driven: its checkpoint says nothing about them.
public struct Binding: Sendable, Hashable, Codable {
  public var kind: String
  public var target: String
  public var persistenceDir: String
  /// The first event that this secondary was given.
  @Nullable public var first: Position?
  public var createdAt: EventTime

  public init(
    kind: String, target: String, persistenceDir: String, first: Position?, createdAt: EventTime
  ) {
    self.kind = kind
    self.target = target
    self.persistenceDir = persistenceDir
    self.first = first
    self.createdAt = createdAt
  }
}
