extension SecondaryFolder {
  /// The folder's binding, after checking that it matches; nil if the folder is not bound yet, or
  /// is bound to something of which nothing was stored. Two paths of a log count as the same if
  /// their links lead to the same place.
  ///
  /// - Throws: `.bound`, which names both, if the folder belongs to something else.
  @discardableResult
  public func checkBinding(kind: SinkKind, target: String, persistenceDir: String)
    throws(StateError) -> Binding?
  {
    guard let binding = try readBinding() else { return nil }
    guard
      let mismatch = mismatch(
        of: binding, kind: kind, target: target, persistenceDir: persistenceDir)
    else { return binding }
    guard try readCheckpoint()?.eventId == nil else { throw mismatch }
    return nil
  }

  package func mismatch(of binding: Binding, kind: SinkKind, target: String, persistenceDir: String)
    -> StateError?
  {
    var differences: [String] = []
    if binding.kind != kind { differences.append("kind \(binding.kind), not \(kind)") }
    if binding.target != target {
      differences.append("target \(binding.target), not \(target)")
    }
    if binding.persistenceDir != persistenceDir,
      StateDirectory.resolvedPath(binding.persistenceDir)
        != StateDirectory.resolvedPath(persistenceDir)
    {
      differences.append(
        "persistence directory \(binding.persistenceDir), not \(persistenceDir)")
    }
    guard !differences.isEmpty else { return nil }
    return StateError(
      .bound,
      "\(path) belongs to another secondary: \(differences.joined(separator: "; ")). Its "
        + "checkpoint does not apply to this one. Give this one another name, or bind the "
        + "folder to it: hydra-sinks adopt \(argument)")
  }
}
