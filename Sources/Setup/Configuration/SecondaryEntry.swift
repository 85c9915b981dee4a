internal import EventPersistence
package import Wording

/// An entry of `secondaries` in the configuration. Its keys depend on its kind.
package enum SecondaryEntry {
  private static let commonKeys = ["name", "kind", "select", "tags", "warn", "error", "on-state"]

  private static let drivenKeys = ["start", "on-new-log", "history", "max-events", "max-bytes"]

  private static let keysOfKind: [String: [String]] = [
    "file": ConfiguredFile.keys + drivenKeys + ["verify-every"],
    "command": ConfiguredCommand.keys + drivenKeys + ["verify-every"],
    "s3": ConfiguredS3.keys + drivenKeys + ["verify-every"],
    "feed": ConfiguredFeed.keys + drivenKeys,
    "jetstream": ConfiguredJetStream.keys + drivenKeys + ["verify-every"],
    "checkpoint": ["path"],
  ]

  package static func read(
    _ map: ConfigurationMapping, paths: ConfiguredPaths, defaults: Configuration
  ) throws(Refusal) -> ConfiguredSecondary {
    let kindExpectation = keysOfKind.keys.sorted().joined(separator: ", ")
    guard let kindName = try map.plain("kind", expected: kindExpectation) else {
      throw map.missing("kind", expected: "one of \(kindExpectation)")
    }
    guard let keys = keysOfKind[kindName] else {
      let suggestion = Suggestion.nearest(to: kindName, among: keysOfKind.keys)
      throw map.mistake(
        at: "kind",
        "unknown kind \"\(kindName)\""
          + (suggestion.map { "; did you mean \"\($0)\"?" } ?? "")
          + "; expected one of: \(kindExpectation)")
    }
    try map.allow(commonKeys + keys)
    let expectation = ConfiguredSecondary.nameExpectation
    guard let name = try map.plain("name", expected: expectation) else {
      throw map.missing("name", expected: expectation)
    }
    guard ConfiguredSecondary.isName(name) else {
      throw map.mistake(at: "name", expected: expectation)
    }
    var secondary = ConfiguredSecondary(
      name: name, kind: try kind(kindName, map, paths), selection: try selection(map))
    secondary.start = try start(map)
    secondary.beginsNewLogs = try beginsNewLogs(map) ?? defaults.beginsNewLogs
    secondary.warn = try ConfigurationFile.limits(map, "warn", inheriting: defaults.warn)
    secondary.error = try ConfigurationFile.limits(map, "error", inheriting: defaults.error)
    secondary.onState = try ConfiguredOnState.read(map, paths, inheriting: defaults.onState)
    secondary.maxEvents = try map.count("max-events")
    secondary.maxBytes = try map.size("max-bytes")
    if secondary.isVerifiable {
      secondary.verifyEvery = try ConfigurationFile.verifyEvery(
        map, inheriting: defaults.verifyEvery)
    }
    return secondary
  }

  private static func kind(
    _ name: String, _ map: ConfigurationMapping, _ paths: ConfiguredPaths
  ) throws(Refusal) -> ConfiguredSecondary.Kind {
    if name == "command" { return .command(try ConfiguredCommand.read(map, paths)) }
    if name == "s3" { return .s3(try ConfiguredS3.read(map)) }
    if name == "jetstream" { return .jetstream(try ConfiguredJetStream.read(map, paths)) }
    if name == "feed" { return .feed(try ConfiguredFeed.read(map, paths)) }
    if name == "file" { return .file(try ConfiguredFile.read(map, paths)) }
    guard let path = try map.string("path") else {
      throw map.missing("path", expected: "the checkpoint file of the sink")
    }
    return .checkpoint(path: paths.resolve(path))
  }

  /// `on-new-log`; nil if it is not given.
  static func beginsNewLogs(_ map: ConfigurationMapping) throws(Refusal) -> Bool? {
    switch try map.plain("on-new-log", expected: "ask or begin") {
    case nil: return nil
    case "ask": return false
    case "begin": return true
    default: throw map.mistake(at: "on-new-log", expected: "ask or begin")
    }
  }

  private static func selection(_ map: ConfigurationMapping) throws(Refusal) -> Selection {
    if map.has("select"), map.has("tags") {
      throw map.mistake(at: "tags", "expected either \"select\" or \"tags\", found both")
    }
    if let tags = try map.list("tags", of: "tags") { return .tags(Set(tags)) }
    switch try map.plain("select", expected: "events or transactions") {
    case nil, "events": return .all
    case "transactions": return .transactions
    default: throw map.mistake(at: "select", expected: "events or transactions")
    }
  }

  private static func start(_ map: ConfigurationMapping) throws(Refusal) -> Start {
    let expectation = "first, head, an id or a UTC time like 2026-07-15T10:00:00Z"
    guard let text = try map.plain("start", expected: expectation) else { return .first }
    switch text {
    case "first": return .first
    case "head": return .head
    default:
      if let id = Position.id(text) { return .id(id) }
      if let time = EventTime(text) { return .time(time) }
      if let fault = TimeText.fault(in: text) {
        throw map.mistake(at: "start", expected: "\(expectation) (\(fault))")
      }
      throw map.mistake(at: "start", expected: expectation)
    }
  }
}
