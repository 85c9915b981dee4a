internal import EventPersistence

/// The folders that a service which drives these nodes uses.
extension [Setup] {
  /// The state directory of all nodes.
  var stateDirectory: String? {
    guard let setup = first else { return nil }
    return setup.node == nil ? setup.state.path : FilePaths.parent(of: setup.state.path)
  }

  var configurationFile: String? { first?.configuration.file }

  /// The folders of archives, each once.
  var archives: [String] {
    let paths = flatMap(\.configuration.secondaries).compactMap { secondary -> String? in
      if case .file(let file) = secondary.kind { file.path } else { nil }
    }
    return Set(paths).sorted()
  }

  /// The directories of nodes that are known, each once.
  var persistenceDirs: [String] { Set(compactMap(\.knownPersistenceDir)).sorted() }
}
