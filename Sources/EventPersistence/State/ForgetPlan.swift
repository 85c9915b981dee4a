/// What `forget` would do, or did.
public struct ForgetPlan: Sendable, Hashable, Codable {
  public var name: String
  @Nullable public var kind: SinkKind?
  @Nullable public var target: String?
  @Nullable public var checkpoint: Checkpoint?
  /// The folder as it is.
  public var path: String
  /// What it will be called: it stays in the state directory, and is shown no more.
  public var setAsideAs: String
  /// Why it cannot be done right now; null where it can.
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
