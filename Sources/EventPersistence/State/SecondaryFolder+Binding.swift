extension SecondaryFolder {
  /// What the folder is bound to, once it is sure that this is what the caller means; nil where it is bound
  /// to nothing yet. Paths of logs count as the same where their links lead to the same place.
  ///
  /// - Throws: `.bound`, with both named, where it belongs to something else.
  @discardableResult
  public func checkBinding(kind: SinkKind, target: String, persistenceDir: String)
    throws(StateError) -> Binding?
  {
    guard let binding = try readBinding() else { return nil }
    if let mismatch = mismatch(
      of: binding, kind: kind, target: target, persistenceDir: persistenceDir)
    {
      throw mismatch
    }
    return binding
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
        + "folder to it: hydra-sinks adopt \(name).")
  }
}
