/// `STATE/NAME/secondary.json`: what the folder belongs to, written at the first drive.
///
/// A folder that names another log, kind or target is not driven: its checkpoint does not apply to
/// them.
public struct Binding: Sendable, Hashable, Codable {
  public var kind: SinkKind
  public var target: String
  public var persistenceDir: String
  /// The first event that this secondary received.
  @Nullable public var first: Position?
  public var createdAt: EventTime
  /// Its selection at the last drive, in words; a change is journaled.
  @Nullable public var selection: String? = nil
}
