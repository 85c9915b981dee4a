internal import EventPersistence
internal import Foundation
internal import Metrics
package import SecondaryStatus
package import Wording
internal import Yams

/// The YAML file of a configuration: where it is searched, and how it is read.
package enum ConfigurationFile {
  /// The keys of a node, whether it is the only one or one of several.
  package static let nodeKeys = [
    "persistence-dir", "persistence-rotate-after", "silent-after", "on-new-log", "warn", "error",
    "on-state", "history", "verify-every",
    "secondaries",
  ]
  package static let topKeys =
    nodeKeys + ["state-dir", "state-group", "metrics", "bell", "title", "nodes"]

  /// Where a configuration is searched if none is named, in this order.
  package static func candidates(environment: [String: String]) -> [String] {
    var candidates = ["hydra-sinks.yaml"]
    let home = environment["HOME"].flatMap { $0.isEmpty ? nil : $0 }
    if let base = environment["XDG_CONFIG_HOME"], base.hasPrefix("/") {
      candidates.append("\(base)/hydra-sinks/hydra-sinks.yaml")
    } else if let home {
      candidates.append("\(home)/.config/hydra-sinks/hydra-sinks.yaml")
    }
    candidates.append("/etc/hydra-sinks.yaml")
    return candidates
  }

  /// The first candidate that exists, or nil.
  package static func search(environment: [String: String]) -> String? {
    candidates(environment: environment).first { access($0, F_OK) == 0 }
  }

  /// Reads the file at `path`.
  ///
  /// - Throws: a refusal (78) with file, line, what was found and what was expected.
  package static func read(_ path: String, environment: [String: String]) throws(Refusal)
    -> Configuration
  {
    let text: String
    do {
      let data = try Data(contentsOf: URL(fileURLWithPath: path))
      guard let decoded = String(data: data, encoding: .utf8) else {
        throw Refusal(.configuration, "\(path): expected a YAML file in UTF-8, found other bytes")
      }
      text = decoded
    } catch let refusal as Refusal {
      throw refusal
    } catch {
      throw Refusal(
        .configuration, "the configuration \(path) cannot be read: \(reason(error, at: path))")
    }
    return try parse(text, file: path, environment: environment)
  }

  /// The configuration that `text` holds; relative paths are relative to the folder of `file`.
  package static func parse(
    _ text: String, file: String, environment: [String: String] = [:]
  ) throws(Refusal) -> Configuration {
    let root: Node?
    do {
      root = try Yams.compose(yaml: text)
    } catch {
      throw mistake(error, in: text, file: file)
    }
    guard let root else {
      throw ConfigurationMapping.mistake(
        file, 1, "", "the file is empty: expected at least persistence-dir and secondaries")
    }
    let paths = ConfiguredPaths(
      folder: FilePaths.parent(of: FilePaths.absolute(file)), home: environment["HOME"])
    return try configuration(
      of: ConfigurationMapping(root, file: file, place: ""), file: file, paths: paths)
  }

  private static func configuration(
    of map: ConfigurationMapping, file: String, paths: ConfiguredPaths
  ) throws(Refusal) -> Configuration {
    try map.allow(topKeys)
    var configuration = Configuration()
    configuration.file = FilePaths.absolute(file)
    configuration.stateDir = try map.string("state-dir").map(paths.resolve)
    configuration.stateGroup = try map.plain("state-group", expected: "the name of a group")
    configuration.metrics = try metrics(map)
    configuration.ringsBell = try map.truth("bell") ?? true
    configuration.setsTitle = try map.truth("title") ?? true
    try readAlarms(map, &configuration, paths: paths)
    if map.has("nodes") {
      try readNodes(map, &configuration, paths: paths)
    } else {
      try readNode(map, &configuration, paths: paths)
    }
    return configuration
  }

  private static func metrics(_ map: ConfigurationMapping) throws(Refusal) -> MetricsAddress? {
    guard let text = try map.plain("metrics", expected: MetricsAddress.expectation) else {
      return nil
    }
    guard let address = MetricsAddress(text) else {
      throw map.mistake(at: "metrics", expected: MetricsAddress.expectation)
    }
    return address
  }

  /// The alarms; an absent key leaves its default.
  private static func readAlarms(
    _ map: ConfigurationMapping, _ configuration: inout Configuration, paths: ConfiguredPaths
  ) throws(Refusal) {
    configuration.silentAfter = try silence(map, inheriting: configuration.silentAfter)
    configuration.beginsNewLogs =
      try SecondaryEntry.beginsNewLogs(map) ?? configuration.beginsNewLogs
    configuration.warn = try limits(map, "warn", inheriting: configuration.warn)
    configuration.error = try limits(map, "error", inheriting: configuration.error)
    configuration.verifyEvery = try verifyEvery(map, inheriting: configuration.verifyEvery)
    configuration.onState = try ConfiguredOnState.read(
      map, paths, inheriting: configuration.onState)
  }

  /// `verify-every`, which `off` turns off.
  static func verifyEvery(
    _ map: ConfigurationMapping, inheriting inherited: Duration?
  ) throws(Refusal) -> Duration? {
    if map.isOff("verify-every") { return nil }
    return try map.duration("verify-every") ?? inherited
  }

  /// `silent-after`, which `off` turns off, as a whole or one of its two.
  private static func silence(
    _ map: ConfigurationMapping, inheriting inherited: SilentLimits
  ) throws(Refusal) -> SilentLimits {
    if map.isOff("silent-after") { return SilentLimits() }
    guard let silent = try map.mapping("silent-after") else { return inherited }
    try silent.allow(["warn", "error"])
    var limits = inherited
    if silent.has("warn") {
      limits.warn = silent.isOff("warn") ? nil : try silent.duration("warn")?.inSeconds
    }
    if silent.has("error") {
      limits.error = silent.isOff("error") ? nil : try silent.duration("error")?.inSeconds
    } else if let warn = limits.warn, let error = limits.error, error <= warn {
      // An error that is not configured must not come before the warning.
      limits.error = nil
    }
    return limits
  }

  /// A node's log and its secondaries.
  private static func readNode(
    _ map: ConfigurationMapping, _ configuration: inout Configuration, paths: ConfiguredPaths
  ) throws(Refusal) {
    guard let persistenceDir = try map.string("persistence-dir") else {
      throw map.missing("persistence-dir", expected: "the directory given to hydra-node")
    }
    configuration.persistenceDir = paths.resolve(persistenceDir)
    configuration.rotateAfter = try map.count("persistence-rotate-after")
    guard let node = map.node("secondaries") else {
      return try ConfiguredHistory.read(map, [], &configuration)
    }
    guard let items = node.sequence else {
      throw map.mistake(at: "secondaries", expected: "a list of secondaries, each with a name")
    }
    var entries: [ConfigurationMapping] = []
    for (index, item) in items.enumerated() {
      let entry = try ConfigurationMapping(
        item, file: map.file, place: map.inner("secondaries[\(index + 1)]"))
      let secondary = try SecondaryEntry.read(entry, paths: paths, defaults: configuration)
      if configuration.secondaries.contains(where: { $0.name == secondary.name }) {
        throw entry.mistake(
          at: "name", "the name \"\(secondary.name)\" is used twice: each secondary needs its own")
      }
      configuration.secondaries.append(secondary)
      entries.append(entry)
    }
    try ConfiguredHistory.read(map, entries, &configuration)
  }

  private static func readNodes(
    _ map: ConfigurationMapping, _ configuration: inout Configuration, paths: ConfiguredPaths
  ) throws(Refusal) {
    for key in ["persistence-dir", "persistence-rotate-after", "history", "secondaries"]
    where map.has(key) {
      throw map.mistake(
        at: key, "\"\(key)\" is not allowed beside \"nodes\": move it to the entry of its node")
    }
    guard let items = map.node("nodes")?.sequence, !items.isEmpty else {
      throw map.mistake(at: "nodes", expected: "a list of nodes, each with a name")
    }
    for (index, item) in items.enumerated() {
      let entry = try ConfigurationMapping(item, file: map.file, place: "nodes[\(index + 1)]")
      let node = try readEntry(entry, of: configuration, paths: paths)
      if configuration.nodes.contains(where: { $0.name == node.name }) {
        throw entry.mistake(
          at: "name", "the name \"\(node.name)\" is used twice: each node needs its own")
      }
      configuration.nodes.append(node)
    }
  }

  private static func readEntry(
    _ entry: ConfigurationMapping, of whole: Configuration, paths: ConfiguredPaths
  ) throws(Refusal) -> ConfiguredNode {
    let isElsewhere = entry.has("status")
    try entry.allow(isElsewhere ? ["name", "status"] : ["name"] + nodeKeys)
    let expectation = ConfiguredSecondary.nameExpectation
    guard let name = try entry.plain("name", expected: expectation) else {
      throw entry.missing("name", expected: expectation)
    }
    guard ConfiguredSecondary.isName(name) else {
      throw entry.mistake(at: "name", expected: expectation)
    }
    if isElsewhere {
      let command = try entry.list("status", of: "a program and its arguments") ?? []
      return ConfiguredNode(
        name: name, place: .elsewhere(status: CommandPath.resolve(command, paths: paths)))
    }
    var configuration = whole
    configuration.nodes = []
    try readAlarms(entry, &configuration, paths: paths)
    try readNode(entry, &configuration, paths: paths)
    return ConfiguredNode(name: name, place: .here(configuration))
  }

  /// The limits at `key`; an absent one comes from `defaults`.
  package static func limits(
    _ map: ConfigurationMapping, _ key: String, inheriting defaults: LagLimits
  ) throws(Refusal) -> LagLimits {
    guard let limits = try map.mapping(key) else { return defaults }
    try limits.allow(["events", "seconds"])
    return LagLimits(
      events: try limits.count("events").map(UInt64.init) ?? defaults.events,
      seconds: try limits.number("seconds") ?? defaults.seconds)
  }

  private static func mistake(_ error: any Error, in text: String, file: String) -> Refusal {
    func at(_ mark: Mark?, _ what: String) -> Refusal {
      ConfigurationMapping.mistake(file, mark?.line ?? 1, "", what)
    }
    switch error {
    case YamlError.scanner(_, let problem, let mark, _),
      YamlError.parser(_, let problem, let mark, _),
      YamlError.composer(_, let problem, let mark, _):
      return at(mark, "expected YAML, but \(problem)")
    case YamlError.duplicatedKeysInMapping(let duplicates, let context):
      let key = duplicates.sorted().first ?? ""
      let line = secondLine(of: key, in: text, from: context.mark.line)
      return ConfigurationMapping.mistake(
        file, line, "", "the key \"\(key)\" is used twice in one mapping: expected once")
    case YamlError.reader(let problem, _, _, _):
      return at(nil, "expected YAML in UTF-8, but \(problem)")
    default:
      return at(nil, "expected YAML: \(error)")
    }
  }

  /// The line on which `key` occurs for the second time, counted from the start of its mapping.
  private static func secondLine(of key: String, in text: String, from start: Int) -> Int {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    var seen = 0
    for (index, line) in lines.enumerated().dropFirst(max(0, start - 1)) {
      let bare = line.drop { $0 == " " || $0 == "-" || $0 == "{" }
      guard bare.hasPrefix("\(key):") else { continue }
      seen += 1
      if seen == 2 { return index + 1 }
    }
    return start
  }

  private static func reason(_ error: any Error, at path: String) -> String {
    if access(path, F_OK) != 0 {
      return errno == ENOENT
        ? "there is no such file; expected one, as --config names it"
        : String(cString: strerror(errno))
    }
    if FilePaths.isDirectory(path) { return "it is a directory; expected a YAML file" }
    if access(path, R_OK) != 0 {
      return "this user may not read it; expected a file readable for uid \(geteuid())"
    }
    return error.localizedDescription
  }
}

/// Resolves the paths of a configuration.
package struct ConfiguredPaths {
  /// The folder of the file: relative paths begin there.
  package var folder: String
  package var home: String?

  package func resolve(_ path: String) -> String {
    if path == "~" || path.hasPrefix("~/"), let home {
      return FilePaths.absolute(home + path.dropFirst(), in: folder)
    }
    return FilePaths.absolute(path, in: folder)
  }
}
