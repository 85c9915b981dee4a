/// What `forget` would do, or did.
package struct ForgetPlan: Sendable, Hashable, Codable {
  package var name: String
  @Nullable package var kind: SinkKind?
  @Nullable package var target: String?
  @Nullable package var checkpoint: Checkpoint?
  /// The folder's current path.
  package var path: String
  /// Its new name: it stays in the state directory, but is no longer shown.
  package var setAsideAs: String
  /// Why it cannot be done right now; null if it can.
  @Nullable package var refused: String?

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
