package import EventPersistence
internal import Foundation
package import Wording

/// What a command works on: one node's log, its secondaries, the directory of their state.
package struct Setup: Sendable {
  /// The relevant options of the command line.
  package struct Request: Sendable {
    package var config: String?
    /// A persistence directory, or the name of a configured node.
    package var directory: String?
    package var sinks: [String]
    /// Which of several configured nodes.
    package var node: String?

    package init(
      config: String? = nil, directory: String? = nil, sinks: [String], node: String? = nil
    ) {
      self.config = config
      self.directory = directory
      self.sinks = sinks
      self.node = node
    }
  }

  /// The node's name in the configuration, where it is one of several.
  package var node: String?
  /// Its name beside other nodes.
  package var title: String?

  /// The configuration in effect, the secondaries of `--sink` included.
  package var configuration: Configuration
  /// Nil if neither a configuration nor an argument names one: then only the state is known.
  package var knownPersistenceDir: String?
  package var state: StateDirectory
  /// What the drives of this process count.
  package var meters = DriveMeters()
  /// What the drives of this process wait on.
  package var lookout = BlockingExecutor(label: "lookout")
  /// Notes for the user about how this setup was chosen, for standard error.
  package var notes: [String] = []

  /// The node's persistence directory.
  ///
  /// - Throws: a refusal (64) that says how to name one.
  package var persistenceDir: String {
    get throws(Refusal) {
      if let knownPersistenceDir { return knownPersistenceDir }
      let candidates = ConfigurationFile.candidates(
        environment: ProcessInfo.processInfo.environment)
      throw Refusal(
        .usage,
        "which node? Name its persistence directory (--dir DIR), or write a configuration; "
          + "none was found at \(candidates.joined(separator: ", "))")
    }
  }

  package static func make(
    request: Request, environment: [String: String]
  ) throws(Refusal) -> Setup {
    var notes: [String] = []
    let file = try chosenConfiguration(request, environment, &notes)
    let (node, configuration) = try chosenNode(request, of: file, &notes)
    return try make(request, node: node, configuration, environment: environment, notes: notes)
  }

  /// The setup of one node, `configuration` being its own.
  package static func make(
    _ request: Request, node: String?, _ configuration: Configuration,
    environment: [String: String], notes: [String]
  ) throws(Refusal) -> Setup {
    var configuration = configuration
    for uri in request.sinks {
      var secondary = try SinkURI.parse(uri)
      secondary.history = configuration.inheritedHistory(of: secondary)
      secondary.onState = configuration.onState
      if configuration.secondaries.contains(where: { $0.name == secondary.name }) {
        throw Refusal(
          .usage,
          "--sink \(uri): there is already a secondary \(secondary.name); name this one with #NAME")
      }
      configuration.secondaries.append(secondary)
    }
    let directory =
      node == nil
      ? request.directory.map { FilePaths.absolute($0) } ?? configuration.persistenceDir
      : configuration.persistenceDir
    let setup = Setup(
      node: node,
      title: node,
      configuration: configuration,
      knownPersistenceDir: directory,
      state: StateDirectory(
        path: statePath(node, configuration, of: directory, environment),
        group: configuration.stateGroup, node: node),
      notes: notes)
    try setup.checkPlaces()
    try checkTargets([setup])
    return setup
  }

  /// Where the state of a node is: below the configured or the default directory, in a folder of its
  /// own where others may share that.
  private static func statePath(
    _ node: String?, _ configuration: Configuration, of directory: String?,
    _ environment: [String: String]
  ) -> String {
    let root = FilePaths.absolute(
      StateDirectory.resolve(configured: configuration.stateDir, environment: environment))
    if let node { return "\(root)/\(node)" }
    let isGiven = configuration.stateDir != nil || environment["STATE_DIRECTORY"]?.isEmpty == false
    guard !isGiven, let directory else { return root }
    return StateDirectory.directory(
      of: directory, in: root, isOwn: configuration.file != nil)
  }

  /// The name of `secondary` as a command takes it: `NAME`, or `NODE/NAME` where there are several nodes.
  package func argument(_ secondary: String) -> String { state.argument(secondary) }

  /// The configuration that a request refers to; an empty one if there is none.
  package static func chosenConfiguration(
    _ request: Request, _ environment: [String: String], _ notes: inout [String]
  ) throws(Refusal) -> Configuration {
    let isNamed = request.config != nil
    guard let file = request.config ?? ConfigurationFile.search(environment: environment) else {
      return Configuration()
    }
    let read: Configuration
    do {
      read = try ConfigurationFile.read(file, environment: environment)
    } catch {
      // The command did not name this configuration, so an error in it must not stop the command.
      guard !isNamed, request.directory != nil else { throw error }
      notes.append("ignored: \(error.message)")
      return Configuration()
    }
    guard let directory = request.directory, read.nodes.isEmpty,
      let configured = read.persistenceDir, !FilePaths.same(directory, configured)
    else { return read }
    guard isNamed else {
      notes.append("the configuration \(file) is for \(configured), not \(directory); ignoring it")
      return Configuration()
    }
    throw Refusal(
      .usage,
      "--config \(file) describes the node in \(configured), not the one in \(directory). Omit "
        + "the directory or omit --config")
  }

  /// Refuses a state directory or a sink inside the node's directory, and a sink inside the state of a
  /// secondary, whose lock it would wait for.
  private func checkPlaces() throws(Refusal) {
    for secondary in configuration.secondaries {
      guard case .file(let file) = secondary.kind,
        let owner = configuration.secondaries.first(where: {
          FilePaths.lies(file.path, in: state.folder($0.name).path)
        })
      else { continue }
      throw Refusal(
        .configuration,
        "\(secondary.name): its path \(file.path) is where the state of \(owner.name) is kept: choose "
          + "another one")
    }
    guard let dir = knownPersistenceDir else { return }
    if FilePaths.lies(state.path, in: dir) {
      throw Refusal(
        .configuration,
        "the state directory \(state.path) is in the persistence directory \(dir), which "
          + "belongs to the node: choose another one (state-dir)")
    }
    for secondary in configuration.secondaries {
      guard case .file(let file) = secondary.kind, FilePaths.lies(file.path, in: dir) else {
        continue
      }
      throw Refusal(
        .configuration,
        "\(secondary.name): its path \(file.path) is in the persistence directory \(dir), which "
          + "belongs to the node: choose another one")
    }
  }
}

extension Setup {
  /// Prints the notes to standard error.
  package func tell() {
    for note in notes { StandardError.say(note) }
  }
}
