extension Secondary {
  /// Whether the folder belongs to this log, kind and target.
  ///
  /// - Throws: `.bound`, which names both, if it belongs to another.
  @discardableResult
  public nonisolated static func checkBinding(
    of configuration: SecondaryConfiguration, in folder: SecondaryFolder
  ) throws(StateError) -> Binding? {
    try folder.checkBinding(
      kind: configuration.sink.kind, target: configuration.sink.target,
      persistenceDir: configuration.persistenceDir)
  }

  /// Binds the folder to this secondary, unless it is bound to it already. Returns the generation
  /// that is stored.
  func bind() throws(StateError) -> Int {
    let selection = configuration.selection.description
    if var binding = try Self.checkBinding(of: configuration, in: folder) {
      guard binding.selection != selection else { return binding.generation }
      if let old = binding.selection {
        note(.order, "selects \(selection) from the checkpoint on, where it selected \(old)")
      }
      binding.selection = selection
      try folder.writeBinding(binding)
      return binding.generation
    }
    try folder.writeBinding(
      Binding(
        kind: configuration.sink.kind, target: configuration.sink.target,
        persistenceDir: configuration.persistenceDir,
        first: nil, createdAt: options.clock.date, selection: selection))
    return 1
  }

  /// The first event that this secondary ever received; nil if that is not known.
  var firstReceived: Position? { (try? folder.readBinding())?.first }

  /// Writes the first event into the binding, once it is known, and where the log's path leads: at
  /// the first drive, the directory may not have been there yet.
  func bind(first: Position) throws(StateError) {
    guard var binding = try folder.readBinding(), binding.first == nil else { return }
    binding.first = first
    binding.persistenceDir = StateDirectory.resolvedPath(binding.persistenceDir)
    try folder.writeBinding(binding)
  }
}
