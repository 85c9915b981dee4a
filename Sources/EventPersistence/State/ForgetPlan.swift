/// What `forget` would do, or did.
public struct ForgetPlan: Sendable, Hashable, Codable {
  public var name: String
  @Nullable public var kind: SinkKind?
  @Nullable public var target: String?
  @Nullable public var checkpoint: Checkpoint?
  /// The folder's current path.
  public var path: String
  /// Its new name: it stays in the state directory, but is no longer shown.
  public var setAsideAs: String
  /// Why it cannot be done right now; null if it can.
  @Nullable public var refused: String?

  init(name: String, path: String, setAsideAs: String) {
    self.name = name
    self.path = path
    self.setAsideAs = setAsideAs
    kind = nil
    target = nil
    checkpoint = nil
    refused = nil
  }
}
